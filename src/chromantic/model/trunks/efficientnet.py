"""EfficientNet-Lite as a trunk: its features at four scales, joined on the chroma's grid.

The network is that of TensorFlow's EfficientNet-Lite (Tan and Le 2019, arXiv:1905.11946, without squeeze-excitation and
with ReLU6), with TensorFlow's "same" padding. Batch normalization is folded into the convolutions, since its statistics
are not trained here; the three equal colours of a grey photo are folded into one.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from chromantic.grid import CELL
from chromantic.model.blocks import NormalizedConv
from chromantic.model.config import NetworkConfig
from chromantic.model.trunks.imagenet import read_efficientnet
from chromantic.model.trunks.trunk import Trunk

_NORM_EPSILON = 1e-3
_FIRST_CHANNELS = 32
_OUT_CHANNELS = 512  # of the joined features, at width 1: as many as Table 1 has


class _Stage(NamedTuple):
    """Inverted residual blocks at one scale, with channels and repeats at width and depth 1."""

    kernel: int
    stride: int
    expansion: int
    channels: int
    repeat: int
    joined: bool
    """Whether its features are taken to the grid."""


_STAGES = (
    _Stage(3, 1, 1, 16, 1, False),
    _Stage(3, 2, 6, 24, 2, True),
    _Stage(5, 2, 6, 40, 2, True),
    _Stage(3, 2, 6, 80, 3, False),
    _Stage(5, 1, 6, 112, 3, True),
    _Stage(5, 2, 6, 192, 4, False),
    _Stage(3, 1, 6, 320, 1, True),
)
_WIDTH_AND_DEPTH = {0: (1.0, 1.0), 1: (1.0, 1.1), 2: (1.1, 1.2)}


def _channels(of_lite0: int, width: float) -> int:
    """Channels at a width: a multiple of 8, never less than nine tenths of what was asked for."""
    exact = of_lite0 * width
    rounded = max(8, int(exact + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * exact else rounded


class SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow pads: at stride 2 the odd pixel comes after, not before."""

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch out h w"]:
        kernel, stride = self.kernel_size[0], self.stride[0]
        if stride == 1:
            return F.conv2d(x, self.weight, self.bias, padding=kernel // 2, groups=self.groups)
        missing = [kernel - 2 + size % 2 for size in (x.shape[3], x.shape[2])]  # at stride 2, the only other one
        padded = F.pad(x, [part for total in missing for part in (total // 2, total - total // 2)])
        return F.conv2d(padded, self.weight, self.bias, stride, groups=self.groups)


class InvertedResidual(nn.Module):
    """Widens by a 1x1 convolution, filters each channel by itself, and narrows again (MobileNetV2's block)."""

    def __init__(self, in_channels: int, out_channels: int, *, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = in_channels * expansion
        self.expand = SameConv(in_channels, hidden, 1) if expansion > 1 else None
        self.depthwise = SameConv(hidden, hidden, kernel, stride, groups=hidden)
        self.project = SameConv(hidden, out_channels, 1)
        self.residual = stride == 1 and in_channels == out_channels

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch out h w"]:
        y = x if self.expand is None else F.relu6(self.expand(x))
        y = self.project(F.relu6(self.depthwise(y)))
        residual: Tensor = x + y if self.residual else y
        return residual


class EfficientNetTrunk(Trunk):
    """A backbone that has seen ImageNet, and the join of its scales."""

    def __init__(self, config: NetworkConfig, variant: int) -> None:
        """Takes 0, 1 or 2 for EfficientNet-Lite0 to 2."""
        super().__init__()
        self.reading_cell = config.reading_cell
        self.variant, self.out_channels = variant, config.channels(_OUT_CHANNELS)
        width, depth = _WIDTH_AND_DEPTH[variant]
        self.stem = SameConv(1, _FIRST_CHANNELS, 3, 2)
        self.blocks = nn.ModuleList()
        self.joints = nn.ModuleDict()
        channels = _FIRST_CHANNELS
        for number, stage in enumerate(_STAGES):
            fixed = number in (0, len(_STAGES) - 1)
            for repeat in range(stage.repeat if fixed else math.ceil(stage.repeat * depth)):
                out = _channels(stage.channels, width)
                stride = 1 if repeat else stage.stride
                block = InvertedResidual(channels, out, kernel=stage.kernel, stride=stride, expansion=stage.expansion)
                self.blocks.append(block)
                channels = out
            if stage.joined:
                self.joints[str(len(self.blocks) - 1)] = NormalizedConv(channels, self.out_channels, kernel=1)
        self.mix = NormalizedConv(self.out_channels, self.out_channels, separable=True)

    def forward(self, lightness: Float[Tensor, "batch 1 height width"]) -> Float[Tensor, "batch out height/4 width/4"]:
        grid = lightness.shape[2] // CELL, lightness.shape[3] // CELL
        size = grid[0] * self.reading_cell, grid[1] * self.reading_cell
        pixels = (127.5 * lightness + 0.5) / 128  # (v - 127) / 128 of v in 0..255, as the backbone learned
        x = F.relu6(self.stem(F.interpolate(pixels, size, mode="bilinear")))
        joined = []
        for number, block in enumerate(self.blocks):
            x = block(x)
            if str(number) in self.joints:
                joined.append(F.interpolate(self.joints[str(number)](x), grid, mode="bilinear"))
        first, *others = joined
        features: Tensor = self.mix(F.elu(sum(others, start=first)))
        return features

    def load_imagenet(self) -> None:
        """Takes the backbone's weights from the installed PyPI package, with batch normalization folded in.

        Raises:
            ChromanticError: The package is not installed, or not the one that is known.
        """
        tensors = read_efficientnet(self.variant)
        with torch.no_grad():
            _fold(self.stem, tensors, "_conv_stem", "_bn0")
            for number, block in enumerate(self.blocks):
                assert isinstance(block, InvertedResidual)
                prefix = f"_blocks.{number}."
                if block.expand is not None:
                    _fold(block.expand, tensors, f"{prefix}_expand_conv", f"{prefix}_bn0")
                _fold(block.depthwise, tensors, f"{prefix}_depthwise_conv", f"{prefix}_bn1")
                _fold(block.project, tensors, f"{prefix}_project_conv", f"{prefix}_bn2")

    def freeze(self, blocks: int) -> None:
        """Keeps the stem and the first blocks out of the training; 0 keeps nothing out."""
        for module in (self.stem, *self.blocks[:blocks]) if blocks else ():
            module.requires_grad_(False)

    def imagenet_parameters(self) -> list[nn.Parameter]:
        """The backbone's weights, without those of the join."""
        return [*self.stem.parameters(), *self.blocks.parameters()]


def _fold(conv: nn.Conv2d, tensors: Mapping[str, Tensor], kernel: str, norm: str) -> None:
    """Sets a convolution to a kernel followed by batch normalization; equal colours in one input are summed."""
    weight = tensors[f"{kernel}.weight"]
    factor = tensors[f"{norm}.weight"] / torch.sqrt(tensors[f"{norm}.running_var"] + _NORM_EPSILON)
    if conv.in_channels == 1 and conv.groups == 1:
        weight = weight.sum(dim=1, keepdim=True)
    conv.weight.copy_(weight * factor[:, None, None, None])
    assert conv.bias is not None
    conv.bias.copy_(tensors[f"{norm}.bias"] - tensors[f"{norm}.running_mean"] * factor)
