"""Makes hints exact: at the centre of each, a result has the colour asked for."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

from chromantic.colour.contrast import Levels
from chromantic.colour.resampling import between, places
from chromantic.colour.upsampling import chroma_from_maps
from chromantic.guidance.known import KnownCells
from chromantic.hint import Hint
from chromantic.photo import Photo, lightness_at

_SOFTNESS = 0.75  # cells over which a correction fades out
_LIGHTNESS_REACH = 15.0  # units of L
_FADED = 3.0  # reaches beyond which nothing is corrected


def cells_of_points(hints: Sequence[Hint], size: tuple[int, int], grid: tuple[int, int]) -> KnownCells:
    """What hints say of the cells of a photo: that of each point, and those with their centres inside the radius.

    Args:
        hints: With colours, inside the photo.
        size: Width and height of the photo.
        grid: Rows and columns of cells.
    """
    width, height = size
    total, count = np.zeros((2, *grid), np.float32), np.zeros(grid, np.float32)
    rows, columns = np.mgrid[: grid[0], : grid[1]].astype(np.float32) + 0.5
    for hint in hints:
        inside = np.hypot(rows * height / grid[0] - hint.y, columns * width / grid[1] - hint.x) <= hint.radius
        inside[int(hint.y * grid[0] / height), int(hint.x * grid[1] / width)] = True
        total[:, inside] += np.array(hint.chroma, np.float32)[:, None]
        count[inside] += 1
    return KnownCells.sure(total / np.maximum(count, 1), count > 0)


class Points:
    """Corrects one sample's enlarged colours around the hints of a photo."""

    def __init__(
        self,
        hints: Sequence[Hint],
        photo: Photo,
        maps: Float32[np.ndarray, "8 height width"],
        levels: Levels,
        cell: float,
    ) -> None:
        """Finds how much is missing at each hint.

        Args:
            hints: With colours, inside the photo.
            photo: What is colorized.
            maps: `chroma_maps` of the sample.
            levels: Between which the photo's lightness is read.
            cell: Pixels of the photo along a cell.
        """
        unique = {(int(hint.x), int(hint.y)): hint for hint in hints}  # of several at one pixel the last counts
        self._x, self._y = np.array(list(unique), np.intp).reshape(-1, 2).T
        self._radius = np.array([hint.radius for hint in unique.values()], np.float32)
        wanted = np.array([hint.chroma for hint in unique.values()], np.float32).T
        self._lightness = levels.stretch(lightness_at(photo, self._x, self._y))
        width, height = photo.size
        wide = between(maps, places(maps.shape[-1], width)[self._x], axis=-1)
        at_points = between(wide, places(maps.shape[-2], height)[self._y], axis=-2).diagonal(axis1=-2, axis2=-1)
        missing = wanted - chroma_from_maps(at_points[:, None], self._lightness[None])[:, 0]

        apart = np.hypot(self._x[:, None] - self._x, self._y[:, None] - self._y).astype(np.float32)
        np.fill_diagonal(apart, np.inf)
        nearest = apart.min(axis=1, initial=np.inf) / 2
        self._radius = np.minimum(self._radius, nearest / 2)
        self._softness = np.minimum(np.float32(_SOFTNESS * cell), nearest / 2)
        np.fill_diagonal(apart, 0)
        weights = self._weights(apart, self._lightness[:, None], self._radius, self._softness, self._lightness)
        self._amount = np.linalg.solve(weights.astype(np.float64), missing.T.astype(np.float64)).astype(np.float32)

    def correct(
        self,
        chroma: Float32[np.ndarray, "2 rows width"],
        lightness: Float32[np.ndarray, "rows width"],
        rows: slice,
    ) -> None:
        """Corrects some rows of the photo in place."""
        reach = self._radius + _FADED * self._softness
        for hint in np.flatnonzero((self._y + reach >= rows.start) & (self._y - reach < rows.stop)):
            left, right = (int(self._x[hint] + side * (reach[hint] + 1)) for side in (-1, 1))
            columns = slice(max(left, 0), right + 1)
            across = np.arange(lightness.shape[1], dtype=np.float32)[columns] - self._x[hint]
            down = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] - self._y[hint]
            distance = np.hypot(down, across)
            weight = self._weights(
                distance, lightness[:, columns], self._radius[hint], self._softness[hint], self._lightness[hint]
            )
            chroma[:, :, columns] += self._amount[hint][:, None, None] * weight

    @staticmethod
    def _weights(
        distance: np.ndarray, lightness: np.ndarray, radius: np.ndarray, softness: np.ndarray, own: np.ndarray
    ) -> np.ndarray:
        """How much places are corrected: all inside the radius, less the farther beyond it or the less alike."""
        beyond = (distance - radius).clip(0) / softness
        weights: np.ndarray = np.exp(-0.5 * (beyond**2 + ((lightness - own) / _LIGHTNESS_REACH) ** 2))
        return np.where(beyond < _FADED, weights, 0)
