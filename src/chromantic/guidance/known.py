"""Colours that are known, on the grid of the network."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32

from chromantic.understanding import KnownChroma


class KnownCells(NamedTuple):
    """What is known of a photo's cells.

    Attributes:
        chroma: a and b in CIE units; what stands where nothing is known does not matter.
        known: Where it is known.
        variance: How little it is worth, from 0; in parts of how much colours differ.
    """

    chroma: Float32[np.ndarray, "2 h w"]
    known: Bool[np.ndarray, "h w"]
    variance: Float32[np.ndarray, "h w"]

    @classmethod
    def sure(cls, chroma: Float32[np.ndarray, "2 h w"], known: Bool[np.ndarray, "h w"]) -> "KnownCells":
        """Without a doubt about what is known."""
        return cls(chroma, known, np.zeros(known.shape, np.float32))

    @property
    def certain(self) -> KnownChroma:
        """Chroma, and where there is no doubt about it."""
        return self.chroma, self.known & (self.variance == 0)

    def under(self, other: "KnownCells") -> "KnownCells":
        """Both, where `other` says more."""
        known = other.known
        return KnownCells(
            np.where(known, other.chroma, self.chroma),
            self.known | known,
            np.where(known, other.variance, self.variance),
        )
