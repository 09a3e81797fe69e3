import math

import pytest
import torch
import torch.nn.functional as F
from torchmetrics.classification import MulticlassJaccardIndex

from chromantic.evaluation.measures.miou import class_ious, confusion, ious_by_class, mean_iou

CLASSES = ("background", "cat", "dog", "sheep")


def logits(prediction: torch.Tensor) -> torch.Tensor:
    return F.one_hot(prediction, len(CLASSES)).movedim(-1, 1).float()


def test_worked_example_over_two_photos() -> None:
    # background: 1 of 3; cat: 2 of 3; dog, only predicted: 0 of 1; sheep does not occur.
    seen = confusion(logits(torch.tensor([[[0, 1], [1, 2]]])), torch.tensor([[[0, 1], [1, 0]]]))
    seen = seen + confusion(logits(torch.tensor([[[1, 3], [3, 3]]])), torch.tensor([[[0, 255], [255, 255]]]))
    assert ious_by_class(seen, CLASSES) == pytest.approx({"background": 1 / 3, "cat": 2 / 3, "dog": 0})
    assert mean_iou(seen).item() == pytest.approx(1 / 3)
    assert math.isnan(class_ious(seen)[3])


def test_agrees_with_torchmetrics_one_by_one_and_many_at_once() -> None:
    generator = torch.Generator().manual_seed(0)
    class_logits = torch.randn(5, 4, 8, 9, generator=generator)
    labels = torch.randint(0, 5, (5, 8, 9), generator=generator)
    labels[labels == 4] = 255
    expected = []
    for photo in range(5):
        jaccard = MulticlassJaccardIndex(4, average="macro", ignore_index=255)
        expected.append(jaccard(class_logits[photo : photo + 1].argmax(dim=1), labels[photo : photo + 1]).item())
    seen = torch.stack([confusion(class_logits[i : i + 1], labels[i : i + 1]) for i in range(5)])
    assert mean_iou(seen).tolist() == pytest.approx(expected)
    assert seen[0].sum() == (labels[0] != 255).sum()


def test_perfect_segmentation() -> None:
    labels = torch.tensor([[[0, 1], [2, 255]]])
    assert mean_iou(confusion(logits(labels.clamp(max=3)), labels)).item() == pytest.approx(1)
