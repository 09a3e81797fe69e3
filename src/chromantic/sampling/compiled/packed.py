"""The generator's parameters, laid out for compiled loops.

Channels come last and are filled up with zeros to whole panels, which stay zeros through every layer. Weights are cut
into panels of PANEL outputs, so that a product reads them from front to back.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from chromantic.model.generator import Generator, Stack
from chromantic.sampling.compiled.vector import PANEL


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


class SceneWeights(NamedTuple):
    """Of the convolution to the terms of the scene: the vertical stack's blocks first, then the horizontal's.

    Attributes:
        matrix: [channel term].
        bias: [term], with those of the convolutions whose outputs the terms are added to.
    """

    matrix: Tensor
    bias: Tensor


class Weights(NamedTuple):
    """Of the whole generator."""

    scene: SceneWeights
    vertical: StackWeights
    horizontal: StackWeights
    links: Layers
    head: Layers


def pack_generator(generator: Generator) -> Weights:
    """The generator's parameters; about a millisecond of copying."""
    vertical, horizontal = _pack_stack(generator.vertical), _pack_stack(generator.horizontal)
    links, head = _pack(generator.links), _pack([generator.head.conv])
    return Weights(_pack_scene(generator), vertical, horizontal, links, head)


def _pack_scene(generator: Generator) -> SceneWeights:
    blocks: list[Any] = [*generator.vertical.blocks, *generator.horizontal.blocks]
    sizes = [block.conv2.out_channels for block in blocks]
    matrices = [_fill_halves(weight, 0) for weight in generator.scene.weight.flatten(1).split(sizes)]
    assert generator.scene.bias is not None
    bias = generator.scene.bias + torch.cat([block.conv2.bias for block in blocks])
    biases = [_fill_halves(part, 0) for part in bias.split(sizes)]
    return SceneWeights(torch.cat(matrices).T, torch.cat(biases))


def _pack_stack(stack: Stack) -> StackWeights:
    blocks: Any = stack.blocks
    return StackWeights(
        _pack([stack.input]),
        _pack(block.conv1 for block in blocks),
        _pack((block.conv2 for block in blocks), _fill_halves),
    )


def _fill(x: Tensor, dim: int) -> Tensor:
    """Zeros after the channels, up to whole panels."""
    missing = -x.shape[dim] % PANEL
    return F.pad(x, (0, 0) * (x.ndim - 1 - dim) + (0, missing)) if missing else x


def _fill_halves(x: Tensor, dim: int) -> Tensor:
    """Zeros after the values and after the openings of a gate."""
    return torch.cat([_fill(half, dim) for half in x.chunk(2, dim)], dim) if x.shape[dim] % (2 * PANEL) else x


def _pack(convs: Iterable[Any], fill_outputs: Callable[[Tensor, int], Tensor] = _fill) -> Layers:
    convs = tuple(convs)
    weights = fill_outputs(_fill(torch.stack([conv.weight.detach() for conv in convs]), 2), 1)
    biases = fill_outputs(torch.stack([conv.bias.detach() for conv in convs]), 1)
    panels = weights.unflatten(1, (-1, PANEL)).permute(0, 1, 5, 4, 3, 2).flatten(2, 4)
    return Layers(panels.contiguous().numpy(), biases.numpy())
