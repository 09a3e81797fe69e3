"""Saturation and warmth of finished colours."""

import numpy as np
from jaxtyping import Float32

_WARM = (4.0, 20.0)
"""a and b in CIE units that full warmth adds: from daylight towards lamplight."""


def adjust(
    chroma: Float32[np.ndarray, "2 *places"], saturation: float, warmth: float
) -> Float32[np.ndarray, "2 *places"]:
    """Chroma times the saturation, moved towards yellow, or towards blue where warmth is below 0.

    Args:
        chroma: a and b in CIE units.
        saturation: At least 0; 1 changes nothing.
        warmth: From -1 to 1; 0 changes nothing.
    """
    if saturation == 1 and warmth == 0:
        return chroma
    shift = np.array(_WARM, np.float32).reshape(2, *[1] * (chroma.ndim - 1)) * np.float32(warmth)
    adjusted: np.ndarray = chroma * np.float32(saturation) + shift
    return adjusted
