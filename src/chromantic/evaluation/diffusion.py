"""Colour from hints by lightness alone: the classic that hints are measured against.

Levin, Lischinski and Weiss (2004): the chroma of a pixel is the mean of its neighbours', weighed by how alike their
lightness is; hints are held fixed. The least squares of that are a sparse linear system.
"""

import numpy as np
from jaxtyping import Bool, Float32
from scipy.sparse import coo_matrix, diags_array
from scipy.sparse.linalg import splu

_NEIGHBOURS = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if (down, right) != (0, 0)]
_LEAST_VARIANCE = 0.2  # squared units of L: in plain places all neighbours count the same
_SHARPNESS = 0.6  # of the variance around a pixel, which is what its neighbours' difference is measured by


def diffuse(
    lightness: Float32[np.ndarray, "height width"],
    chroma: Float32[np.ndarray, "2 height width"],
    known: Bool[np.ndarray, "height width"],
) -> Float32[np.ndarray, "2 height width"]:
    """The chroma of all pixels, from that of some; zeros where none is known.

    Args:
        lightness: L in [0, 100].
        chroma: a and b in CIE units; what stands where nothing is known does not matter.
        known: Where it is known.
    """
    if not known.any():
        return np.zeros_like(chroma)
    size = lightness.size
    free = ~known.ravel()
    weights = diags_array(free.astype(np.float64)) @ _neighbours(lightness)
    system = splu((diags_array(np.ones(size)) - weights).tocsc())
    fixed = np.where(known, chroma, 0).reshape(2, -1).T.astype(np.float64)
    diffused: np.ndarray = system.solve(fixed).T.reshape(chroma.shape).astype(np.float32)
    return diffused


def _neighbours(lightness: Float32[np.ndarray, "height width"]) -> coo_matrix:
    """How much each pixel's neighbours count for it: rows that sum to one."""
    height, width = lightness.shape
    padded = np.pad(lightness.astype(np.float64), 1, mode="edge")
    index = np.pad(np.arange(lightness.size).reshape(height, width), 1, constant_values=-1)

    def moved(plane: np.ndarray, down: int, right: int) -> np.ndarray:
        part: np.ndarray = plane[1 + down : 1 + down + height, 1 + right : 1 + right + width]
        return part

    around = np.stack([moved(padded, *step) for step in [(0, 0), *_NEIGHBOURS]])
    variance = np.maximum(_SHARPNESS * around.var(axis=0), _LEAST_VARIANCE)
    places = np.stack([moved(index, *step) for step in _NEIGHBOURS])
    weights = np.exp(-((around[1:] - lightness) ** 2) / variance) + 1e-9
    weights = np.where(places >= 0, weights, 0)
    weights /= weights.sum(axis=0)
    inside = places >= 0
    rows = np.broadcast_to(np.arange(lightness.size).reshape(height, width), places.shape)
    return coo_matrix((weights[inside], (rows[inside], places[inside])), shape=(lightness.size,) * 2)
