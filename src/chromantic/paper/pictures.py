"""Sheets of pictures: rows, one a photo, and columns, one a method."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from chromantic.colour.upsampling import upsample_chroma
from chromantic.data.example import Example
from chromantic.data.shrink import shrink
from chromantic.files import write_whole
from chromantic.grid import CELL
from chromantic.photo import join_chroma
from chromantic.picture_grid import Cell, picture_grid

PLANE_SPAN = 60.0
"""Chroma that is shown as fully red or green, yellow or blue, in CIE units."""
_SIDE = 160  # pixels, the longest of a picture on a sheet
_MIDDLE_LIGHTNESS = 60.0

Pictures = list[UInt8[np.ndarray, "height width 3"]]
"""In sRGB: of several photos, or several of one."""


def colour_pictures(
    lightness: Float[Tensor, "photos 1 height width"], chroma: Float[Tensor, "photos 2 h w"]
) -> Pictures:
    """Photos in colour, as a user would get them; L in [0, 100], a and b in CIE units."""
    pairs = zip(lightness[:, 0].numpy(), chroma.numpy(), strict=True)
    return [join_chroma(light, upsample_chroma(small, light)) for light, small in pairs]


def plane_pictures(chroma: Float[Tensor, "photos 2 h w"], plane: int) -> Pictures:
    """One chroma plane at a middle lightness, cell by cell: green to red (a, 0) or blue to yellow (b, 1)."""
    alone = np.zeros(chroma.shape, np.float32)
    alone[:, plane] = chroma[:, plane].clamp(-PLANE_SPAN, PLANE_SPAN)
    middle = np.full(chroma.shape[2:], _MIDDLE_LIGHTNESS, np.float32)
    return [join_chroma(middle, planes).repeat(CELL, axis=0).repeat(CELL, axis=1) for planes in alone]


def spread(examples: Sequence[Example], count: int) -> list[Example]:
    """Some photos from all over the list, none of them near-grey; fewer where there are not so many.

    Raises:
        ChromanticError: A photo is missing or unreadable.
    """
    candidates = _evenly(examples, 2 * count)
    return _evenly([example for example in candidates if shrink(example, squash=True).colourful], count)


def _evenly(examples: Sequence[Example], count: int) -> list[Example]:
    count = min(count, len(examples))
    return [examples[number * len(examples) // count] for number in range(count)]


def write_sheet(columns: Mapping[str, Sequence[Pictures]], path: Path) -> None:
    """Writes a PNG with one row a photo, whole or not at all.

    Args:
        columns: By title, what stands side by side under it: pictures of all photos.
        path: The file.

    Raises:
        ChromanticError: It cannot be written.
    """
    titles = [title if place == 0 else "" for title, group in columns.items() for place in range(len(group))]
    pictures = [of_photos for group in columns.values() for of_photos in group]
    side = min(_SIDE, max(max(picture.shape[:2]) for of_photos in pictures for picture in of_photos))
    rows = [[Cell(Image.fromarray(picture)) for picture in row] for row in zip(*pictures, strict=True)]
    with write_whole(path) as partial:
        picture_grid(titles, rows, side).save(partial)
