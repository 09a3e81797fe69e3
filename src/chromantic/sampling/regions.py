"""The things of a photo, for draws that colour each as a whole."""

import numpy as np
from jaxtyping import Float

from chromantic.distances import squared_distances
from chromantic.sampling.noise import random
from chromantic.understanding import Understanding

REGIONS = 6
"""Of a photo, at most."""
_CHROMA_UNIT = 30.0  # CIE units that count as much as the length of an embedding
_SOFTNESS = 0.15  # squared distance at which a cell belongs e times less to a region
_APART = 0.1  # squared distance between two regions' centres, at least
_ITERATIONS = 15


def find_regions(seen: Understanding) -> Float[np.ndarray, "regions height width"]:
    """How much each cell of a photo belongs to each region: shares that sum to one.

    Cells belong together where the network sees the same in them: k-means over the embedding's direction, the colours
    expected and the classes' probabilities, each smoothed over its neighbours. Always the same for the same photo.
    """
    features = [seen.direction, seen.mean_chroma / _CHROMA_UNIT]
    if seen.class_probabilities is not None:
        features.append(seen.class_probabilities)
    cells = _smooth(np.concatenate(features)).reshape(-1, seen.lightness.size).T
    squared = squared_distances(cells, _k_means(cells))
    shares = np.exp((squared.min(axis=1, keepdims=True) - squared) / _SOFTNESS)
    shares /= shares.sum(axis=1, keepdims=True)
    regions: np.ndarray = shares.T.reshape(-1, *seen.lightness.shape)
    return regions


def _smooth(planes: Float[np.ndarray, "planes height width"]) -> Float[np.ndarray, "planes height width"]:
    """Means over 3x3 cells; those at the border count for those that are missing."""
    padded = np.pad(planes, ((0, 0), (1, 1), (1, 1)), mode="edge")
    rows = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    smooth: np.ndarray = (rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]) / 9
    return smooth


def _k_means(cells: Float[np.ndarray, "cells features"]) -> Float[np.ndarray, "regions features"]:
    """Centres of up to `REGIONS` regions, fewer where fewer things differ.

    They begin at random cells. At outliers, as is often done, small odd spots would become things of their own.
    """
    centres = cells[random(0).random(len(cells)).argsort()[:REGIONS]]
    before = np.full(len(cells), -1)
    for _ in range(_ITERATIONS):
        nearest = squared_distances(cells, centres).argmin(axis=1)
        if np.array_equal(before, nearest):
            break
        before = nearest
        inside = (nearest == np.arange(len(centres))[:, None]).astype(cells.dtype)
        counts = inside.sum(axis=1, keepdims=True)
        centres = np.where(counts > 0, inside @ cells / np.maximum(counts, 1), centres)
    close = np.tril(squared_distances(centres, centres) < _APART, k=-1)
    apart: np.ndarray = centres[~close.any(axis=1)]
    return apart
