"""Carries known colours to where nothing is known: kriging along what the network sees.

Colours that are known differ from those that the network expects. Cells that look alike to the network, lie near each
other and are about as light have about the same difference. So have, a little, all cells of a photo (a cast), and those
of about the same expected colour (duller or more vivid than expected), the more of the photo is known. That is a
Gaussian process; its mean, given the known differences, corrects the rest. It needs no second pass of the network and
works for expected and drawn colours alike. It is worth more than telling the network (docs/experiments/hints.md).
"""

import numpy as np
from jaxtyping import Float32

from chromantic.grid import CELL, SHORTER_SIDE
from chromantic.guidance.known import KnownCells
from chromantic.guidance.likeness import cell_features, likeness
from chromantic.understanding import Understanding

_EMBEDDING_REACH = 0.7
_CLASS_REACH = 0.6  # of the roots of the classes' probabilities
_PLACE_REACH = 0.4  # of the photo's shorter side
_LIGHTNESS_REACH = 20.0  # units of L
_NOISE = 0.12  # variance of a known colour that the cells like it do not share; that of like cells is 1
_CAST = 0.2  # variance that all cells share
_VIVIDNESS = 0.07  # CIE units to one: standard deviation that cells share by their expected chroma
_SURPRISE = 25.0  # CIE units from the expected colour at which a lone known one counts half for what all cells share
_DOUBT = 4.0  # known places, far from each other, that are needed to believe half in the two of them
_MOST_KNOWN = 1024  # cells; of more, some are taken


class Carrier:
    """Carries the colours of known cells of one photo to all its cells.

    Attributes:
        share: How much of each cell's colour is known: from 0, nothing, to 1.
    """

    def __init__(self, understanding: Understanding, cells: KnownCells) -> None:
        """Takes what the network understands of the photo, and what is known."""
        self._grid = cells.known.shape
        known = np.flatnonzero(cells.known)
        if len(known) > _MOST_KNOWN:
            known = np.random.default_rng(0).permutation(known)[:_MOST_KNOWN]
        self._known = known
        self._chroma = cells.chroma.reshape(2, -1)[:, known]

        features = _features(understanding)
        alike = likeness(features, features[known])
        shared = self._shared(understanding, places=float((1 / alike[known].sum(axis=0)).sum()))
        near = alike + shared @ shared[known].T
        among = near[known].astype(np.float64) + np.diag(_NOISE + cells.variance.ravel()[known])
        self._weights = np.linalg.solve(among, near.T.astype(np.float64)).T.astype(np.float32)
        explained = (near * self._weights).sum(axis=1) / (1 + np.square(shared).sum(axis=1))
        self.share: Float32[np.ndarray, "h w"] = explained.clip(0, 1).reshape(self._grid)

    def _shared(self, understanding: Understanding, places: float) -> Float32[np.ndarray, "cells 3"]:
        """What differences have in common all over the photo: a cast, and how vivid its colours are.

        Little is believed of few places. A surprising colour counts less: a green horse says nothing of the grass.
        """
        expected = understanding.expected_chroma.reshape(2, -1)[:, self._known]
        surprise = np.linalg.norm(self._chroma - expected, axis=0)
        mean = understanding.mean_chroma.reshape(2, -1)
        shared = np.concatenate([np.full_like(mean[:1], _CAST**0.5), _VIVIDNESS * mean]).T
        shared *= (places / (places + _DOUBT)) ** 0.5
        believable = _SURPRISE * (1 + (places / _DOUBT) ** 2)
        shared[self._known] /= 1 + (surprise[:, None] / believable) ** 2
        return shared

    def carry(self, chroma: Float32[np.ndarray, "samples 2 h w"]) -> Float32[np.ndarray, "samples 2 h w"]:
        """Corrects colours of all cells, in CIE units, by what is known."""
        flat = chroma.reshape(*chroma.shape[:2], -1)
        missing = self._chroma - flat[..., self._known]
        carried: np.ndarray = (flat + missing @ self._weights.T).reshape(chroma.shape)
        return carried


def _features(understanding: Understanding) -> Float32[np.ndarray, "cells features"]:
    """What makes cells alike, row by row: distances between cells are in units of their reach."""
    lightness, classes = understanding.cell_lightness, understanding.class_probabilities
    rows, columns = np.mgrid[: lightness.shape[0], : lightness.shape[1]].astype(np.float32) / (SHORTER_SIDE // CELL)
    planes = [
        understanding.direction / _EMBEDDING_REACH,
        np.stack([rows, columns]) / _PLACE_REACH,
        lightness[None] / _LIGHTNESS_REACH,
    ]
    if classes is not None:
        planes.append(np.sqrt(classes) / _CLASS_REACH)
    return cell_features(*planes)
