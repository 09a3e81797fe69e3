"""How much cells are alike, by what the network sees in them."""

import numpy as np
from jaxtyping import Float32

from chromantic.distances import squared_distances


def cell_features(*planes: Float32[np.ndarray, "features h w"]) -> Float32[np.ndarray, "cells features"]:
    """What makes cells alike, row by row.

    Args:
        *planes: Each in units of its reach.
    """
    joined = np.concatenate(planes)
    features: np.ndarray = joined.reshape(len(joined), -1).T.astype(np.float32)
    return features


def likeness(
    cells: Float32[np.ndarray, "cells features"], others: Float32[np.ndarray, "others features"]
) -> Float32[np.ndarray, "cells others"]:
    """From 0, nothing alike, to 1, the same."""
    alike: np.ndarray = np.exp(-0.5 * squared_distances(cells, others))
    return alike
