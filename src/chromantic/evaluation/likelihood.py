"""Bits per dimension: what a photo's true chroma costs under a model."""

import math

from jaxtyping import Float
from torch import Tensor

DIMENSIONS = 2
"""Dimensions of a pixel: a and b."""


def bits_per_dimension(log_likelihood: Float[Tensor, "*size"]) -> Float[Tensor, "*size"]:
    """A pixel's log-probability in nats as bits per dimension, on the grid on which the probability is one of bins.

    Lower is better; a uniform guess on the 1-unit chroma grid costs 8.
    """
    return -log_likelihood / (math.log(2) * DIMENSIONS)
