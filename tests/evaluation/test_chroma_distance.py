import pytest
import torch

from chromantic.evaluation.measures.chroma_distance import chroma_distance


def test_worked_example() -> None:
    one, other = torch.zeros(2, 2, 1, 2), torch.zeros(2, 2, 1, 2)  # of two photos of two pixels; the second is equal
    other[0, :, 0, 0] = torch.tensor([3.0, 4.0])
    one[0, 0, 0, 1] = 12.0
    assert chroma_distance(one, other).tolist() == pytest.approx([(5 + 12) / 2, 0])
