"""Ancestral sampling as the model's definition says it: the whole generator once per pixel. The reference."""

import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.model import mixture
from chromantic.model.generator import Conditioning, Generator, canvas_of
from chromantic.reference.noise import NoiseTensors


@torch.no_grad()
def sample_naively(
    generator: Generator,
    conditioning: Conditioning,
    lightness: Float[Tensor, "batch 1 height width"],
    noise: NoiseTensors,
    temperature: float = 1.0,
    scale_temperature: float = 1.0,
) -> Float[Tensor, "batch 2 height width"]:
    """Chroma on the grid; see `chromantic.model.mixture.draw` for the temperatures."""
    batch, _, height, width = lightness.shape
    chroma = lightness.new_zeros(batch, 2, height, width)
    for y in range(height):
        for x in range(width):
            parameters = generator(canvas_of(chroma, lightness), conditioning)[:, :, y : y + 1, x : x + 1]
            chroma[:, :, y : y + 1, x : x + 1] = mixture.draw(
                parameters, *noise.pixel(y, x), temperature, scale_temperature
            )
    return chroma
