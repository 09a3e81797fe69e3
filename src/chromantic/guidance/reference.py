"""Colours by example: what a photo can learn from another one, by what the network sees in both."""

import numpy as np
from jaxtyping import Float32

from chromantic.guidance.known import KnownCells
from chromantic.guidance.likeness import cell_features, likeness
from chromantic.understanding import Understanding

_EMBEDDING_REACH = 0.15
_LEAST_LIKENESS = 0.2  # from 0 to 1, of what counts as alike
_LIGHTNESS_REACH = 15.0  # units of L
_CHROMA_REACH = 20.0  # CIE units that colours of like cells differ by in a photo
_NEVER_NOTHING = np.float32(1e-9)  # so that weights sum to one
_ROWS = 1024  # cells that are compared at once


def match(photo: Understanding, reference: Understanding, chroma: Float32[np.ndarray, "2 rows columns"]) -> KnownCells:
    """What a reference says of each cell of a photo: the mean colour of the cells that are like it.

    It is worth the less, the less they are like it and the more their colours differ among themselves. Of cells that
    nothing is like it says nothing.

    Args:
        photo: What the network understands of it.
        reference: The same of the reference.
        chroma: a and b of the reference's cells, in CIE units.
    """
    cells, others = _features(photo), _features(reference)
    colours = chroma.reshape(2, -1).T
    learnt = np.empty((len(cells), 2), np.float32)
    likest, variance = np.empty(len(cells), np.float32), np.empty(len(cells), np.float32)
    for top in range(0, len(cells), _ROWS):
        part = slice(top, top + _ROWS)
        alike = likeness(cells[part], others) + _NEVER_NOTHING
        weights = alike / alike.sum(axis=1, keepdims=True)
        learnt[part] = weights @ colours
        scatter = (weights @ colours**2 - learnt[part] ** 2).clip(0).sum(axis=1) / _CHROMA_REACH**2
        likest[part] = alike.max(axis=1)
        variance[part] = 1 / likest[part] - 1 + scatter
    grid = photo.lightness.shape
    known = (likest >= _LEAST_LIKENESS).reshape(grid)
    return KnownCells(learnt.T.reshape(2, *grid), known, variance.reshape(grid))


def _features(understanding: Understanding) -> Float32[np.ndarray, "cells features"]:
    return cell_features(
        understanding.direction / _EMBEDDING_REACH, understanding.cell_lightness[None] / _LIGHTNESS_REACH
    )
