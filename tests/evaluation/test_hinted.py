from pathlib import Path

import pytest
import torch

from chromantic.data.classes import CLASS_NAMES
from chromantic.data.collect import Collections, collect
from chromantic.data.example import Example
from chromantic.errors import ChromanticError
from chromantic.evaluation.hinted import COUNTS, evaluate_hints
from chromantic.evaluation.measurement import Evaluation
from chromantic.evaluation.measures.chroma_error import RMSE
from chromantic.evaluation.measures.psnr import PSNR
from chromantic.evaluation.report import evaluate_weights_hinted
from chromantic.model import pretrained
from chromantic.model.config import preset
from chromantic.model.network import Chromantic


@pytest.fixture(scope="module")
def photos(devkit: Path) -> list[Example]:
    return list(collect(Collections(voc=devkit), "val")["VOC2012 val"])


@pytest.fixture(scope="module")
def evaluation(photos: list[Example]) -> Evaluation:
    return evaluate_hints(pretrained.load("default"), photos)


def test_more_true_points_lead_nearer_to_the_photo(evaluation: Evaluation):
    errors = [evaluation.measures[RMSE][f"hints_{count}"] for count in COUNTS]
    assert errors[0] > errors[4] > errors[-1]
    assert evaluation.measures[PSNR]["hints_100"] > evaluation.measures[PSNR]["hints_0"] + 2
    assert evaluation.photos == {"all": 3, "labelled": 3, "colourful": 2}


def test_a_seed_chooses_the_places(evaluation: Evaluation, devkit: Path):
    report = evaluate_weights_hinted("default", collect(Collections(voc=devkit), "val"), seed=1)
    one, other = evaluation.measures[RMSE], report.evaluation.measures[RMSE]
    assert one["hints_0"] == other["hints_0"]
    assert one["hints_10"] != other["hints_10"]
    assert report.figures().columns == ["measure", "0 points", "1 point", *(f"{count} points" for count in COUNTS[2:])]


def test_a_network_without_hints_is_refused(photos: list[Example]):
    torch.manual_seed(0)
    with pytest.raises(ChromanticError, match="this network takes none"):
        evaluate_hints(Chromantic(preset("tiny", CLASS_NAMES)).eval(), photos)
