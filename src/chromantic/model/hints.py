"""Colours that are known before the network looks."""

from typing import NamedTuple

from jaxtyping import Bool, Float
from torch import Tensor


class Hints(NamedTuple):
    """Known colours on the grid.

    Attributes:
        chroma: [batch 2 h w], in CIE units; what stands where nothing is known does not matter.
        known: [batch h w], where it is known.
    """

    chroma: Float[Tensor, "batch 2 h w"]
    known: Bool[Tensor, "batch h w"]
