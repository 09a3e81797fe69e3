"""The noise of a sample: drawn first and indexed by pixel, so order and batch change it by rounding alone."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

_LEAST = torch.finfo(torch.float64).tiny


class Noise(NamedTuple):
    """What turns mixtures into a sample.

    Attributes:
        gumbel: [batch components h w], standard Gumbel, for the choice of a component.
        logistic: [batch 2 h w], standard logistic, for a and b.
    """

    gumbel: Float[Tensor, "batch components height width"]
    logistic: Float[Tensor, "batch 2 height width"]

    def pixel(self, y: int, x: int) -> "Noise":
        """The noise of one pixel, [batch channels 1 1]."""
        return Noise(self.gumbel[:, :, y : y + 1, x : x + 1], self.logistic[:, :, y : y + 1, x : x + 1])


def draw_noise(
    batch: int, components: int, height: int, width: int, generator: torch.Generator, dtype: torch.dtype
) -> Noise:
    """Noise for a batch, one photo after another from the caller's generator, in float64 before rounding to `dtype`."""
    uniform = torch.rand((batch, components + 2, height, width), generator=generator, dtype=torch.float64)
    gumbel = to_gumbel(uniform[:, :components])
    logistic = torch.logit(uniform[:, components:].clamp(min=_LEAST))
    return Noise(gumbel.to(dtype), logistic.to(dtype))


def to_gumbel(uniform: Float[Tensor, "*size"]) -> Float[Tensor, "*size"]:
    """Standard Gumbel noise from uniform noise in [0, 1), float64."""
    return -torch.log(-torch.log(uniform.clamp(min=_LEAST)))
