"""Exact ancestral sampling on a CPU at about the cost of one forward pass: compiled rows, compiled pixels."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.colour.lab import CHROMA_MAX, CHROMA_MIN, denormalize_chroma
from chromantic.model.generator import Generator
from chromantic.model.mixture import LOG_SCALE_MAX, LOG_SCALE_MIN
from chromantic.sampling.compiled.kernels import Draws, Rows, draw_pixels, read_rows_above
from chromantic.sampling.compiled.packed import Weights, pack_generator
from chromantic.sampling.compiled.vector import PANEL
from chromantic.sampling.noise import Noise

GROUP = 8
"""Samples that are drawn together: enough to use each weight several times, few enough for the cache."""


@torch.no_grad()
def sample_fast(
    generator: Generator,
    scene: Float[Tensor, "photos channels height width"],
    lightness: Float[Tensor, "photos 1 height width"],
    noise: Noise,
    temperature: float = 1.0,
    scale_temperature: float = 1.0,
    callback: Callable[[int, int], None] | None = None,
) -> tuple[Float[Tensor, "samples 2 height width"], Float[Tensor, "samples maps height width"]]:
    """The sample of `sample_naively`, and the mixture parameters each of its pixels was drawn from.

    Args:
        generator: The generator, on the CPU.
        scene: Of the photos, what `Generator.condition` reads.
        lightness: Normalized, at the chroma's resolution, of the photos.
        noise: Of the samples: as many for each photo, those of the first photo first.
        temperature: See `chromantic.model.mixture.draw`.
        scale_temperature: See `chromantic.model.mixture.draw`.
        callback: Called with the number of finished rows and of all rows after each row; may raise to cancel.
    """
    photos, _, height, width = lightness.shape
    samples = len(noise.gumbel)
    weights = pack_generator(generator)
    photo_of = np.repeat(np.arange(photos), samples // photos)
    dtype = weights.head.biases.dtype
    rows = _no_rows(weights, samples, width, dtype)
    draws = Draws(
        lightness[:, 0].numpy()[photo_of],
        noise.gumbel.contiguous().numpy(),
        noise.logistic.contiguous().numpy(),
        np.array([temperature, scale_temperature], dtype),
        _grid(dtype),
        np.array([LOG_SCALE_MIN, LOG_SCALE_MAX], dtype),
        np.empty((samples, height, width, 2), dtype),
        np.empty((samples, height, width, generator.head.conv.out_channels), dtype),
    )
    blocks, channels = weights.horizontal.conv1.biases.shape
    context = np.empty((min(samples, GROUP), blocks + 1, width, channels), dtype)
    features = scene.permute(2, 0, 3, 1).flatten(1, 2).contiguous()
    terms = features.new_empty(photos * width, len(weights.scene.bias))
    terms_of_photos = terms.unflatten(0, (photos, width)).numpy()
    for y in range(height):
        torch.addmm(weights.scene.bias, features[y], weights.scene.matrix, out=terms)
        for first in range(0, samples, GROUP):
            group = photo_of[first : first + GROUP]
            read_rows_above(first, group, weights.vertical, weights.links, terms_of_photos, rows, context)
            draw_pixels(y, first, group, weights.horizontal, weights.head, terms_of_photos, rows, context, draws)
        if callback:
            callback(y + 1, height)
    return torch.from_numpy(draws.chroma).movedim(-1, 1), torch.from_numpy(draws.parameters).movedim(-1, 1)


def _grid(dtype: np.dtype) -> np.ndarray:
    """`Draws.grid`."""
    centre, one = denormalize_chroma(torch.tensor([0.0, 1.0])).tolist()
    return np.array([one - centre, centre, CHROMA_MIN, CHROMA_MAX], dtype)


def _no_rows(weights: Weights, samples: int, width: int, dtype: np.dtype) -> Rows:
    """What is remembered above the first row."""
    blocks, channels = weights.vertical.conv1.biases.shape
    inputs = (samples, blocks, width + 2, 2, channels)
    return Rows(np.zeros((samples, width + 2, 2, PANEL), dtype), np.zeros(inputs, dtype), np.zeros(inputs, dtype))
