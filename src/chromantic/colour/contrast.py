"""Levels of a faded print: what it keeps for black and for white."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from chromantic.colour.lab import LIGHTNESS_MAX

_SHARE = 0.01  # of the pixels that are darker than black, and of those that are lighter than white
_LEAST_RANGE = 5.0  # in L: below it there is no picture to restore, only noise to enlarge


@dataclass(frozen=True)
class Levels:
    """The lightness that stands for black and the one that stands for white, in [0, 100]."""

    black: float = 0.0
    white: float = LIGHTNESS_MAX

    def stretch(self, lightness: Float32[np.ndarray, "height width"]) -> Float32[np.ndarray, "height width"]:
        """Lightness with black at 0 and white at 100, straight between them."""
        if self == Levels():
            return lightness
        return ((lightness - self.black) * (LIGHTNESS_MAX / (self.white - self.black))).clip(0, LIGHTNESS_MAX)


def find_levels(lightness: Float32[np.ndarray, "height width"]) -> Levels:
    """The levels of a photo: percentiles 1 and 99 of its lightness; the full range where it has no contrast at all."""
    black, white = np.quantile(lightness, [_SHARE, 1 - _SHARE]).tolist()
    return Levels(black, white) if white - black >= _LEAST_RANGE else Levels()
