"""Error of chroma, which unlike PSNR does not see the lightness that every result shares with its original."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import fmean

from jaxtyping import Float, Int64
from torch import Tensor

from chromantic.data.collections.voc import VOID

MIN_CELLS = 16
"""Cells of 4 x 4 pixels that a class must cover in a photo of 128 x 128 to be judged there: 1/64 of it."""


def chroma_rmse(chroma: Float[Tensor, "batch 2 height width"], original: Tensor) -> Float[Tensor, "batch"]:
    """Root mean square error of each picture over a and b, in CIE units.

    Args:
        chroma: CIE units.
        original: the same, of the same shape.
    """
    return (chroma - original).square().flatten(1).mean(dim=1).sqrt()


def rmse_inside_classes(
    chroma: Float[Tensor, "batch 2 height width"], original: Tensor, labels: Int64[Tensor, "batch height width"]
) -> Iterator[tuple[int, int, float]]:
    """The error inside every class that covers `MIN_CELLS` of a photo: the photo's index, the class and the error.

    Args:
        chroma: CIE units.
        original: the same, of the same shape.
        labels: classes, or `VOID`.
    """
    squared = (chroma - original).square().mean(dim=1)
    for photo, of_photo in enumerate(labels):
        for label in classes_in(of_photo):
            yield photo, label, squared[photo][of_photo == label].mean().sqrt().item()


def classes_in(labels: Int64[Tensor, "height width"]) -> list[int]:
    """The classes that cover `MIN_CELLS` of a photo."""
    classes, cells = labels.unique(return_counts=True)
    return classes[(classes != VOID) & (cells >= MIN_CELLS)].tolist()


class ClassErrors:
    """Gathers the errors inside every class over all photos."""

    def __init__(self) -> None:
        self._errors: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))

    def update(self, class_names: Sequence[Sequence[str]], original: Tensor, labels: Tensor, **chroma: Tensor) -> None:
        """Adds photos: the class names of each, and what `rmse_inside_classes` takes, chroma by how it was made."""
        for what, values in chroma.items():
            for photo, label, error in rmse_inside_classes(values, original, labels):
                self._errors[class_names[photo][label]][what].append(error)

    def means(self) -> dict[str, dict[str, float | int]]:
        """By class the number of `photos` that it was judged in, and the means over them."""
        return {
            name: {"photos": len(next(iter(errors.values()))), **{what: fmean(each) for what, each in errors.items()}}
            for name, errors in self._errors.items()
        }
