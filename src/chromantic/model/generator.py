"""The autoregressive generator g: a conditional PixelCNN, shaped so that sampling can be cheap.

Two stacks of gated residual blocks read the canvas. The vertical stack sees the rows above, and runs once per row. The
slim horizontal stack sees the pixels to the left and what the vertical one tells it, and runs once per pixel. The scene
enters through one linear 1x1 convolution, once per photo, whatever the number of samples.

Every causal convolution takes the part of its input that came before (`past`). So the same code runs over whole photos
in training, and over single rows and pixels in sampling.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from chromantic.colour.lab import normalize_chroma
from chromantic.model.blocks import gate, start_near_identity
from chromantic.model.mixture import MixtureHead

CANVAS_CHANNELS = 4
Past = list[Tensor] | None
"""The last row (or column) of each causal convolution's input before the present chunk; None at the photo's border."""


class Conditioning(NamedTuple):
    """What the scene adds before the gate of each block: [batch 2*channels height width] per block and stack."""

    vertical: tuple[Tensor, ...]
    horizontal: tuple[Tensor, ...]

    def map(self, function: Callable[[Tensor], Tensor]) -> "Conditioning":
        """The conditioning with `function` applied to each tensor."""
        return Conditioning(tuple(map(function, self.vertical)), tuple(map(function, self.horizontal)))


def canvas_of(
    chroma: Float[Tensor, "batch 2 height width"], lightness: Float[Tensor, "batch 1 height width"]
) -> Float[Tensor, "batch 4 height width"]:
    """What the stacks read: normalized chroma, normalized lightness, and ones, which tell a pixel from the border.

    Args:
        chroma: On the grid, CIE units.
        lightness: Normalized, at the chroma's resolution.
    """
    return torch.cat([normalize_chroma(chroma), lightness, torch.ones_like(lightness)], dim=1)


def shift_down(x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch channels height width"]:
    """Each row in the place of the next one."""
    return F.pad(x, (0, 0, 1, -1))


def shift_right(x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch channels height width"]:
    """Each column in the place of the next one."""
    return F.pad(x, (1, -1, 0, 0))


class CausalConv(nn.Conv2d):
    """A convolution over the present and the one row (`along` 2) or column (`along` 3) before it."""

    def __init__(self, in_channels: int, out_channels: int, along: int) -> None:
        size, padding = ((2, 3), (0, 1)) if along == 2 else ((1, 2), (0, 0))
        super().__init__(in_channels, out_channels, size, padding=padding)
        self.along = along

    def forward(  # type: ignore[override]
        self, x: Float[Tensor, "batch channels height width"], past: Tensor | None
    ) -> Float[Tensor, "batch out height width"]:
        if past is not None:
            return super().forward(torch.cat([past, x], dim=self.along))
        padding = (1, 1) if self.along == 2 else (0, 1)  # zeros on both sides, then one side dropped: no copy of x
        y = F.conv2d(x, self.weight, self.bias, padding=padding)
        return y.narrow(self.along, 0, x.shape[self.along])

    def remember(self, x: Float[Tensor, "batch channels height width"]) -> Tensor:
        """What the next chunk needs to know of `x`."""
        return x.narrow(self.along, x.shape[self.along] - 1, 1)


class CausalBlock(nn.Module):
    """A gated residual block of causal convolutions."""

    def __init__(self, channels: int, along: int) -> None:
        super().__init__()
        self.conv1 = CausalConv(channels, channels, along)
        self.conv2 = CausalConv(channels, 2 * channels, along)
        start_near_identity(self.conv2)

    def forward(
        self, x: Tensor, past: list[Tensor] | list[None], scene: Tensor, vertical: Tensor | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        """One chunk.

        Args:
            x: Features of the chunk.
            past: Of the two convolutions.
            scene: The scene's term before the gate.
            vertical: The vertical stack's term before the second ELU, in the horizontal stack.

        Returns:
            The block's features and the past of the next chunk.
        """
        activated = F.elu(x)
        hidden = self.conv1(activated, past[0])
        hidden = F.elu(hidden if vertical is None else hidden + vertical)
        y = x + gate(self.conv2(hidden, past[1]) + scene)
        return y, [self.conv1.remember(activated), self.conv2.remember(hidden)]


class Stack(nn.Module):
    """An input convolution and causal blocks along rows (`along` 2) or columns (`along` 3)."""

    def __init__(self, channels: int, blocks: int, along: int) -> None:
        super().__init__()
        self.input = CausalConv(CANVAS_CHANNELS, channels, along)
        self.blocks = nn.ModuleList(CausalBlock(channels, along) for _ in range(blocks))

    def forward(
        self, canvas: Tensor, past: Past, scene: tuple[Tensor, ...], vertical: tuple[Tensor, ...] | None = None
    ) -> tuple[tuple[Tensor, ...], list[Tensor]]:
        """One chunk of the canvas, already shifted by one row or column.

        Returns:
            The features after the input convolution and after each block, and the past of the next chunk.
        """
        x = self.input(canvas, past[0] if past else None)
        next_past = [self.input.remember(canvas)]
        if vertical is not None:
            x = x + vertical[0]
        features = [x]
        for i, block in enumerate(self.blocks):
            block_past = past[1 + 2 * i : 3 + 2 * i] if past else [None, None]
            x, after = block(x, block_past, scene[i], None if vertical is None else vertical[i + 1])
            features.append(x)
            next_past += after
        return tuple(features), next_past


class Generator(nn.Module):
    """The distribution of each pixel's chroma, given the scene and the pixels before it in raster order."""

    def __init__(
        self, scene_channels: int, vertical_channels: int, horizontal_channels: int, blocks: int, components: int
    ) -> None:
        super().__init__()
        self.vertical = Stack(vertical_channels, blocks, along=2)
        self.horizontal = Stack(horizontal_channels, blocks, along=3)
        self.links = nn.ModuleList(nn.Conv2d(vertical_channels, horizontal_channels, 1) for _ in range(blocks + 1))
        self._scene_sizes = [2 * vertical_channels] * blocks + [2 * horizontal_channels] * blocks
        self.scene = nn.Conv2d(scene_channels, sum(self._scene_sizes), 1)
        self.head = MixtureHead(horizontal_channels, components)

    def condition(self, scene: Float[Tensor, "batch channels height width"]) -> Conditioning:
        """The scene's linear projections for every block."""
        terms = self.scene(scene).split(self._scene_sizes, dim=1)
        blocks = len(terms) // 2
        return Conditioning(terms[:blocks], terms[blocks:])

    def forward(
        self, canvas: Float[Tensor, "batch 4 height width"], conditioning: Conditioning
    ) -> Float[Tensor, "batch maps height width"]:
        """Mixture parameters of every pixel, teacher-forced: from the true pixels before it."""
        context, _ = self.rows(shift_down(canvas), None, conditioning.vertical)
        parameters, _ = self.pixels(shift_right(canvas), None, conditioning.horizontal, context)
        return parameters

    def rows(
        self, above: Float[Tensor, "batch 4 rows width"], past: Past, scene: tuple[Tensor, ...]
    ) -> tuple[tuple[Tensor, ...], list[Tensor]]:
        """The vertical stack over some rows, and what it tells the horizontal one.

        Args:
            above: The canvas rows above those rows.
            past: Of the rows before; None for the first.
            scene: `Conditioning.vertical`, of those rows.

        Returns:
            The terms for the horizontal stack's input and blocks, and the past of the next rows.
        """
        features, past = self.vertical(above, past, scene)
        return tuple(link(F.elu(x)) for link, x in zip(self.links, features, strict=True)), past

    def pixels(
        self,
        left: Float[Tensor, "batch 4 rows columns"],
        past: Past,
        scene: tuple[Tensor, ...],
        context: tuple[Tensor, ...],
    ) -> tuple[Float[Tensor, "batch maps rows columns"], list[Tensor]]:
        """The horizontal stack over some columns of some rows.

        Args:
            left: The canvas columns to the left of those columns.
            past: Of the columns before; None for the first.
            scene: `Conditioning.horizontal`, of those columns.
            context: What `rows` returned for those columns.

        Returns:
            Mixture parameters, and the past of the next columns.
        """
        features, past = self.horizontal(left, past, scene, context)
        return self.head(features[-1]), past
