from pathlib import Path

import torch

from chromantic.data.classes import VOID
from chromantic.data.example import Example
from chromantic.evaluation.colorized import Colorized, NetworkOutput
from chromantic.evaluation.measures.chroma_error import ClassErrors, chroma_rmse, rmse_inside_classes
from chromantic.evaluation.truth import Truth
from chromantic.model.config import preset
from chromantic.model.network import Chromantic


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


def test_errors_are_gathered_by_the_names_of_classes() -> None:
    examples = (Example("photo", Path("photo"), Path("labels"), class_names=("background", "cat")),)
    zeros = torch.zeros(1, 2, 32, 32)
    truth = Truth(
        examples,
        rgb=torch.zeros(1, 3, 128, 128),
        lightness=torch.zeros(1, 1, 128, 128),
        chroma=zeros,
        labels=torch.ones(1, 32, 32, dtype=torch.int64),
        colourful=torch.tensor([True]),
    )
    network = Chromantic(preset("tiny", ("background", "cat"))).eval()
    scene = network.encode(truth.lightness)

    def colorized(**errors: list[float]) -> Colorized:
        chroma = {way: torch.stack([zeros + error for error in samples]) for way, samples in errors.items()}
        return Colorized(truth, {}, NetworkOutput(network, scene, chroma))

    errors = ClassErrors()
    errors.add(Colorized(truth, {}))  # no network's
    errors.add(colorized(grey=[0], preview=[1], sample=[5, 9]))
    errors.add(colorized(grey=[0], preview=[2], sample=[7, 9]))
    assert errors.means() == {"cat": {"photos": 2, "grey": 0, "preview": 1.5, "sample": 6}}

    errors = ClassErrors()
    errors.add(colorized(grey=[0], preview=[1], sample=[5, 9], chosen_of_2=[9]))
    assert errors.means() == {"cat": {"photos": 1, "grey": 0, "preview": 1, "chosen_of_2": 9}}
