"""The rows above a trunk: what embedding and segmentation share, then what each has for itself."""

from typing import NamedTuple

from chromantic.model.blocks import Row
from chromantic.model.config import NetworkConfig
from chromantic.model.embedding import SHARED_UP_TO, TABLE_1
from chromantic.model.segmentation import TABLE_2


class UpperRows(NamedTuple):
    """Rows above a trunk; the segmentation's end before the pyramid."""

    shared: tuple[Row, ...]
    embedding: tuple[Row, ...]
    segmentation: tuple[Row, ...]


ABOVE_BACKBONE = UpperRows(
    shared=(Row("block", 512, separable=True), Row("block", 512, dilation=2, separable=True)),
    embedding=(
        Row("block", 512, dilation=4, separable=True),
        Row("block", 512, dilation=8, separable=True),
        Row("conv", 256),
    ),
    segmentation=(Row("block", 512, dilation=2, separable=True),),
)
"""Fewer and cheaper rows than the paper's: a backbone sees the whole photo already. Hints need the dilations."""


def upper_rows(config: NetworkConfig) -> UpperRows:
    """The rows above a network's trunk."""
    if config.trunk != "tables":
        return ABOVE_BACKBONE
    shared = SHARED_UP_TO[config.branch]
    return UpperRows((), TABLE_1[shared:], TABLE_2[shared:])
