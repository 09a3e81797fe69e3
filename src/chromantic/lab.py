"""CIE Lab: the only home of colour ranges and constants.

Lightness L is in [0, 100]. Chroma (a, b) lies on a 1-unit grid of 256 levels, [-128, 127], which holds every sRGB
colour (a in [-87, 99], b in [-108, 95]). sRGB values are in [0, 1], D65 white.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

LIGHTNESS_MAX = 100.0
CHROMA_MIN = -128
CHROMA_MAX = 127
CHROMA_LEVELS = CHROMA_MAX - CHROMA_MIN + 1
_CHROMA_CENTRE = (CHROMA_MIN + CHROMA_MAX) / 2
_CHROMA_SCALE = (CHROMA_MAX - CHROMA_MIN) / 2
_GAMUT_TOLERANCE = 1e-3  # a quarter of one level of 256: rounding to 8 bits takes it back
_BISECTIONS = 12

NEAR_GREY_CHROMA = 4.0
"""A photo whose mean chroma magnitude (sqrt(a^2 + b^2)) is below this teaches and measures no colour."""


def rgb_to_lab(rgb: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 height width"]:
    """From sRGB in [0, 1] to CIE Lab (L in [0, 100], a and b in CIE units)."""
    from kornia.color import rgb_to_lab as convert  # here, because training from a packed cache needs no kornia

    return convert(rgb)


def lab_to_rgb(lab: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 height width"]:
    """From CIE Lab to sRGB, not clipped: values outside [0, 1] are colours outside the sRGB gamut."""
    from kornia.color import lab_to_rgb as convert

    return convert(lab, clip=False)


def rgb_to_lightness(rgb: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 1 height width"]:
    """CIE lightness L in [0, 100] of sRGB in [0, 1]."""
    return rgb_to_lab(rgb)[:, :1]


def lightness_to_grey(lightness: Float[Tensor, "batch 1 height width"]) -> Float[Tensor, "batch 1 height width"]:
    """The sRGB grey in [0, 1] that has this CIE lightness."""
    neutral = torch.zeros_like(lightness).expand(-1, 2, -1, -1)
    return lab_to_rgb(torch.cat([lightness, neutral], dim=1))[:, 1:2].clamp(0, 1)


def fit_chroma_to_gamut(
    lightness: Float[Tensor, "batch 1 height width"], chroma: Float[Tensor, "batch 2 height width"]
) -> Float[Tensor, "batch 2 height width"]:
    """Scales chroma down, pixel by pixel, until its colour lies in sRGB; lightness and hue stay.

    The scale is found by bisection, for the pixels outside alone, to 1/4096 of their chroma.

    Args:
        lightness: L in [0, 100].
        chroma: a and b in CIE units.

    Returns:
        Chroma in CIE units: unchanged where the colour is in sRGB, shorter where it is not.
    """
    outside = ~_in_gamut(lightness, chroma)
    if not outside.any():
        return chroma
    lightness = lightness.movedim(1, -1)[outside].T[None, :, None]  # 1 1 1 n
    direction = chroma.movedim(1, -1)[outside].T[None, :, None]  # 1 2 1 n
    inner = torch.zeros_like(lightness)
    step = torch.ones_like(lightness)
    for _ in range(_BISECTIONS):
        step = step / 2
        inner = torch.where(_in_gamut(lightness, (inner + step) * direction)[:, None], inner + step, inner)
    fitted = chroma.movedim(1, -1).clone()
    fitted[outside] = (inner * direction)[0, :, 0].T
    return fitted.movedim(-1, 1)


def _in_gamut(
    lightness: Float[Tensor, "batch 1 height width"], chroma: Float[Tensor, "batch 2 height width"]
) -> Bool[Tensor, "batch height width"]:
    rgb = lab_to_rgb(torch.cat([lightness, chroma], dim=1))
    return ((rgb >= -_GAMUT_TOLERANCE) & (rgb <= 1 + _GAMUT_TOLERANCE)).all(dim=1)


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
