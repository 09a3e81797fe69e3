"""Photos at training size: their colours, lightness, chroma and labels, cell by cell."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from torch import Tensor
from torch.nn import functional as F

from chromantic.colour import lab
from chromantic.data.example import Example
from chromantic.data.images import read_labels, read_rgb
from chromantic.errors import ChromanticError
from chromantic.grid import CELL, SHORTER_SIDE, grid_of

Pixels = TypeVar("Pixels", Tensor, np.ndarray)


@dataclass(frozen=True)
class SmallPhoto:
    """One photo at training size.

    Attributes:
        rgb: Its colours, sRGB in [0, 1].
        lightness: L in [0, 100].
        chroma: (a, b) on the 1-unit grid, the mean over every cell of `CELL` x `CELL` pixels.
        labels: The class of most of every cell, or void; None for an unlabelled photo.
        colourful: False for a near-grey photo.
    """

    rgb: Float[Tensor, "3 height width"]
    lightness: Float[Tensor, "1 height width"]
    chroma: Float[Tensor, "2 rows columns"]
    labels: UInt8[Tensor, "rows columns"] | None
    colourful: bool


def shrink(example: Example, squash: bool, crop: bool = False) -> SmallPhoto:
    """Reads a photo at training size.

    Args:
        example: The photo.
        squash: Make it square, `SHORTER_SIDE` wide (the paper's protocol, `squash128`) instead of keeping its aspect.
        crop: Take the photo's central square alone.

    Raises:
        ChromanticError: A file is missing or unreadable, or the labels are not of the photo's size.
    """
    whole = read_rgb(example.photo)
    full = central_square(whole) if crop else whole
    rows, columns = (SHORTER_SIDE // CELL,) * 2 if squash else grid_of(*full.shape[1:])
    rgb = F.interpolate(full[None], (rows * CELL, columns * CELL), mode="bilinear", antialias=True)
    lightness, chroma = torch.from_numpy(lab.rgb_to_lab(rgb.numpy())).split([1, 2], dim=1)
    chroma = F.avg_pool2d(chroma, CELL)[0]
    labels = None
    if example.labels is not None:
        full_labels = read_labels(example.labels)
        if full_labels.shape != whole.shape[1:]:
            raise ChromanticError(f"{example.labels}: is not of the size of {example.photo}; restore the file")
        labels = _vote(central_square(full_labels) if crop else full_labels, rows, columns)
    return SmallPhoto(rgb[0], lightness[0], lab.quantize_chroma(chroma), labels, shows_colours(example, chroma.numpy()))


def shows_colours(example: Example, chroma: Float32[np.ndarray, "2 *places"]) -> bool:
    """Whether a photo with this chroma, in CIE units, is no near-grey one: it teaches and measures colours then."""
    return not example.near_grey and bool(np.hypot(*chroma).mean() >= lab.NEAR_GREY_CHROMA)


def central_square(pixels: Pixels) -> Pixels:
    """The largest square in the middle of [... height width]."""
    height, width = pixels.shape[-2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[..., top : top + side, left : left + side]


def _vote(labels: UInt8[np.ndarray, "height width"], rows: int, columns: int) -> UInt8[Tensor, "rows columns"]:
    """The label that covers most of every cell, void counted like a class."""
    present = torch.from_numpy(np.unique(labels))
    layers = (torch.from_numpy(labels) == present[:, None, None]).float()
    return present[F.adaptive_avg_pool2d(layers, (rows, columns)).argmax(0)]
