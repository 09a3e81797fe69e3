"""Enlarges what the network gives to the photo's own size.

Chroma follows the edges of the lightness: a fast guided filter (He, Sun and Tang 2010; He and Sun 2015) on a grid
four times finer than the chroma's. A correction keeps the mean over each pixel of the chroma given. Of the ways that
`benchmarks/upsampling.py` compares on real photos, this one errs least.
"""

from collections.abc import Callable, Iterator
from functools import reduce

import numpy as np
from jaxtyping import Float32

from chromantic.colour.resampling import (
    between,
    blend_rows,
    enlarge_cubically,
    enlarge_linearly,
    places,
    row_strips,
    shrink_columns,
)

_REFINEMENT = 4  # grid of the local models, per pixel of the chroma given
_WINDOW = 7  # pixels of that grid
_LIGHTNESS_VARIANCE = 10.0  # below it, in squared units of L, an edge is none
_CORRECTIONS = 2


def upsample_chroma(
    chroma: Float32[np.ndarray, "*batch 2 h w"], lightness: Float32[np.ndarray, "height width"]
) -> Float32[np.ndarray, "*batch 2 height width"]:
    """Enlarges chroma to the size of a photo, its edges at the edges of the lightness.

    No colour leaves the range of those around it, so edges get no halo.

    Args:
        chroma: a and b in CIE units, one or several samples for the same photo.
        lightness: L in [0, 100] of the photo.
    """
    rows, columns = (_REFINEMENT * side for side in chroma.shape[-2:])
    guide = shrink_columns(blend_rows([(slice(0, len(lightness)), lightness)], len(lightness), rows), columns)
    maps = chroma_maps(chroma, guide)
    enlarged = np.empty((*chroma.shape[:-2], *lightness.shape), np.float32)
    for strip, strip_maps in enlarged_strips(maps, lightness.shape):
        enlarged[..., strip, :] = chroma_from_maps(strip_maps, lightness[strip])
    return enlarged


def chroma_maps(
    chroma: Float32[np.ndarray, "*batch 2 h w"], guide: Float32[np.ndarray, "height width"]
) -> Float32[np.ndarray, "*batch 8 height width"]:
    """How chroma depends on lightness, place by place: to be enlarged, and read by `chroma_from_maps`.

    Args:
        chroma: a and b in CIE units.
        guide: L in [0, 100], on a grid four times as fine as the chroma's: what the network reads.

    Returns:
        Slope and offset of a and b, and the lowest and the highest of the values around.
    """
    slope, offset = _local_linear_models(guide, enlarge_cubically(chroma, _REFINEMENT))
    for _ in range(_CORRECTIONS):
        offset += enlarge_cubically(chroma - _cell_mean(slope * guide + offset), _REFINEMENT)
    limits = np.concatenate([_slide(np.minimum, chroma, 1), _slide(np.maximum, chroma, 1)], axis=-3)
    return np.concatenate([slope, offset, enlarge_linearly(limits, guide.shape)], axis=-3)


def chroma_from_maps(
    maps: Float32[np.ndarray, "*batch 8 height width"], lightness: Float32[np.ndarray, "height width"]
) -> Float32[np.ndarray, "*batch 2 height width"]:
    """The chroma that maps give for a lightness, of the same size."""
    slope, offset, lowest, highest = np.split(maps, 4, axis=-3)
    chroma: np.ndarray = np.clip(slope * lightness + offset, lowest, highest)
    return chroma


def enlarged_strips(
    maps: Float32[np.ndarray, "*batch h w"], size: tuple[int, int]
) -> Iterator[tuple[slice, Float32[np.ndarray, "*batch rows width"]]]:
    """Enlarges maps bilinearly to height and width, a strip of rows at a time: large photos need little memory."""
    height, width = size
    wide = between(maps, places(maps.shape[-1], width), axis=-1)
    position = places(maps.shape[-2], height)
    for rows in row_strips(height, width):
        yield rows, between(wide, position[rows], axis=-2)


def _local_linear_models(
    guide: Float32[np.ndarray, "h w"], chroma: Float32[np.ndarray, "*batch 2 h w"]
) -> tuple[Float32[np.ndarray, "*batch 2 h w"], Float32[np.ndarray, "*batch 2 h w"]]:
    """Slope and offset of chroma as a linear function of lightness around each pixel (a guided filter's)."""
    mean_guide, mean_chroma = _box_mean(guide), _box_mean(chroma)
    covariance = _box_mean(guide * chroma) - mean_guide * mean_chroma
    variance = _box_mean(guide * guide) - mean_guide * mean_guide
    slope = covariance / (variance + _LIGHTNESS_VARIANCE)
    return _box_mean(slope), _box_mean(mean_chroma - slope * mean_guide)


def _box_mean(planes: Float32[np.ndarray, "*batch h w"]) -> Float32[np.ndarray, "*batch h w"]:
    return _slide(np.add, planes, _WINDOW // 2) / _WINDOW**2


def _cell_mean(planes: Float32[np.ndarray, "*batch height width"]) -> Float32[np.ndarray, "*batch h w"]:
    *batch, height, width = planes.shape
    cells = planes.reshape(*batch, height // _REFINEMENT, _REFINEMENT, width // _REFINEMENT, _REFINEMENT)
    means: np.ndarray = cells.mean(axis=(-3, -1))
    return means


def _slide(
    combine: Callable[[np.ndarray, np.ndarray], np.ndarray], planes: Float32[np.ndarray, "*batch h w"], reach: int
) -> Float32[np.ndarray, "*batch h w"]:
    """Combines each pixel with those of the square around it; beyond the border its pixels go on."""
    height, width = planes.shape[-2:]
    shifts = range(2 * reach + 1)
    padded = np.pad(planes, [(0, 0)] * (planes.ndim - 2) + [(reach, reach)] * 2, mode="edge")
    rows = reduce(combine, (padded[..., shift : shift + height, :] for shift in shifts))
    return reduce(combine, (rows[..., shift : shift + width] for shift in shifts))
