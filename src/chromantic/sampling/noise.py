"""Random numbers: drawn first and indexed by pixel, so order and batch change a sample by rounding alone."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

_LEAST = np.finfo(np.float64).tiny


class Noise(NamedTuple):
    """What turns mixtures into a sample.

    Attributes:
        gumbel: [batch components h w], standard Gumbel, for the choice of a component.
        logistic: [batch 2 h w], standard logistic, for a and b.
    """

    gumbel: Float[np.ndarray, "batch components height width"]
    logistic: Float[np.ndarray, "batch 2 height width"]


def random(seed: int) -> np.random.Generator:
    """The source of all randomness of a seed from 0 to 2^63 - 1.

    Only uniform numbers are taken of it, which no version of NumPy draws in another way.
    """
    return np.random.Generator(np.random.Philox(key=seed))


def draw_noise(
    batch: int, components: int, height: int, width: int, rng: np.random.Generator, dtype: np.dtype
) -> Noise:
    """Noise for a batch, one photo after another from the caller's source, in float64 before rounding to `dtype`."""
    uniform = rng.random((batch, components + 2, height, width))
    logistic = np.maximum(uniform[:, components:], _LEAST)
    logistic = np.log(logistic) - np.log1p(-logistic)
    return Noise(to_gumbel(uniform[:, :components]).astype(dtype), logistic.astype(dtype))


def to_gumbel(uniform: Float[np.ndarray, "*size"]) -> Float[np.ndarray, "*size"]:
    """Standard Gumbel noise from uniform noise in [0, 1), float64."""
    gumbel: np.ndarray = -np.log(-np.log(np.maximum(uniform, _LEAST)))
    return gumbel


def draw_normal_pair(rng: np.random.Generator) -> Float[np.ndarray, "2"]:
    """Two standard normal numbers (Box and Muller 1958)."""
    radius, angle = rng.random(2)
    direction = np.array([np.cos(2 * np.pi * angle), np.sin(2 * np.pi * angle)])
    pair: np.ndarray = np.sqrt(-2 * np.log1p(-radius)) * direction
    return pair
