"""Exact ancestral sampling on a CPU at about the cost of one forward pass: compiled rows, compiled pixels."""

import logging
from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from numba.core import event

from chromantic.colour.lab import CHROMA_MAX, CHROMA_MIN, denormalize_chroma, quantize_chroma
from chromantic.sampling.compiled.kernels import Draws, Rows, add_products, draw_pixels, read_rows_above
from chromantic.sampling.compiled.packed import PANEL, Weights
from chromantic.sampling.noise import Noise
from chromantic.understanding import KnownChroma

_log = logging.getLogger(__name__)

GROUP = 8
"""Samples that are drawn together: enough to use each weight several times, few enough for the cache."""


class _Telling(event.Listener):
    """Tells, once, that the loops are compiled and not found where they are kept."""

    told = False

    def on_start(self, event: event.Event) -> None:
        """Is called before each compilation."""
        if not self.told and event.data["dispatcher"].py_func.__module__ == draw_pixels.__module__:
            _log.info("preparing the loops that draw, once on this machine: a few seconds")
            self.told = True

    def on_end(self, event: event.Event) -> None:
        """Is called after each."""


event.register("numba:compile", _Telling())  # type: ignore[no-untyped-call]


def sample_fast(
    weights: Weights,
    scene: Float[np.ndarray, "photos channels height width"],
    lightness: Float[np.ndarray, "photos height width"],
    noise: Noise,
    temperature: float = 1.0,
    scale_temperature: float = 1.0,
    callback: Callable[[int, int], None] | None = None,
    known: KnownChroma | None = None,
) -> tuple[Float[np.ndarray, "samples 2 height width"], Float[np.ndarray, "samples maps height width"]]:
    """The sample of `sample_naively`, and the mixture parameters each of its pixels was drawn from.

    Args:
        weights: Of the generator.
        scene: Of the photos, what the generator is told.
        lightness: Normalized, at the chroma's resolution, of the photos.
        noise: Of the samples: as many for each photo, those of the first photo first.
        temperature: See `chromantic.model.mixture.draw`.
        scale_temperature: See `chromantic.model.mixture.draw`.
        callback: Called with the number of finished rows and of all rows after each row; may raise to cancel.
        known: Chroma that is not drawn, of all photos alike.

    Raises:
        ValueError: The scene or the noise does not fit the weights.
    """
    photos, height, width = lightness.shape
    samples, components = noise.gumbel.shape[:2]
    photo_of = np.repeat(np.arange(photos), samples // photos)
    dtype, maps = weights.head.biases.dtype, 6 * components
    if not 0 <= weights.head.biases.shape[1] - maps < PANEL:
        raise ValueError(f"the weights are not of {components} components")
    rows = _no_rows(weights, samples, width, dtype)
    draws = Draws(
        np.ascontiguousarray(lightness[photo_of], dtype),
        np.ascontiguousarray(noise.gumbel, dtype),
        np.ascontiguousarray(noise.logistic, dtype),
        np.array([temperature, scale_temperature], dtype),
        _grid(dtype),
        weights.log_scale_bounds,
        _canvas((samples, height, width, 2), dtype, known),
        np.empty((samples, height, width, maps), dtype),
    )
    blocks, channels = weights.horizontal.conv1.biases.shape
    context = np.empty((min(samples, GROUP), blocks + 1, width, channels), dtype)
    features = _filled(scene.transpose(2, 0, 3, 1), weights.scene.weights.shape[2], dtype)
    terms = np.empty((photos, width, weights.scene.biases.shape[1]), dtype)
    for y in range(height):
        add_products(features[y].reshape(photos * width, -1), weights.scene, terms.reshape(photos * width, -1))
        for first in range(0, samples, GROUP):
            group = photo_of[first : first + GROUP]
            read_rows_above(first, group, weights.vertical, weights.links, terms, rows, context)
            draw_pixels(y, first, group, weights.horizontal, weights.head, terms, rows, context, draws)
        if callback:
            callback(y + 1, height)
    return np.moveaxis(draws.chroma, -1, 1), np.moveaxis(draws.parameters, -1, 1)


def _canvas(shape: tuple[int, ...], dtype: np.dtype, known: KnownChroma | None) -> np.ndarray:
    """`Draws.chroma` before anything is drawn."""
    canvas = np.full(shape, CHROMA_MIN - 1, dtype)
    if known is not None:
        chroma, where = known
        canvas[:, where] = quantize_chroma(chroma[:, where]).T
    return canvas


def _filled(
    x: Float[np.ndarray, "height photos width channels"], depth: int, dtype: np.dtype
) -> Float[np.ndarray, "height photos width depth"]:
    """Zeros after the channels, up to a depth."""
    filled = np.zeros((*x.shape[:-1], depth), dtype)
    filled[..., : x.shape[-1]] = x
    return filled


def _grid(dtype: np.dtype) -> np.ndarray:
    """`Draws.grid`."""
    centre, one = denormalize_chroma(np.array([0.0, 1.0])).tolist()
    return np.array([one - centre, centre, CHROMA_MIN, CHROMA_MAX], dtype)


def _no_rows(weights: Weights, samples: int, width: int, dtype: np.dtype) -> Rows:
    """What is remembered above the first row."""
    blocks, channels = weights.vertical.conv1.biases.shape
    inputs = (samples, blocks, width + 2, 2, channels)
    return Rows(np.zeros((samples, width + 2, 2, PANEL), dtype), np.zeros(inputs, dtype), np.zeros(inputs, dtype))
