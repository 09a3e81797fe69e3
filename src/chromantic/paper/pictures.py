"""Figures: pictures in rows, one a photo, and columns, one a method."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from chromantic.colour.upsampling import upsample_chroma
from chromantic.data.example import Example
from chromantic.data.shrink import shrink
from chromantic.photo import join_chroma

PLANE_SPAN = 60.0
"""Chroma that is shown as fully red or green, yellow or blue, in CIE units."""

_CELL_INCHES, _GAP_INCHES = 1.15, 0.06


def picture(
    lightness: Float[Tensor, "batch 1 height width"], chroma: Float[Tensor, "batch 2 h w"]
) -> Float[Tensor, "batch height width 3"]:
    """Photos in colour, sRGB in [0, 1], as a user would get them."""
    pairs = zip(lightness[:, 0].numpy(), chroma.numpy(), strict=True)
    pixels = [torch.from_numpy(join_chroma(light, upsample_chroma(small, light))) for light, small in pairs]
    return torch.stack(pixels) / 255


def spread(examples: Sequence[Example], count: int) -> list[Example]:
    """Some photos from all over the list, none of them near-grey: as many as are asked for, if there are.

    Raises:
        ChromanticError: A photo is missing or unreadable.
    """
    candidates = _evenly(examples, 2 * count)
    return _evenly([example for example in candidates if shrink(example, squash=True).colourful], count)


def _evenly(examples: Sequence[Example], count: int) -> list[Example]:
    count = min(count, len(examples))
    return [examples[number * len(examples) // count] for number in range(count)]


def plane_picture(chroma: Float[Tensor, "batch 2 h w"], plane: int) -> Float[Tensor, "batch h w 3"]:
    """One chroma plane at a middle lightness: green to red (a, 0) or blue to yellow (b, 1)."""
    alone = torch.zeros_like(chroma)
    alone[:, plane] = chroma[:, plane].clamp(-PLANE_SPAN, PLANE_SPAN)
    middle = np.full(chroma.shape[2:], 60, np.float32)
    return torch.stack([torch.from_numpy(join_chroma(middle, planes)) for planes in alone.numpy()]) / 255


def write_grid(columns: Mapping[str, Sequence[Sequence[np.ndarray] | Tensor]], path: Path) -> None:
    """Writes a PNG with one row a photo.

    Args:
        columns: By title, what stands side by side under it: pictures [height width 3] of all photos, in sRGB, levels
            or in [0, 1].
        path: The file.
    """
    widths = [len(pictures) for pictures in columns.values()]
    first = next(iter(columns.values()))[0]
    photos, heights = len(first), [len(each) / len(each[0]) for each in first]
    size = _CELL_INCHES * sum(widths), _CELL_INCHES * sum(heights) + _GAP_INCHES * (photos + 2)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(photos, sum(widths), squeeze=False, height_ratios=heights)
    column = 0
    for title, pictures in columns.items():
        axes[0, column].set_title(title.replace(", ", "\n"), fontsize=6, loc="left")
        for each in pictures:
            for row in range(photos):
                axes[row, column].imshow(np.asarray(each[row]), interpolation="nearest")
                axes[row, column].axis("off")
            column += 1
    figure.savefig(path, dpi=130)
