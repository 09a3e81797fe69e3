"""Gated residual blocks, and Tables 1 and 2 as rows of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

CHANNELS_PER_GROUP = 16
_VALUE_START = 0.2  # of a block's contribution before the gate, so that a deep stack starts as a shallow one


@dataclass(frozen=True)
class Row:
    """One row of the paper's Table 1 or 2.

    Attributes:
        kind: A plain 3x3 convolution or a gated residual block.
        channels: Output channels at width 1.
        repeat: How many times the row stands in the network.
        stride: Of the convolution.
        dilation: Of the convolution, or of the block's first convolution.
        separable: Whether a block's convolutions are depthwise and 1x1 (not the paper's).
    """

    kind: Literal["conv", "block"]
    channels: int
    repeat: int = 1
    stride: int = 1
    dilation: int = 1
    separable: bool = False


def gate(x: Float[Tensor, "batch twice *size"]) -> Float[Tensor, "batch half *size"]:
    """The first half of the channels, each let through as far as its partner in the second half opens."""
    value, opening = x.chunk(2, dim=1)
    return value * torch.sigmoid(opening)


class NormalizedConv(nn.Module):
    """A convolution whose output is group-normalized.

    A separable one filters each channel by itself and then mixes them by a 1x1 convolution: a ninth of the arithmetic.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        kernel: int = 3,
        stride: int = 1,
        dilation: int = 1,
        separable: bool = False,
    ) -> None:
        super().__init__()
        window = kernel, stride, kernel // 2 * dilation, dilation
        self.depthwise: nn.Conv2d | None = None
        if separable:
            self.depthwise = nn.Conv2d(in_channels, in_channels, *window, groups=in_channels, bias=False)
            window = 1, 1, 0, 1
        self.conv = nn.Conv2d(in_channels, out_channels, *window, bias=False)
        self.norm = group_norm(out_channels)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch out h w"]:
        y: Tensor = self.norm(self.conv(x if self.depthwise is None else self.depthwise(x)))
        return y


class GatedResidualBlock(nn.Module):
    """Two 3x3 convolutions, a gate and a skip connection.

    Each convolution's output is normalized, the gate's too. Without that, Adam's early steps, summed over a thousand
    inputs, close the gates for good.

    Attributes:
        dropout: Share of features dropped before the second convolution, in training; a training sets it.
    """

    def __init__(self, channels: int, dilation: int = 1, separable: bool = False) -> None:
        super().__init__()
        self.dropout = 0.0
        self.conv1 = NormalizedConv(channels, channels, dilation=dilation, separable=separable)
        self.conv2 = NormalizedConv(channels, 2 * channels, separable=separable)
        with torch.no_grad():
            self.conv2.norm.weight[:channels] = _VALUE_START

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch channels height width"]:
        hidden = F.dropout(F.elu(self.conv1(F.elu(x))), self.dropout, self.training)
        return x + gate(self.conv2(hidden))


def group_norm(channels: int) -> nn.GroupNorm:
    """Group normalization over groups of 16 channels; a CPU is slow at smaller groups."""
    return nn.GroupNorm(max(1, channels // CHANNELS_PER_GROUP), channels)


def start_near_identity(conv: nn.Conv2d) -> None:
    """Makes the last convolution of a residual branch small, so that a deep stack starts as a shallow one."""
    with torch.no_grad():
        conv.weight.mul_(0.1)


def build_rows(rows: tuple[Row, ...], in_channels: int, scale: Callable[[int], int]) -> nn.Sequential:
    """The rows of a table as layers, with `scale` giving the channels at this network's width."""
    layers: list[nn.Module] = []
    for row in rows:
        channels = scale(row.channels)
        for _ in range(row.repeat):
            if row.kind == "conv":
                layers.append(NormalizedConv(in_channels, channels, stride=row.stride, dilation=row.dilation))
            else:
                layers.append(GatedResidualBlock(channels, row.dilation, row.separable))
            in_channels = channels
    return nn.Sequential(*layers)
