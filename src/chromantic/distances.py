"""Distances between points."""

import numpy as np
from jaxtyping import Float


def squared_distances(
    points: Float[np.ndarray, "points features"], others: Float[np.ndarray, "others features"]
) -> Float[np.ndarray, "points others"]:
    """Between every point and every other one."""
    lengths = np.square(points).sum(axis=1, keepdims=True) + np.square(others).sum(axis=1)
    distances: np.ndarray = np.maximum(lengths - 2 * points @ others.T, 0)
    return distances
