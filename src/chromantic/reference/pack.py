"""A generator's parameters as the compiled loops read them."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from chromantic.model.generator import Generator, Stack
from chromantic.model.mixture import LOG_SCALE_MAX, LOG_SCALE_MIN
from chromantic.sampling.compiled.packed import PANEL, Layers, StackWeights, Weights


def pack_generator(generator: Generator) -> Weights:
    """The generator's parameters; about a millisecond of copying."""
    vertical, horizontal = _pack_stack(generator.vertical), _pack_stack(generator.horizontal)
    links, head = _pack(generator.links), _pack([generator.head.conv])
    bounds = np.array([LOG_SCALE_MIN, LOG_SCALE_MAX], head.biases.dtype)
    return Weights(_pack_scene(generator), vertical, horizontal, links, head, bounds)


def _pack_scene(generator: Generator) -> Layers:
    blocks: list[Any] = [*generator.vertical.blocks, *generator.horizontal.blocks]
    sizes = [block.conv2.out_channels for block in blocks]
    scene = generator.scene
    assert scene.bias is not None
    bias = scene.bias + torch.cat([block.conv2.bias for block in blocks])
    weights, biases = (
        torch.cat([_fill_halves(part, 0) for part in layer.detach().split(sizes)]) for layer in (scene.weight, bias)
    )
    return Layers(_panels(_fill(weights, 1)[None]), biases[None].numpy())


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
    return Layers(_panels(weights), biases.numpy())


def _panels(weights: Tensor) -> np.ndarray:
    """Weights [layer output input row column] as `Layers` holds them."""
    panels = weights.unflatten(1, (-1, PANEL)).permute(0, 1, 5, 4, 3, 2).flatten(2, 4)
    array: np.ndarray = panels.contiguous().numpy()
    return array
