"""The generator's parameters, laid out for compiled loops.

Channels come last and are filled up with zeros to whole panels, which stay zeros through every layer. Weights are cut
into panels of PANEL outputs, so that a product reads them from front to back.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

PANEL = 16
"""Outputs computed together: a 64-byte cache line of float32, and one or more vector registers."""


class Layers(NamedTuple):
    """Convolutions of one shape.

    Attributes:
        weights: [layer panel depth PANEL]. The depth is a whole window: column by column, in a column row by row, in a
            row channel by channel.
        biases: [layer output].
    """

    weights: np.ndarray
    biases: np.ndarray


class StackWeights(NamedTuple):
    """Of one stack, all blocks; the biases of `conv2` are the scene's."""

    input: Layers
    conv1: Layers
    conv2: Layers


class Weights(NamedTuple):
    """Of the whole generator.

    Attributes:
        scene: The convolution to the terms of the scene: the vertical stack's blocks first, then the horizontal's. Its
            biases are with those of the convolutions whose outputs the terms are added to.
        vertical: The stack that runs once per row.
        horizontal: The stack that runs once per pixel.
        links: From the vertical stack to the horizontal one.
        head: Of the mixture.
        log_scale_bounds: Lower log-scales count as the first, higher ones as the second.
    """

    scene: Layers
    vertical: StackWeights
    horizontal: StackWeights
    links: Layers
    head: Layers
    log_scale_bounds: np.ndarray


def to_arrays(weights: Any, prefix: str = "") -> Iterator[tuple[str, np.ndarray]]:
    """Every array, with a name for it."""
    for name, part in weights._asdict().items():
        if isinstance(part, np.ndarray):
            yield prefix + name, part
        else:
            yield from to_arrays(part, f"{prefix}{name}.")


def from_arrays(arrays: Mapping[str, np.ndarray]) -> Weights:
    """The inverse of `to_arrays`, with float32 arrays.

    Raises:
        KeyError: One is missing.
        ValueError: They do not fit each other: the loops, which check nothing, would read beyond them.
    """

    def layers(name: str) -> Layers:
        return Layers(*(np.ascontiguousarray(arrays[f"{name}.{part}"], np.float32) for part in Layers._fields))

    def stack(name: str) -> StackWeights:
        return StackWeights(*(layers(f"{name}.{part}") for part in StackWeights._fields))

    bounds = arrays["log_scale_bounds"].astype(np.float32)
    weights = Weights(layers("scene"), stack("vertical"), stack("horizontal"), layers("links"), layers("head"), bounds)
    _check_shapes(weights)
    return weights


def _check_shapes(weights: Weights) -> None:
    blocks, tall = weights.vertical.conv1.biases.shape
    _, slim = weights.horizontal.conv1.biases.shape
    _, _, told, _ = weights.scene.weights.shape
    expected = {"scene": (1, told, 2 * blocks * (tall + slim)), "links": (blocks + 1, tall, slim)}
    expected["head"] = 1, slim, weights.head.biases.shape[-1]
    for stack, window, channels in (("vertical", 6, tall), ("horizontal", 2, slim)):
        expected[f"{stack}.input"] = 1, window * PANEL, channels
        expected[f"{stack}.conv1"] = blocks, window * channels, channels
        expected[f"{stack}.conv2"] = blocks, window * channels, 2 * channels
    arrays = dict(to_arrays(weights))
    for name, (layers, depth, outputs) in expected.items():
        shapes = arrays[f"{name}.weights"].shape, arrays[f"{name}.biases"].shape
        if shapes != ((layers, outputs // PANEL, depth, PANEL), (layers, outputs)) or outputs % PANEL or depth % PANEL:
            raise ValueError(f"{name} has shapes {shapes}")
    if weights.log_scale_bounds.shape != (2,):
        raise ValueError("log_scale_bounds are not two")
