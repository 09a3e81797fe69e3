"""The noise of a sample as tensors."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.sampling.noise import Noise


class NoiseTensors(NamedTuple):
    """`Noise` of some pixels."""

    gumbel: Float[Tensor, "batch components height width"]
    logistic: Float[Tensor, "batch 2 height width"]

    def pixel(self, y: int, x: int) -> "NoiseTensors":
        """The noise of one pixel, [batch channels 1 1]."""
        return NoiseTensors(self.gumbel[:, :, y : y + 1, x : x + 1], self.logistic[:, :, y : y + 1, x : x + 1])


def to_tensors(noise: Noise, device: torch.device | str = "cpu") -> NoiseTensors:
    """Noise on a device."""
    gumbel, logistic = (torch.from_numpy(part).to(device) for part in noise)
    return NoiseTensors(gumbel, logistic)
