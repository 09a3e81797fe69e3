from pathlib import Path

import pytest
import torch

from chromantic.data.classes import CLASS_NAMES
from chromantic.data.collect import Collections, collect
from chromantic.data.example import Example
from chromantic.errors import ChromanticError
from chromantic.evaluation.hinted import COUNTS, evaluate_hints
from chromantic.evaluation.measures.chroma_error import RMSE
from chromantic.evaluation.measures.psnr import PSNR
from chromantic.evaluation.report import evaluate_weights_hinted
from chromantic.model import pretrained
from chromantic.model.config import preset
from chromantic.model.network import Chromantic


@pytest.fixture(scope="module")
def photos(devkit: Path) -> list[Example]:
    return list(collect(Collections(voc=devkit), "val")["VOC2012 val"])


def test_more_true_points_lead_nearer_to_the_photo(photos: list[Example]):
    evaluation = evaluate_hints(pretrained.load("default"), photos)
    errors = [evaluation.measures[RMSE][f"hints_{count}"] for count in COUNTS]
    assert errors[0] > errors[4] > errors[-1]
    assert evaluation.measures[PSNR]["hints_100"] > evaluation.measures[PSNR]["hints_0"] + 2
    assert evaluation.photos == {"all": 3, "labelled": 3, "colourful": 2}


def test_a_seed_chooses_the_places(photos: list[Example]):
    network = pretrained.load("default")
    one, again, other = (evaluate_hints(network, photos, seed=seed).measures[RMSE] for seed in (0, 0, 1))
    assert one == again != other
    assert one["hints_0"] == other["hints_0"]


def test_a_report_has_a_column_for_each_number(devkit: Path):
    report = evaluate_weights_hinted("default", collect(Collections(voc=devkit), "val"))
    assert report.figures().columns == ["measure", "original", *(f"{count} points" for count in COUNTS)]


def test_a_network_without_hints_is_refused(photos: list[Example]):
    torch.manual_seed(0)
    with pytest.raises(ChromanticError, match="this network takes none"):
        evaluate_hints(Chromantic(preset("tiny", CLASS_NAMES)).eval(), photos)
