"""A segmenter's judgement at the photos' own size, with a segmenter whose answers are known."""

from pathlib import Path

import numpy as np
import pytest
import torch

from chromantic.colorizer import Colorizer
from chromantic.data.classes import CLASS_NAMES, VOID
from chromantic.data.collect import Collections, collect
from chromantic.data.example import Example
from chromantic.data.images import read_labels, read_rgb
from chromantic.errors import ChromanticError
from chromantic.evaluation.judge.own_size import judge_ways, results_way, users_ways

PROTOCOL = "@own_size_sees_colours"


class SeesColours:
    """Segments coloured pixels as a person (which all of `devkit` is), others as background."""

    name, classes = "sees_colours", CLASS_NAMES

    def __call__(self, rgb: torch.Tensor) -> torch.Tensor:
        logits = torch.zeros(len(rgb), len(CLASS_NAMES), *rgb.shape[2:])
        logits[:, 0] = 0.5
        logits[:, 15] = (rgb.amax(dim=1) > rgb.amin(dim=1) + 0.02).float()
        return logits


@pytest.fixture
def photos(devkit: Path) -> list[Example]:
    return collect(Collections(voc=devkit), "val")["VOC2012 val"]


def original(example: Example) -> np.ndarray:
    return (read_rgb(example.photo) * 255).round().byte().movedim(0, -1).numpy()


def grey(example: Example) -> np.ndarray:
    return original(example)[..., :1].repeat(3, axis=2)


def half(example: Example) -> np.ndarray:
    """The left half in colours."""
    picture, without = original(example), grey(example)
    picture[:, picture.shape[1] // 2 :] = without[:, picture.shape[1] // 2 :]
    return picture


def test_shares_of_the_gap(photos: list[Example]) -> None:
    judgement = judge_ways(photos, SeesColours(), {"all": original, "none": grey, "half": half})
    measures = judgement.measures
    assert judgement.photos == 2  # the third is grey
    share = measures[f"share_of_miou_gap_won_back{PROTOCOL}"]
    assert share["all"] == pytest.approx(1)
    assert share["none"] == pytest.approx(0, abs=0.02)
    assert 0.2 < share["half"] < 0.8
    low, high = (measures[f"share_of_miou_gap_won_back_{bound}{PROTOCOL}"] for bound in ("low95", "high95"))
    assert low["half"] <= share["half"] <= high["half"]


def test_without_a_gap_there_are_no_shares(photos: list[Example]) -> None:
    class SeesNothing(SeesColours):
        def __call__(self, rgb: torch.Tensor) -> torch.Tensor:
            return super().__call__(torch.zeros_like(rgb))

    measures = judge_ways(photos[:1], SeesNothing(), {"all": original}).measures
    assert list(measures) == [f"miou_after_colorization{PROTOCOL}"]


def test_other_systems_pictures_are_taken_from_their_folder(devkit: Path, photos: list[Example]) -> None:
    way = results_way(devkit / "VOC2012/JPEGImages", photos)
    np.testing.assert_array_equal(way(photos[1]), original(photos[1]))


def test_users_get_the_default_result_and_a_sample(photos: list[Example], tiny_checkpoint: Path) -> None:
    colorizer = Colorizer.from_pretrained(tiny_checkpoint)
    ways = users_ways(colorizer, seed=3)
    for way, options in {"result": {}, "sample": {"samples": 1, "seed": 3}}.items():
        expected = np.asarray(colorizer.colorize(photos[0].photo, **options).images[0])
        np.testing.assert_array_equal(ways[way](photos[0]), expected)


def test_the_miou_is_that_of_all_labelled_pixels(photos: list[Example]) -> None:
    measured = judge_ways(photos, SeesColours(), {"half": half}).measures[f"miou_after_colorization{PROTOCOL}"]["half"]
    seen, true = [], []
    for example in photos[:2]:
        assert example.labels is not None
        labels = read_labels(example.labels)
        picture = half(example).astype(int)
        person = picture.max(axis=2) - picture.min(axis=2) > 0.02 * 255
        seen.append(np.where(person, 15, 0)[labels != VOID])
        true.append(labels[labels != VOID])
    s, t = np.concatenate(seen), np.concatenate(true)
    ious = [((s == c) & (t == c)).sum() / ((s == c) | (t == c)).sum() for c in np.union1d(s, t)]
    assert measured == pytest.approx(np.mean(ious), abs=1e-3)


def test_what_cannot_be_judged_is_refused(photos: list[Example], tmp_path: Path) -> None:
    class Other(SeesColours):
        classes = ("a", "b")

    with pytest.raises(ChromanticError, match="21 classes that are not the 2 of sees_colours"):
        judge_ways(photos, Other(), {})
    with pytest.raises(ChromanticError, match="labels to compare"):
        judge_ways([Example("a", photos[0].photo)], SeesColours(), {})
    with pytest.raises(ChromanticError, match="small is 8 x 8"):
        judge_ways(photos, SeesColours(), {"small": lambda example: original(example)[:8, :8]})
    (tmp_path / "empty").mkdir()
    with pytest.raises(ChromanticError, match="no photos in this folder"):
        results_way(tmp_path / "empty", photos)
