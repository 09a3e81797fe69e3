"""CIE Lab: the only home of colour ranges and constants.

Lightness L is in [0, 100]. Chroma (a, b) lies on a 1-unit grid of 256 levels, [-128, 127], which holds every sRGB
colour (a in [-87, 99], b in [-108, 95]). sRGB values are in [0, 1], D65 white.
"""

import torch
from jaxtyping import Float
from torch import Tensor

LIGHTNESS_MAX = 100.0
CHROMA_MIN = -128
CHROMA_MAX = 127
CHROMA_LEVELS = CHROMA_MAX - CHROMA_MIN + 1
_CHROMA_CENTRE = (CHROMA_MIN + CHROMA_MAX) / 2
_CHROMA_SCALE = (CHROMA_MAX - CHROMA_MIN) / 2

NEAR_GREY_CHROMA = 4.0
"""A photo whose mean chroma magnitude (sqrt(a^2 + b^2)) is below this teaches and measures no colour."""


def rgb_to_lab(rgb: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 height width"]:
    """sRGB in [0, 1] to CIE Lab (L in [0, 100], a and b in CIE units)."""
    from kornia.color import rgb_to_lab as convert  # here, because training from a packed cache needs no kornia

    return convert(rgb)


def lab_to_rgb(lab: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 height width"]:
    """CIE Lab to sRGB, not clipped: values outside [0, 1] are colours outside the sRGB gamut."""
    from kornia.color import lab_to_rgb as convert

    return convert(lab, clip=False)


def normalize_lightness(lightness: Tensor) -> Tensor:
    """L in [0, 100] to [-1, 1], what networks read."""
    return lightness / (LIGHTNESS_MAX / 2) - 1


def normalize_chroma(chroma: Tensor) -> Tensor:
    """Chroma in [-128, 127] to [-1, 1], what networks read and mixtures are written in."""
    return (chroma - _CHROMA_CENTRE) / _CHROMA_SCALE


def denormalize_chroma(normalized: Tensor) -> Tensor:
    """The inverse of `normalize_chroma`."""
    return normalized * _CHROMA_SCALE + _CHROMA_CENTRE


def quantize_chroma(chroma: Tensor) -> Tensor:
    """Chroma in CIE units, rounded to the 1-unit grid and clamped to its ends."""
    return chroma.round().clamp(CHROMA_MIN, CHROMA_MAX)
