"""How a measure of two pictures becomes one of every photo and way of colorizing."""

from pathlib import Path

import pytest
import torch

from chromantic.data.example import Example
from chromantic.evaluation.colorized import Colorized
from chromantic.evaluation.measures.comparing import against_truth, between_samples, highest, lowest
from chromantic.evaluation.truth import Truth


def colorized(**pictures: list[list[float]]) -> Colorized:
    """Of two photos that are black; a picture is one level in all its pixels, given by sample and photo."""
    examples = tuple(Example(name, Path(name)) for name in ("one", "two"))
    truth = Truth(
        examples,
        torch.zeros(2, 3, 128, 128),
        torch.zeros(2, 1, 128, 128),
        torch.zeros(2, 2, 32, 32),
        torch.full((2, 32, 32), 255),
        torch.tensor([True, True]),
    )
    levels = {way: torch.tensor(given)[..., None, None, None] for way, given in pictures.items()}
    return Colorized(truth, {way: each.expand(-1, -1, 3, 128, 128) for way, each in levels.items()})


def difference(rgb: torch.Tensor, original: torch.Tensor) -> torch.Tensor:
    return (rgb - original).abs().mean(dim=(1, 2, 3))


def test_every_way_is_compared_with_the_photos_and_the_best_sample_is_known() -> None:
    photos = colorized(grey=[[4.0, 5.0]], coherent=[[7.0, 9.0], [8.0, 6.0]], sample=[[1.0, 3.0], [2.0, 0.0]])
    values = {way: each.tolist() for way, each in against_truth(difference, best=lowest)(photos).items()}
    assert values == {
        "grey": [[4], [5]],
        "coherent": [[7, 8], [9, 6]],
        "best_of_2_coherent": [7, 6],
        "sample": [[1, 2], [3, 0]],
        "best_of_2": [1, 0],
    }
    assert against_truth(difference, best=highest)(photos)["best_of_2"].tolist() == [2, 3]


def test_what_is_compared_is_seen_through_its_function() -> None:
    photos = colorized(grey=[[4.0, 5.0]])
    assert against_truth(difference, best=lowest, seen_as=lambda rgb: 10 * rgb)(photos)["grey"].tolist() == [[40], [50]]


def test_samples_are_compared_in_pairs() -> None:
    photos = colorized(grey=[[0.0, 0.0]], sample=[[0.0, 2.0], [6.0, 2.0], [3.0, 2.0]])
    measured = between_samples(difference)(photos)
    assert measured["between_samples"].tolist() == pytest.approx([(6 + 3 + 3) / 3, 0])


@pytest.mark.parametrize("pictures", [{"sample": [[1.0, 2.0]]}, {"result": [[1.0, 2.0]]}])
def test_one_sample_differs_from_nothing(pictures: dict[str, list[list[float]]]) -> None:
    assert between_samples(difference)(colorized(grey=[[0.0, 0.0]], **pictures)) == {}
