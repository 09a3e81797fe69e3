"""Exact ancestral sampling that computes nothing twice, in PyTorch alone: for devices other than the CPU."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.model import mixture
from chromantic.model.generator import CANVAS_CHANNELS, Conditioning, Generator, Past, canvas_of
from chromantic.reference.noise import NoiseTensors


@torch.no_grad()
def sample_cached(
    generator: Generator,
    conditioning: Conditioning,
    lightness: Float[Tensor, "batch 1 height width"],
    noise: NoiseTensors,
    temperature: float = 1.0,
    scale_temperature: float = 1.0,
    callback: Callable[[int, int], None] | None = None,
) -> tuple[Float[Tensor, "batch 2 height width"], Float[Tensor, "batch maps height width"]]:
    """The sample of `sample_naively`, and the mixture parameters each of its pixels was drawn from.

    Args:
        generator: The generator.
        conditioning: Of the photos, one per sample.
        lightness: Normalized, at the chroma's resolution, one per sample.
        noise: Of the samples.
        temperature: See `chromantic.model.mixture.draw`.
        scale_temperature: See `chromantic.model.mixture.draw`.
        callback: Called with the number of finished rows and of all rows after each row; may raise to cancel.
    """
    batch, _, height, width = lightness.shape
    chroma = lightness.new_zeros(batch, 2, height, width)
    rows_of_parameters = []
    above = lightness.new_zeros(batch, CANVAS_CHANNELS, 1, width)
    rows_past: Past = None
    for y in range(height):
        row = slice(y, y + 1)
        scene_above, scene_left = ([term[:, :, row] for term in terms] for terms in conditioning)
        context, rows_past = generator.rows(above, rows_past, tuple(scene_above))
        left = lightness.new_zeros(batch, CANVAS_CHANNELS, 1, 1)
        pixels_past: Past = None
        parameters = []
        for x in range(width):
            column = slice(x, x + 1)
            pixel, pixels_past = generator.pixels(
                left,
                pixels_past,
                tuple(term[..., column] for term in scene_left),
                tuple(term[..., column] for term in context),
            )
            drawn = mixture.draw(pixel, *noise.pixel(y, x), temperature, scale_temperature)
            chroma[:, :, row, column] = drawn
            left = canvas_of(drawn, lightness[:, :, row, column])
            parameters.append(pixel)
        rows_of_parameters.append(torch.cat(parameters, dim=3))
        above = canvas_of(chroma[:, :, row], lightness[:, :, row])
        if callback:
            callback(y + 1, height)
    return chroma, torch.cat(rows_of_parameters, dim=2)
