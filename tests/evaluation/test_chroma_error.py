import torch

from chromantic.evaluation.chroma_error import chroma_rmse


def test_worked_example():
    chroma = torch.zeros(2, 2, 1, 2)
    original = torch.tensor([[[[3.0, -3.0]], [[4.0, 4.0]]], [[[0.0, 0.0]], [[0.0, 0.0]]]])
    torch.testing.assert_close(chroma_rmse(chroma, original), torch.tensor([12.5**0.5, 0.0]))
