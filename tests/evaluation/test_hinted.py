from pathlib import Path

import numpy as np
import pytest
import torch

from chromantic.data.classes import CLASS_NAMES
from chromantic.data.collect import Collections, collect
from chromantic.data.example import Example
from chromantic.evaluation.diffusion import diffuse
from chromantic.evaluation.hinted import COUNTS, SUGGESTED, WAYS, evaluate_hints
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
    for way in WAYS:
        errors = [evaluation.measures[RMSE][f"{way}_{count}"] for count in COUNTS]
        assert errors[0] > errors[4] > errors[-1]
        assert evaluation.measures[PSNR][f"{way}_100"] > evaluation.measures[PSNR][f"{way}_0"] + 2
    assert evaluation.photos == {"all": 3, "labelled": 3, "colourful": 2}
    assert 0 <= min(evaluation.measures[SUGGESTED].values()) <= 1


def test_a_seed_chooses_the_places(evaluation: Evaluation, devkit: Path):
    report = evaluate_weights_hinted("default", collect(Collections(voc=devkit), "val"), seed=1)
    one, other = evaluation.measures[RMSE], report.evaluation.measures[RMSE]
    assert one["carried_0"] == other["carried_0"]
    assert one["carried_10"] != other["carried_10"]
    assert report.figures().columns == ["measure", "points", *map(str, COUNTS)]


def test_a_network_without_hints_carries_all_the_same(photos: list[Example]):
    torch.manual_seed(0)
    evaluation = evaluate_hints(Chromantic(preset("tiny", CLASS_NAMES)).eval(), photos[:1])
    assert "carried_10" in evaluation.measures[RMSE]
    assert "told_10" not in evaluation.measures[RMSE]


def test_diffusion_fills_areas_and_stops_at_edges():
    lightness = np.where(np.arange(32) < 16, 20, 80).astype(np.float32) * np.ones((32, 1), np.float32)
    chroma, known = np.zeros((2, 32, 32), np.float32), np.zeros((32, 32), bool)
    for column, colour in ((4, (30, -10)), (28, (-20, 40))):
        chroma[:, 10, column], known[10, column] = colour, True
    diffused = diffuse(lightness, chroma, known)
    assert abs(diffused[:, :, :15] - np.array([30, -10])[:, None, None]).max() < 2
    assert abs(diffused[:, :, 17:] - np.array([-20, 40])[:, None, None]).max() < 2
    assert not diffuse(lightness, chroma, np.zeros_like(known)).any()
