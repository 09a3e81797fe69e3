"""CIE Lab: the only home of colour ranges and constants.

Lightness L is in [0, 100]. Chroma (a, b) lies on a 1-unit grid of 256 levels, [-128, 127], which holds every sRGB
colour (a in [-87, 99], b in [-108, 95]). sRGB values are in [0, 1], D65 white.
"""

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

LIGHTNESS_MAX = 100.0
CHROMA_MIN = -128
CHROMA_MAX = 127
CHROMA_LEVELS = CHROMA_MAX - CHROMA_MIN + 1
_CHROMA_CENTRE = (CHROMA_MIN + CHROMA_MAX) / 2
_CHROMA_SCALE = (CHROMA_MAX - CHROMA_MIN) / 2
_GAMUT_TOLERANCE = 1e-6  # what single precision is good for; clipping it moves L by less than 1e-4
_BISECTIONS = 12
_LINEAR_BELOW = 0.008856  # luminance, of CIE lightness's curve
_LUMINANCE = (0.212671, 0.715160, 0.072169)  # of linear sRGB's red, green and blue
_ROUNDINGS = (
    ((0.0, 1.0),) * 3,  # red, green and blue, each down or up
    (
        (-2.0, -1.0, 0.0, 1.0, 2.0, 3.0),
        (0.0, 1.0),
        (-2.0, -1.0, 0.0, 1.0, 2.0, 3.0),
    ),  # in dark greens that is too coarse
)
_LEVEL_REACH = 0.499  # a luminance within half a level of a grey is that grey, for a reader with other constants, too

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
    weights = torch.tensor(_LUMINANCE).view(3, 1, 1)
    return _luminance_to_lightness((_to_linear(rgb) * weights).sum(dim=1, keepdim=True))


def levels_to_lightness(levels: UInt8[np.ndarray, "height width channels"]) -> Float[Tensor, "1 1 height width"]:
    """CIE lightness L in [0, 100] of 8-bit sRGB, grey or colour: a photo's 256 levels are looked up, which is quick."""
    linear = np.take(_to_linear(torch.arange(256) / 255).numpy(), levels)
    luminance = linear[..., 0] if levels.shape[2] == 1 else linear @ np.array(_LUMINANCE, np.float32)
    return _luminance_to_lightness(torch.from_numpy(luminance))[None, None]


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


def round_to_levels(
    rgb: Float[Tensor, "batch 3 height width"], lightness: Float[Tensor, "batch 1 height width"]
) -> Float[Tensor, "batch 3 height width"]:
    """SRGB in [0, 1] as whole levels of 256 that keep the lightness's own level.

    Rounded channel by channel, a colour can be as light as the next grey. Here red, green and blue are each rounded up
    or down, or red and blue by a level or two more where that is too coarse, as near to the colour as may be, so that
    the sRGB grey of the result's CIE lightness is, of all 256, the one nearest to the lightness given.

    Args:
        rgb: colours of that lightness, in sRGB.
        lightness: L in [0, 100].

    Returns:
        Whole numbers in [0, 255].
    """
    exact = rgb.movedim(1, 0) * 255
    levels = exact.round()
    grey = (lightness_to_grey(lightness) * 255).round()[:, 0]
    darkest, lightest = (_to_linear((grey + reach).clamp(min=0) / 255) for reach in (-_LEVEL_REACH, _LEVEL_REACH))
    for offsets in _ROUNDINGS:
        luminance = _luminance(levels)
        wrong = (luminance < darkest) | (luminance > lightest)
        if not wrong.any():
            break
        target, low, high = exact[:, wrong], darkest[wrong], lightest[wrong]
        choices = torch.cartesian_prod(*map(torch.tensor, offsets)).T[:, :, None]
        candidates = (target.floor()[:, None] + choices).clamp(0, 255)
        luminance = _luminance(candidates)
        outside = (low - luminance).clamp(min=0) + (luminance - high).clamp(min=0)
        cost = (candidates - target[:, None]).square().sum(dim=0) + torch.where(outside > 0, 1e3 + 1e6 * outside, 0)
        best = cost.min(dim=0).indices
        levels[:, wrong] = candidates.gather(1, best.expand(3, 1, -1))[:, 0]
    return levels.movedim(0, 1)


def _luminance(levels: Float[Tensor, "3 *places"]) -> Float[Tensor, "*places"]:
    linear = _to_linear(torch.arange(256) / 255)
    red, green, blue = (weight * linear[channel.long()] for weight, channel in zip(_LUMINANCE, levels, strict=True))
    return red + green + blue


def _to_linear(encoded: Float[Tensor, "*places"]) -> Float[Tensor, "*places"]:
    return torch.where(encoded > 0.04045, ((encoded + 0.055) / 1.055) ** 2.4, encoded / 12.92)


def _luminance_to_lightness(luminance: Float[Tensor, "*places"]) -> Float[Tensor, "*places"]:
    curve = luminance.clamp(min=_LINEAR_BELOW).pow(1 / 3)
    return 116 * torch.where(luminance > _LINEAR_BELOW, curve, 7.787 * luminance + 4 / 29) - 16


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
