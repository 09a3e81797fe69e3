"""Pictures of a photo's size that say something of its colours: strokes, and masks of what is kept."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from chromantic.colour.lab import LIGHTNESS_MAX
from chromantic.colour.resampling import row_strips, shrink_planes
from chromantic.errors import ChromanticError
from chromantic.guidance.known import KnownCells
from chromantic.hint import Hint
from chromantic.photo import Photo, chroma_of, lightness_of, opacity_of

_COLOURED = 4.0, 8.0  # CIE units of chroma: below the first a pixel is grey, above the second coloured
_STROKE_SHARE = 0.02  # of a cell that a stroke covers, at least, to count there
_KEPT_SHARE = 0.5

Said = tuple[Float32[np.ndarray, "rows width"], Float32[np.ndarray, "2 rows width"]]
"""How much each pixel of some rows counts, from 0 to 1, and its chroma in CIE units."""


@dataclass(frozen=True, eq=False)
class Strokes:
    """Coloured strokes: a picture that is transparent, or grey, where nothing is said."""

    picture: Photo

    def __call__(self, rows: slice) -> Said:
        chroma = chroma_of(self.picture, rows)
        if self.picture.alpha is None:
            return _colouredness(chroma), chroma
        return opacity_of(self.picture, rows, np.dtype(np.float32)), chroma


@dataclass(frozen=True, eq=False)
class Kept:
    """What stays as the photo has it.

    Attributes:
        photo: With its own colours.
        mask: White, or opaque, where they stay.
        coloured: Whether they stay where there are any.
        discs: Where they stay, too.
    """

    photo: Photo
    mask: Photo | None
    coloured: bool
    discs: Sequence[Hint]

    def __call__(self, rows: slice) -> Said:
        chroma = chroma_of(self.photo, rows)
        share = np.zeros_like(chroma[0])
        if self.coloured:
            share = _colouredness(chroma)
        if self.mask is not None:
            share = np.maximum(share, _mask_share(self.mask, rows))
        for disc in self.discs:
            share = np.maximum(share, _inside(disc, rows, share.shape[1]))
        return share, chroma


def strokes_on(picture: Photo, photo: Photo) -> Strokes:
    """Strokes for a photo.

    Raises:
        ChromanticError: They have another size than the photo, or there are none.
    """
    _check_size(picture, photo, "strokes")
    strokes = Strokes(picture)
    width, height = picture.size
    if not any(strokes(rows)[0].max() >= 0.5 for rows in row_strips(height, width)):
        raise ChromanticError(f"{picture.source or 'strokes'}: has no coloured stroke; paint some, or leave it out")
    return strokes


def kept_of(photo: Photo, mask: Photo | None, coloured: bool, discs: Sequence[Hint]) -> Kept | None:
    """What stays of a photo; None where nothing does.

    Raises:
        ChromanticError: The mask has another size than the photo.
    """
    if mask is None and not coloured and not discs:
        return None
    if mask is not None:
        _check_size(mask, photo, "mask")
    return Kept(photo, mask, coloured, discs)


def cells_of(layer: Strokes | Kept, size: tuple[int, int], grid: tuple[int, int]) -> KnownCells:
    """What a layer says of the cells of a photo.

    Args:
        layer: Of the photo's size.
        size: Width and height of the photo.
        grid: Rows and columns of cells.
    """
    width, height = size

    def weighed(rows: slice) -> Float32[np.ndarray, "3 rows width"]:
        share, chroma = layer(rows)
        return np.stack([share, *(share * chroma)])

    strips = ((rows, weighed(rows)) for rows in row_strips(height, width))
    share, a, b = shrink_planes(strips, height, grid)
    least = _STROKE_SHARE if isinstance(layer, Strokes) else _KEPT_SHARE
    chroma = np.stack([a, b]) / np.maximum(share, 1e-6)
    return KnownCells.sure(chroma.astype(np.float32), share >= least)


def _check_size(picture: Photo, photo: Photo, what: str) -> None:
    if picture.size != photo.size:
        (width, height), (wanted_width, wanted_height) = picture.size, photo.size
        raise ChromanticError(
            f"{picture.source or what}: is {width} x {height}; "
            f"make it {wanted_width} x {wanted_height}, as {photo.source or 'the photo'}"
        )


def _colouredness(chroma: Float32[np.ndarray, "2 rows width"]) -> Float32[np.ndarray, "rows width"]:
    grey, coloured = _COLOURED
    share: np.ndarray = ((np.hypot(*chroma) - grey) / (coloured - grey)).clip(0, 1)
    return share


def _mask_share(mask: Photo, rows: slice) -> Float32[np.ndarray, "rows width"]:
    if mask.alpha is not None:
        return opacity_of(mask, rows, np.dtype(np.float32))
    return lightness_of(mask, rows) / np.float32(LIGHTNESS_MAX)


def _inside(disc: Hint, rows: slice, width: int) -> Float32[np.ndarray, "rows width"]:
    """1 inside a disc, 0 outside, and in between over a pixel of its edge."""
    down = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] - disc.y
    along = np.arange(width, dtype=np.float32) - disc.x
    share: np.ndarray = (disc.radius + 1 - np.hypot(down, along)).clip(0, 1)
    return share
