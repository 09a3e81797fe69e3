import pytest
import torch
import torch.nn.functional as F

from chromantic.evaluation.measures.miou import MeanIou

CLASSES = ("background", "cat", "dog", "sheep")


def logits(prediction: torch.Tensor) -> torch.Tensor:
    return F.one_hot(prediction, len(CLASSES)).movedim(-1, 1).float()


def test_worked_example_over_two_photos():
    measure = MeanIou(CLASSES)
    # background: 1 of 3; cat: 2 of 3; dog, only predicted: 0 of 1; sheep does not occur.
    measure.update(logits(torch.tensor([[[0, 1], [1, 2]]])), torch.tensor([[[0, 1], [1, 0]]]))
    measure.update(logits(torch.tensor([[[1, 3], [3, 3]]])), torch.tensor([[[0, 255], [255, 255]]]))
    mean, per_class = measure.compute()
    assert per_class == pytest.approx({"background": 1 / 3, "cat": 2 / 3, "dog": 0})
    assert mean == pytest.approx(1 / 3)


def test_perfect_segmentation():
    labels = torch.tensor([[[0, 1], [2, 255]]])
    measure = MeanIou(CLASSES)
    measure.update(logits(labels.clamp(max=3)), labels)
    assert measure.compute()[0] == pytest.approx(1)
