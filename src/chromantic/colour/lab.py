"""CIE Lab: the only home of colour ranges and constants.

Lightness L is in [0, 100]. Chroma (a, b) lies on a 1-unit grid of 256 levels, [-128, 127], which holds every sRGB
colour (a in [-87, 99], b in [-108, 95]). sRGB values are in [0, 1], D65 white. Arrays are float32, planes first.
The constants are those of CIE 15 and IEC 61966-2-1 as scikit-image rounds them.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8, UInt16

LIGHTNESS_MAX = 100.0
CHROMA_MIN = -128
CHROMA_MAX = 127
CHROMA_LEVELS = CHROMA_MAX - CHROMA_MIN + 1
_CHROMA_CENTRE = (CHROMA_MIN + CHROMA_MAX) / 2
_CHROMA_SCALE = (CHROMA_MAX - CHROMA_MIN) / 2

_LUMINANCE = (0.212671, 0.715160, 0.072169)  # of linear sRGB's red, green and blue
_RGB_TO_XYZ = ((0.412453, 0.357580, 0.180423), _LUMINANCE, (0.019334, 0.119193, 0.950227))
_XYZ_TO_RGB = (
    (3.2404813432005266, -1.5371515162713185, -0.4985363261688878),
    (-0.9692549499965682, 1.8759900014898907, 0.0415559265582928),
    (0.0556466391351772, -0.2040413383665112, 1.0573110696453443),
)
_WHITE = (0.95047, 1.0, 1.08883)  # X, Y and Z of D65
_STRAIGHT_BELOW = 0.008856  # share of white, below which CIE's curve is a straight line
_CURVE_THERE = 0.2068966  # where the curve and the line meet
_SLOPE, _OFFSET = 7.787, 4 / 29  # of the line
_ENCODED_KNEE, _LINEAR_KNEE = 0.04045, 0.0031308  # below which sRGB's curve is a straight line

_GAMUT_TOLERANCE = 1e-6  # what single precision is good for; clipping it moves L by less than 1e-4
_GAMUT = -_GAMUT_TOLERANCE / 12.92, (1 + _GAMUT_TOLERANCE / 1.055) ** 2.4  # the same for linear light
_BISECTIONS = 12
_LEVEL_REACH = 0.499  # a luminance within half a level of a grey is that grey, for a reader with other constants, too
_WIDE = (-2, -1, 0, 1, 2, 3)
_ROUNDINGS = (((0, 1),) * 3, (_WIDE, (0, 1), _WIDE))  # of red, green, blue; the first is too coarse in dark greens

NEAR_GREY_CHROMA = 4.0
"""A photo whose mean chroma magnitude (sqrt(a^2 + b^2)) is below this teaches and measures no colour."""


_Same = TypeVar("_Same")  # not Self, which beartype takes in its own classes alone


@runtime_checkable
class Numbers(Protocol):
    """What arrays and tensors have in common."""

    def __add__(self: _Same, other: float, /) -> _Same: ...
    def __sub__(self: _Same, other: float, /) -> _Same: ...
    def __mul__(self: _Same, other: float, /) -> _Same: ...
    def __truediv__(self: _Same, other: float, /) -> _Same: ...
    def round(self: _Same) -> _Same: ...
    def clip(self: _Same, low: float, high: float, /) -> _Same: ...


AnyNumbers = TypeVar("AnyNumbers", bound=Numbers)


def rgb_to_lab(rgb: Float32[np.ndarray, "*batch 3 height width"]) -> Float32[np.ndarray, "*batch 3 height width"]:
    """From sRGB in [0, 1] to CIE Lab (L in [0, 100], a and b in CIE units)."""
    xyz = _mix(_RGB_TO_XYZ, decode_srgb(np.moveaxis(rgb, -3, 0)))
    x, y, z = (_to_curve(plane / white) for plane, white in zip(xyz, _WHITE, strict=True))
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-3)


def lab_to_rgb(lab: Float32[np.ndarray, "*batch 3 height width"]) -> Float32[np.ndarray, "*batch 3 height width"]:
    """From CIE Lab to sRGB, not clipped: values outside [0, 1] are colours outside the sRGB gamut."""
    lightness, *chroma = np.moveaxis(lab, -3, 0)
    return np.moveaxis(encode_srgb(_to_linear_rgb(lightness, chroma)), 0, -3)


def rgb_to_lightness(
    rgb: Float32[np.ndarray, "*batch channels height width"],
) -> Float32[np.ndarray, "*batch height width"]:
    """CIE lightness L in [0, 100] of sRGB in [0, 1], one channel (grey) or three."""
    linear = decode_srgb(np.moveaxis(rgb, -3, 0))
    return _luminance_to_lightness(linear[0] if len(linear) == 1 else _mix((_LUMINANCE,), linear)[0])


def levels_to_lightness(
    levels: UInt8[np.ndarray, "height width channels"] | UInt16[np.ndarray, "height width channels"],
) -> Float32[np.ndarray, "height width"]:
    """CIE lightness L in [0, 100] of sRGB levels of 8 or 16 bits, grey or colour, by a table of the levels."""
    linear = np.take(_linear_levels(np.iinfo(levels.dtype).max), levels)
    return _luminance_to_lightness(
        linear[..., 0] if levels.shape[2] == 1 else linear @ np.array(_LUMINANCE, np.float32)
    )


def lightness_to_grey(lightness: Float32[np.ndarray, "*places"]) -> Float32[np.ndarray, "*places"]:
    """The sRGB grey in [0, 1] that has this CIE lightness."""
    luminance = _from_curve((lightness + 16) / 116)
    weight = sum(share * white for share, white in zip(_XYZ_TO_RGB[1], _WHITE, strict=True))
    return encode_srgb(luminance * weight).clip(0, 1)


def fit_chroma_to_gamut(
    lightness: Float32[np.ndarray, "*batch height width"], chroma: Float32[np.ndarray, "*batch 2 height width"]
) -> Float32[np.ndarray, "*batch 2 height width"]:
    """Scales chroma down, pixel by pixel, until its colour lies in sRGB; lightness and hue stay.

    The scale is found by bisection, for the pixels outside alone, to 1/4096 of their chroma.

    Args:
        lightness: L in [0, 100].
        chroma: a and b in CIE units.

    Returns:
        Chroma in CIE units: unchanged where the colour is in sRGB, shorter where it is not.
    """
    outside = ~_in_gamut(lightness, np.moveaxis(chroma, -3, 0))
    if not outside.any():
        return chroma
    fitted = chroma.copy()
    planes = np.moveaxis(fitted, -3, 0)
    light, direction = lightness[outside], planes[:, outside]
    inner, step = np.zeros_like(light), np.float32(1)
    for _ in range(_BISECTIONS):
        step /= 2
        inner += step * _in_gamut(light, (inner + step) * direction)
    planes[:, outside] = inner * direction
    return fitted


def round_to_levels(
    rgb: Float32[np.ndarray, "*batch 3 height width"], lightness: Float32[np.ndarray, "*batch height width"]
) -> UInt8[np.ndarray, "*batch 3 height width"]:
    """SRGB in [0, 1] as levels of 256 that keep the lightness's own level.

    Rounded channel by channel, a colour can become as light as the next grey. Here each channel is rounded up or down
    so that the colour stays as light as its own grey: the one of 256 that is nearest to the lightness. Of such
    roundings the one nearest to the colour is taken. Where there is none, red and blue are rounded by up to two more
    levels.

    Args:
        rgb: Colours of that lightness.
        lightness: L in [0, 100].
    """
    exact = np.moveaxis(rgb, -3, 0) * 255
    levels = np.rint(exact).astype(np.uint8)
    grey = np.rint(lightness_to_grey(lightness) * 255).astype(np.uint8)
    darkest, lightest = (np.take(decode_srgb(_reached(reach)), grey) for reach in (-_LEVEL_REACH, _LEVEL_REACH))
    for offsets in _ROUNDINGS:
        red, green, blue = _luminances(levels)
        luminance = red + green + blue
        wrong = (luminance < darkest) | (luminance > lightest)
        if not wrong.any():
            break
        levels[:, wrong] = _nearest(exact[:, wrong], offsets, darkest[wrong], lightest[wrong])
    return np.moveaxis(levels, 0, -3)


def to_levels(rgb: AnyNumbers) -> AnyNumbers:
    """SRGB in [0, 1] as the nearest whole levels in [0, 255]; what lies outside is clipped."""
    return (rgb.clip(0, 1) * 255).round()


def normalize_lightness(lightness: AnyNumbers) -> AnyNumbers:
    """L in [0, 100] to [-1, 1], what networks read."""
    return lightness / (LIGHTNESS_MAX / 2) - 1


def normalize_chroma(chroma: AnyNumbers) -> AnyNumbers:
    """Chroma in [-128, 127] to [-1, 1], what networks read and mixtures are written in."""
    return (chroma - _CHROMA_CENTRE) / _CHROMA_SCALE


def denormalize_chroma(normalized: AnyNumbers) -> AnyNumbers:
    """The inverse of `normalize_chroma`."""
    return normalized * _CHROMA_SCALE + _CHROMA_CENTRE


def quantize_chroma(chroma: AnyNumbers) -> AnyNumbers:
    """Chroma in CIE units, rounded to the 1-unit grid and clipped to its ends."""
    return chroma.round().clip(CHROMA_MIN, CHROMA_MAX)


def decode_srgb(encoded: Float[np.ndarray, "*places"]) -> Float[np.ndarray, "*places"]:
    """Linear light of sRGB-encoded samples, both from 0 to 1."""
    curve = ((np.maximum(encoded, _ENCODED_KNEE) + 0.055) / 1.055) ** 2.4
    return np.where(encoded > _ENCODED_KNEE, curve, encoded / 12.92)


def encode_srgb(linear: Float[np.ndarray, "*places"]) -> Float[np.ndarray, "*places"]:
    """Samples of linear light, sRGB-encoded, both from 0 to 1."""
    curve = 1.055 * np.maximum(linear, _LINEAR_KNEE) ** (1 / 2.4) - 0.055
    return np.where(linear > _LINEAR_KNEE, curve, 12.92 * linear)


def _mix(
    matrix: Sequence[tuple[float, float, float]], planes: Float32[np.ndarray, "3 *places"]
) -> Float32[np.ndarray, "rows *places"]:
    """The planes' weighted sums, one for each row of the matrix."""
    first, second, third = planes
    return np.stack([a * first + b * second + c * third for a, b, c in matrix])


