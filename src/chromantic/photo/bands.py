"""What is done to decoded samples before they become sRGB, and checks of what a file claims."""

import logging

import numpy as np
import pyvips

from chromantic.errors import ChromanticError
from chromantic.photo.header import damaged
from chromantic.photo.tiff import Page
from chromantic.photo.tones import Tone

KINDS = {"uint8": "uchar", "uint16": "ushort", "float32": "float"}
"""libvips' names of types of samples."""

_DEPTHS = {"uchar": np.uint8, "float": np.float32, "double": np.float32}  # else 16 bits
_SLIGHTLY = 0.05  # outside [0, 1] are what sharpening and enlarging leave of floats
_ROUNDING = 1e-6  # which needs no warning
_MOST_PACKED = 1366  # bytes that a byte of LZW, or 1032 that one of Deflate can stand for
_LAST_ROWS = 0.1  # of a JPEG image may be missing
_log = logging.getLogger(__name__)


def depth_of(image: pyvips.Image) -> np.dtype:
    """The type of samples that results of an image have."""
    return np.dtype(_DEPTHS.get(image.format, np.uint16))


def least_bytes(kind: str, page: Page | None, image: pyvips.Image) -> float:
    """The fewest bytes that a whole file can have; 0 where nothing is known. One with fewer would take gigabytes."""
    pixels = image.width * image.height
    if kind == "png":
        return float(pixels / 8 / _MOST_PACKED)
    packed = {1: 1, 5: _MOST_PACKED, 8: _MOST_PACKED, 32773: 64, 32946: _MOST_PACKED}.get(
        page.compression if page else 0
    )
    return float(pixels * page.channels * page.bits / 8 / packed) if page and packed else 0


def all_but_the_end(image: pyvips.Image, name: str) -> pyvips.Image:
    """A JPEG image that breaks off, of which libjpeg leaves the rest mid-grey.

    Raises:
        ChromanticError: It lacks more than its last rows.
    """
    grey = abs(image.numpy().reshape(image.height, image.width, -1).astype(np.int16) - 128).max(axis=2) <= 1
    if (missing := _last_rows(grey)) > _LAST_ROWS * image.height:
        raise damaged(name, f"{missing} of {image.height} rows are missing")
    partly = _last_rows(grey[:, -8:])  # a row of blocks may begin well
    what = f"{partly} of {image.height} rows are missing" if partly else "some of its data may be missing"
    _log.warning("%s: the file breaks off and %s; get a fresh copy if there is one", name, what)
    return image


def _last_rows(true: np.ndarray) -> int:
    """How many rows at the bottom are true from end to end."""
    return len(true) - 1 - int(np.flatnonzero(~true.all(axis=1)).max(initial=-1))


def by_tone(image: pyvips.Image, tone: Tone) -> pyvips.Image:
    """An image with sRGB's curve, and a profile where its primaries are others."""
    count = image.bands - image.hasalpha()
    if not tone.has_srgb_curves and image.format in ("uchar", "ushort"):
        levels = 256 if image.format == "uchar" else 65536
        colours = image[:count].maplut(pyvips.Image.new_from_array(tone.tables(levels)[None]))
        if image.hasalpha():
            colours = colours.bandjoin((image[-1] * (65535 // (levels - 1))).cast("ushort"))
        image = colours.copy(interpretation="rgb16" if count == 3 else "grey16")
    if count == 3 and not tone.has_srgb_primaries:
        image = image.copy()
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", tone.profile())
    return image


def divided(image: pyvips.Image, white: float, inverted: bool) -> pyvips.Image:
    """An image whose colours are weighted by its last band, opacity, without the weights; none where nothing is opaque.

    Args:
        image: Of any type of samples.
        white: Of colours, and of what is opaque.
        inverted: Whether it was the negative that was weighted.
    """
    colours, opacity = image[: image.bands - 1], image[-1]
    colours = (white - colours if inverted else colours) * (white / opacity)  # libvips' x / 0 is 0
    joined = (white - colours if inverted else colours).bandjoin(opacity)
    joined = joined if image.format == "float" else joined.rint().cast(image.format)
    return joined.copy(interpretation=image.interpretation)


def clipped(samples: np.ndarray, name: str) -> np.ndarray:
    """Floats in [0, 1]; what is slightly outside is clipped, with a warning.

    Raises:
        ChromanticError: They are far outside, or no numbers.
    """
    low, high = float(samples.min()), float(samples.max())
    if low >= 0 and high <= 1:
        return samples
    if not (low >= -_SLIGHTLY and high <= 1 + _SLIGHTLY):  # NaN fails, too
        what = f"from {low:.4g} to {high:.4g}" if np.isfinite([low, high]).all() else "that are no numbers"
        raise ChromanticError(f"{name}: values {what}; scale them to [0, 1], or save it with 8 or 16 bits")
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        _log.warning("%s: values from %.6g to %.6g were clipped to [0, 1]", name, low, high)
    return samples.clip(0, 1)


def with_samples(image: pyvips.Image, samples: np.ndarray) -> pyvips.Image:
    """Other samples with the colour space and profile of an image."""
    replaced = pyvips.Image.new_from_array(samples).copy(interpretation=image.interpretation)
    if image.get_typeof("icc-profile-data"):
        replaced.set_type(pyvips.GValue.blob_type, "icc-profile-data", image.get("icc-profile-data"))
    return replaced
