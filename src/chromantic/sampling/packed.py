"""The generator's parameters and a scene's terms, laid out for compiled loops.

Channels come last and are filled up with zeros to whole panels, which stay zeros through every layer. Weights are cut
into panels of PANEL outputs, so that a product reads them from front to back.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from chromantic.model.generator import Conditioning, Generator, Stack
from chromantic.sampling.vector import PANEL


class Layers(NamedTuple):
    """Convolutions of one shape.

    Attributes:
        weights: [layer panel depth PANEL]. The depth is a whole window: its columns one after another, of each first
            the row above, if the window has two rows, and of each row all channels.
        biases: [layer output].
    """

    weights: np.ndarray
    biases: np.ndarray


class StackWeights(NamedTuple):
    """Of one stack, all blocks."""

    input: Layers
    conv1: Layers
    conv2: Layers


class Weights(NamedTuple):
    """Of the whole generator."""

    vertical: StackWeights
    horizontal: StackWeights
    links: Layers
    head: Layers


def pack_generator(generator: Generator) -> Weights:
    """The generator's parameters; about a millisecond of copying."""
    return Weights(
        _pack_stack(generator.vertical),
        _pack_stack(generator.horizontal),
        _pack(generator.links),
        _pack([generator.head.conv]),
    )


def pack_conditioning(conditioning: Conditioning) -> np.ndarray:
    """The scene's terms, [photo height width terms]: those of the vertical stack's blocks, then of the horizontal's."""
    terms = (term.permute(0, 2, 3, 1) for term in (*conditioning.vertical, *conditioning.horizontal))
    return torch.cat([_fill_halves(term, 3) for term in terms], dim=3).numpy()


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
