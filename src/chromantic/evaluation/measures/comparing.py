"""What measures of pictures share: comparing every picture with its photo, and samples of a photo with one another."""

from collections.abc import Callable
from itertools import combinations

import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.evaluation.colorized import Colorized

Measure = Callable[[Colorized], dict[str, Float[Tensor, "photos *places"]]]
"""Gives values of every photo, of which the mean counts, by what was measured; none where it does not apply."""
Compare = Callable[[Tensor, Tensor], Float[Tensor, "batch"]]
"""Compares pictures [batch ...] with others, one by one."""


def _as_it_is(rgb: Tensor) -> Tensor:
    return rgb


def against_truth(
    compare: Compare, best: Callable[[Tensor], Tensor], seen_as: Callable[[Tensor], Tensor] = _as_it_is
) -> Measure:
    """A measure of every way of colorizing against the photos, and of the best of several samples.

    Args:
        compare: Pictures with their photos.
        best: Of the values of one photo's samples [photos samples], that nearest to the photo.
        seen_as: What is compared of pictures, sRGB in 0..255.
    """

    def measure(colorized: Colorized) -> dict[str, Tensor]:
        original = seen_as(colorized.truth.rgb)
        values = {}
        for way, pictures in colorized.pictures.items():
            values[way] = torch.stack([compare(seen_as(rgb), original) for rgb in pictures], dim=1)
            if len(pictures) > 1:
                values[_best_of(way, len(pictures))] = best(values[way])
        return values

    return measure


def highest(values: Float[Tensor, "photos samples"]) -> Float[Tensor, "photos"]:
    """The best value where more is better."""
    return values.amax(dim=1)


def lowest(values: Float[Tensor, "photos samples"]) -> Float[Tensor, "photos"]:
    """The best value where less is better."""
    return values.amin(dim=1)


def between_samples(compare: Compare, seen_as: Callable[[Tensor], Tensor] = _as_it_is) -> Measure:
    """A measure of how different the generator's samples of a photo are: the mean over all pairs of them.

    It does not apply where there is one sample, or none.

    Args:
        compare: Pictures with others.
        seen_as: What is compared of pictures, sRGB in 0..255.
    """

    def measure(colorized: Colorized) -> dict[str, Tensor]:
        samples = [seen_as(rgb) for rgb in colorized.pictures.get("sample", ())]
        pairs = [compare(one, other) for one, other in combinations(samples, 2)]
        return {"between_samples": torch.stack(pairs).mean(dim=0)} if pairs else {}

    return measure


def _best_of(way: str, samples: int) -> str:
    return f"best_of_{samples}" if way == "sample" else f"best_of_{samples}_{way}"
