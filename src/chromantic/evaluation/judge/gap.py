"""What segmenters judge by: how much of the gap between grey and original photos a way of colorizing wins back."""

from collections.abc import Mapping, Sequence

from jaxtyping import Float
from torch import Tensor

from chromantic.data.example import Example
from chromantic.data.labels import class_names_of
from chromantic.data.verdicts import Segmenter
from chromantic.errors import ChromanticError

ORIGINAL, GREY = "original", "grey"


def judged_photos(segmenter: Segmenter, examples: Sequence[Example]) -> list[Example]:
    """The labelled photos.

    Raises:
        ChromanticError: None is labelled, or their classes are not the segmenter's.
    """
    labelled = [example for example in examples if example.labels is not None]
    if not labelled:
        raise ChromanticError(f"{segmenter.name}: no photo has labels to compare with; name a labelled collection")
    if class_names_of(labelled) != segmenter.classes:
        raise ChromanticError(
            f"{labelled[0].name}: its labels are of {len(labelled[0].class_names)} classes that are not the "
            f"{len(segmenter.classes)} of {segmenter.name}; give a segmenter of the photos' classes"
        )
    return labelled


def shares_won_back(mious: Mapping[str, Float[Tensor, "*draws"]]) -> dict[str, Float[Tensor, "*draws"]]:
    """Each way's share: 0 where it is no better than grey, and 1 where it is as good as the originals.

    Args:
        mious: MIoU by way of colorizing, `original` and `grey` among them.
    """
    gap = mious[ORIGINAL] - mious[GREY]
    return {way: (miou - mious[GREY]) / gap for way, miou in mious.items() if way not in (ORIGINAL, GREY)}


def as_numbers(values: Mapping[str, Tensor]) -> dict[str, float]:
    """Tensors of one value each as numbers."""
    return {way: value.item() for way, value in values.items()}
