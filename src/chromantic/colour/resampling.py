"""Enlarges and shrinks planes, along one axis after the other.

Pixel 0 of n covers [0, 1] of [0, n], and its value is that of its centre. Beyond the border its pixels go on.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from jaxtyping import Float32

_STRIP_PIXELS = 1 << 16
_OVERSHOOT = -0.75  # of the cubic curve at its second zero: its slope there (Keys 1981)


def row_strips(height: int, width: int) -> Iterator[slice]:
    """Bands of rows that fit a cache: steps are quicker, and no step has to copy a whole large photo."""
    rows = max(1, _STRIP_PIXELS // width)
    return (slice(top, min(top + rows, height)) for top in range(0, height, rows))


def blend_rows(
    strips: Iterable[tuple[slice, Float32[np.ndarray, "rows width"]]], height: int, count: int
) -> Float32[np.ndarray, "count width"]:
    """Resizes a picture to another number of rows, bilinearly. Where they get fewer, each is a mean of those it covers.

    Args:
        strips: All rows, in bands, each with its place.
        height: How many rows there are.
        count: How many there shall be.
    """
    scale = height / count
    centres = (np.arange(count, dtype=np.float32) + 0.5) * scale
    total, blended = np.zeros((count, 1), np.float32), None
    for rows, strip in strips:
        distances = np.abs(np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5 - centres[:, None])
        weights = (1 - distances / max(scale, 1)).clip(0)
        total += weights.sum(axis=1, keepdims=True)
        near = weights.any(axis=1)
        blended = np.zeros((count, strip.shape[1]), np.float32) if blended is None else blended
        blended[near] += weights[near] @ strip
    assert blended is not None
    return blended / total


def shrink_columns(planes: Float32[np.ndarray, "height width"], count: int) -> Float32[np.ndarray, "height count"]:
    """Resizes a picture to another number of columns, in the same way."""
    turned = planes.T
    strips = ((columns, turned[columns]) for columns in row_strips(*turned.shape))
    return blend_rows(strips, len(turned), count).T


def shrink_planes(
    strips: Iterable[tuple[slice, Float32[np.ndarray, "planes rows width"]]], height: int, size: tuple[int, int]
) -> Float32[np.ndarray, "planes h w"]:
    """Resizes several planes of a picture, as `blend_rows` and `shrink_columns` do.

    Args:
        strips: All rows, in bands, each with its place.
        height: How many rows there are.
        size: Rows and columns that there shall be.
    """
    count = 0

    def side_by_side() -> Iterator[tuple[slice, Float32[np.ndarray, "rows width"]]]:
        nonlocal count
        for rows, planes in strips:
            count = len(planes)
            yield rows, np.concatenate([*planes], axis=1)

    bands = blend_rows(side_by_side(), height, size[0])
    return np.stack([shrink_columns(band, size[1]) for band in np.split(bands, count, axis=1)])


def enlarge_linearly(
    planes: Float32[np.ndarray, "*batch height width"], size: tuple[int, int]
) -> Float32[np.ndarray, "*batch rows columns"]:
    """Resizes planes bilinearly; what shrinks is not averaged."""
    wide = between(planes, places(planes.shape[-1], size[1]), axis=-1)
    return between(wide, places(planes.shape[-2], size[0]), axis=-2)


def enlarge_cubically(
    planes: Float32[np.ndarray, "*batch height width"], factor: int
) -> Float32[np.ndarray, "*batch rows columns"]:
    """Enlarges planes bicubically by a whole factor."""
    height, width = planes.shape[-2:]
    enlarged: np.ndarray = _cubic_weights(height, factor) @ planes @ _cubic_weights(width, factor).T
    return enlarged


def places(length: int, count: int) -> Float32[np.ndarray, "count"]:
    """Where `count` pixels lie among the `length` ones of the same axis, in [0, length - 1]."""
    return ((np.arange(count, dtype=np.float32) + 0.5) * (length / count) - 0.5).clip(0, length - 1)


def between(
    planes: Float32[np.ndarray, "*shape"], position: Float32[np.ndarray, "count"], axis: int
) -> Float32[np.ndarray, "*resized"]:
    """Planes at positions along an axis, the last or the last but one; linear between pixels."""
    first = position.astype(np.intp)
    second = np.minimum(first + 1, planes.shape[axis] - 1)
    share = (position % 1).reshape(-1, *[1] * (-1 - axis))
    before = np.take(planes, first, axis)
    after: np.ndarray = np.take(planes, second, axis)
    after -= before
    after *= share
    after += before
    return after


def _cubic_weights(length: int, factor: int) -> Float32[np.ndarray, "enlarged length"]:
    position = (np.arange(length * factor) + 0.5) / factor - 0.5
    first = np.floor(position).astype(np.intp) - 1
    weights = np.zeros((len(position), length), np.float32)
    for tap in range(4):
        pixel = (first + tap).clip(0, length - 1)
        np.add.at(weights, (np.arange(len(position)), pixel), _cubic(np.abs(position - first - tap)))
    return weights


def _cubic(distance: np.ndarray) -> np.ndarray:
    """Keys' curve, which is 1 at 0, 0 at 1 and from 2 on."""
    a = _OVERSHOOT
    near = ((a + 2) * distance - (a + 3)) * distance**2 + 1
    far = ((distance - 5) * distance + 8) * distance * a - 4 * a
    weight: np.ndarray = np.where(distance <= 1, near, far)
    return weight
