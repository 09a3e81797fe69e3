"""Error of chroma: unlike PSNR, it does not see the lightness that every result shares with its original."""

from collections import defaultdict
from collections.abc import Iterator
from statistics import fmean

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from chromantic.colour import lab
from chromantic.data.classes import VOID
from chromantic.evaluation.colorized import Colorized

RMSE = "rmse_ab@squash128"
CLASS_RMSE = "rmse_ab_inside_class@squash128_chroma32_labels32"

MIN_CELLS = 16
"""Cells of 4 x 4 pixels that a class must cover to be judged in a photo: 1/64 of its 128 x 128 pixels."""


def chroma_of(rgb: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 2 height width"]:
    """Chroma in CIE units of sRGB in 0..255."""
    return torch.from_numpy(lab.rgb_to_lab((rgb / 255).numpy()))[:, 1:]


def chroma_rmse(chroma: Float[Tensor, "batch 2 height width"], original: Tensor) -> Float[Tensor, "batch"]:
    """Root mean square error of each picture over a and b, in CIE units.

    Args:
        chroma: CIE units.
        original: The same, of the same shape.
    """
    return (chroma - original).square().flatten(1).mean(dim=1).sqrt()


def rmse_inside_classes(
    chroma: Float[Tensor, "batch 2 height width"], original: Tensor, labels: Int64[Tensor, "batch height width"]
) -> Iterator[tuple[int, int, float]]:
    """The error inside every class that covers `MIN_CELLS` of a photo.

    Args:
        chroma: CIE units.
        original: The same, of the same shape.
        labels: Classes, or `VOID`.

    Yields:
        The photo's index, the class and the error in CIE units.
    """
    squared = (chroma - original).square().mean(dim=1)
    for photo, of_photo in enumerate(labels):
        for label in classes_in(of_photo):
            yield photo, label, squared[photo][of_photo == label].mean().sqrt().item()


def classes_in(labels: Int64[Tensor, "height width"]) -> list[int]:
    """The classes that cover `MIN_CELLS` of a photo."""
    classes, cells = torch.unique(labels, return_counts=True)
    return [int(label) for label in classes[(classes != VOID) & (cells >= MIN_CELLS)]]


class ClassErrors:
    """Gathers a network's errors inside every class over all photos: of grey, mean colours, and one sample."""

    def __init__(self) -> None:
        self._errors: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))

    def add(self, colorized: Colorized) -> None:
        """Adds photos; nothing without a network, whose own chroma is judged."""
        if colorized.output is None:
            return
        truth, chroma = colorized.truth, colorized.output.chroma
        chosen = [way for way in chroma if way.startswith("chosen")] or ["sample"]
        for way in ("grey", "preview", *chosen):
            for photo, label, error in rmse_inside_classes(chroma[way][0], truth.chroma, truth.labels):
                self._errors[truth.examples[photo].class_names[label]][way].append(error)

    def means(self) -> dict[str, dict[str, float | int]]:
        """By class, the number of `photos` that it was judged in, and the means over them by way of colorizing."""
        return {
            name: {"photos": len(next(iter(errors.values()))), **{way: fmean(each) for way, each in errors.items()}}
            for name, errors in self._errors.items()
        }