def _to_curve(share: Float32[np.ndarray, "*places"]) -> Float32[np.ndarray, "*places"]:
    """CIE's compression of X, Y and Z, as shares of white's."""
    curve = np.maximum(share, _STRAIGHT_BELOW) ** (1 / 3)
    return np.where(share > _STRAIGHT_BELOW, curve, _SLOPE * share + _OFFSET)


def _from_curve(curve: Float32[np.ndarray, "*places"]) -> Float32[np.ndarray, "*places"]:
    return np.where(curve > _CURVE_THERE, curve * curve * curve, (curve - _OFFSET) / _SLOPE)


def _luminance_to_lightness(luminance: Float32[np.ndarray, "*places"]) -> Float32[np.ndarray, "*places"]:
    return 116 * _to_curve(luminance) - 16


def _to_linear_rgb(
    lightness: Float32[np.ndarray, "*places"], chroma: Iterable[Float32[np.ndarray, "*places"]]
) -> Float32[np.ndarray, "3 *places"]:
    """Linear light of CIE Lab, not clipped."""
    a, b = chroma
    y = (lightness + 16) / 116
    x, z = a / 500 + y, np.maximum(y - b / 200, 0)
    xyz = np.stack([_from_curve(plane) * white for plane, white in zip((x, y, z), _WHITE, strict=True)])
    return _mix(_XYZ_TO_RGB, xyz)


