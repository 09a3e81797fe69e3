import torch

from chromantic.data.collections.voc import VOID
from chromantic.evaluation.measures.chroma_error import ClassErrors, chroma_rmse, rmse_inside_classes


def test_worked_example():
    chroma = torch.zeros(2, 2, 1, 2)
    original = torch.tensor([[[[3.0, -3.0]], [[4.0, 4.0]]], [[[0.0, 0.0]], [[0.0, 0.0]]]])
    torch.testing.assert_close(chroma_rmse(chroma, original), torch.tensor([12.5**0.5, 0.0]))


def test_errors_inside_classes_leave_out_void_and_what_is_small():
    labels = torch.full((2, 8, 8), VOID)
    labels[0, :4] = 1  # 32 cells
    labels[0, 4:, :2] = 2  # 8 cells: too few
    labels[1, :, :] = 2
    original = torch.zeros(2, 2, 8, 8)
    chroma = torch.zeros(2, 2, 8, 8)
    chroma[0, 0, :2] = 4.0  # of half of class 1, a alone
    chroma[0, :, 4:] = 100.0
    chroma[1] = 3.0
    assert list(rmse_inside_classes(chroma, original, labels)) == [(0, 1, 2.0), (1, 2, 3.0)]

    errors, names = ClassErrors(), [("background", "cat", "dog")] * 2
    errors.update(names, original, labels, preview=chroma, grey=original)
    errors.update(names, original, labels, preview=original, grey=original)
    assert errors.means() == {
        "cat": {"photos": 2, "preview": 1.0, "grey": 0.0},
        "dog": {"photos": 2, "preview": 1.5, "grey": 0.0},
    }
