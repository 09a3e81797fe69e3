"""The floor every model must beat: one fixed histogram of chroma, the same for all pixels of all photos."""

import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.colour.lab import CHROMA_LEVELS, CHROMA_MIN
from chromantic.errors import ChromanticError

UNIFORM_SHARE = 1e-3
"""Weight of the uniform distribution mixed in, so that no chroma is impossible."""


def fit_floor(chroma: Float[Tensor, "2 pixels"]) -> Float[Tensor, "levels levels"]:
    """The joint histogram of (a, b) over the training photos, as log-probabilities in nats.

    Args:
        chroma: On the 1-unit grid.

    Raises:
        ChromanticError: There are no pixels.
    """
    if chroma.shape[1] == 0:
        raise ChromanticError("no colourful training photo to draw the floor's histogram from; name another cache")
    a, b = (chroma - CHROMA_MIN).long()
    counts = torch.bincount(a * CHROMA_LEVELS + b, minlength=CHROMA_LEVELS**2).double()
    probabilities = (1 - UNIFORM_SHARE) * counts / counts.sum() + UNIFORM_SHARE / CHROMA_LEVELS**2
    return probabilities.log().float().view(CHROMA_LEVELS, CHROMA_LEVELS)


def floor_log_likelihood(
    floor: Float[Tensor, "levels levels"], chroma: Float[Tensor, "batch 2 *size"]
) -> Float[Tensor, "batch *size"]:
    """Log-probability in nats of each pixel's chroma, which must lie on the 1-unit grid."""
    a, b = (chroma - CHROMA_MIN).long().unbind(1)
    return floor[a, b]