def _in_gamut(
    lightness: Float32[np.ndarray, "*places"], chroma: Float32[np.ndarray, "2 *places"]
) -> Bool[np.ndarray, "*places"]:
    rgb = _to_linear_rgb(lightness, chroma)  # not encoded, which takes longest: the limits are decoded instead
    inside: np.ndarray = ((rgb >= _GAMUT[0]) & (rgb <= _GAMUT[1])).all(axis=0)
    return inside


@cache
def _linear_levels(white: int) -> Float32[np.ndarray, "levels"]:
    """Linear light of every level."""
    return decode_srgb(np.arange(white + 1, dtype=np.float32) / white)


def _reached(reach: float) -> Float32[np.ndarray, "256"]:
    """Every level of 256, moved by some share of a level, in [0, 1]."""
    reached: np.ndarray = np.maximum(np.arange(256, dtype=np.float32) + reach, 0) / 255
    return reached


def _luminances(levels: Iterable[np.ndarray]) -> list[np.ndarray]:
    """What levels of red, green and blue, of any shape each, add to the luminance."""
    return [np.take(_linear_levels(255) * weight, level) for weight, level in zip(_LUMINANCE, levels, strict=True)]


def _nearest(
    exact: Float32[np.ndarray, "3 places"],
    offsets: Sequence[Sequence[int]],
    darkest: Float32[np.ndarray, "places"],
    lightest: Float32[np.ndarray, "places"],
) -> UInt8[np.ndarray, "3 places"]:
    """Of the levels at some offsets, the nearest to the exact values that are neither too dark nor too light.

    Where there are none, those that are least so.
    """

    def every(red: np.ndarray, green: np.ndarray, blue: np.ndarray) -> np.ndarray:
        combined: np.ndarray = red[:, None, None] + green[:, None] + blue
        return combined

    floors = np.floor(exact)
    choices = [
        (floor + np.array(offset, np.float32)[:, None]).clip(0, 255)
        for floor, offset in zip(floors, offsets, strict=True)
    ]
    luminance = every(*_luminances([choice.astype(np.uint8) for choice in choices]))
    outside = np.maximum(darkest - luminance, 0) + np.maximum(luminance - lightest, 0)
    distance = every(*((choice - target) ** 2 for choice, target in zip(choices, exact, strict=True)))
    cost = distance + np.where(outside > 0, 1e3 + 1e6 * outside, 0)
    best = np.unravel_index(cost.reshape(-1, cost.shape[-1]).argmin(axis=0), cost.shape[:3])
    each = np.arange(cost.shape[-1])
    return np.stack([choice[index, each] for choice, index in zip(choices, best, strict=True)]).astype(np.uint8)
