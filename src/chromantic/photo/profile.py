"""Colour spaces: what a file holds becomes sRGB-encoded, grey or red, green and blue."""

import logging
import struct

import pyvips

_log = logging.getLogger(__name__)
_PROFILE = "icc-profile-data"
_SPACES = {b"GRAY": 1, b"RGB ": 3, b"CMYK": 4}  # colour spaces as ICC profiles name them, and their channels
_NO_PROFILE = "%s: its colour profile is broken or of another colour space and was ignored"


def to_srgb(image: pyvips.Image, name: str) -> pyvips.Image:
    """Converts an image by its ICC profile, or by its colour space where it has none.

    Conversions are done with 16 bits, relative to white and with black points matched. A grey image stays grey.

    Args:
        image: Any number of bands, the last of which may be opacity.
        name: Of the file, for the warning that a profile cannot be used.

    Returns:
        One or three bands, and one of opacity where the image had one. The values are the same where the image had no
        profile and was sRGB, else they have 16 bits.

    Raises:
        pyvips.Error: The image has another number of colours.
    """
    colours = image.bands - image.hasalpha()
    if image.get_typeof(_PROFILE):
        if _is_sound(image.get(_PROFILE), colours):
            try:
                return _grey_again(_by_profile(image), colours)
            except pyvips.Error:  # LittleCMS makes nothing of its tags
                pass
        warn_of_profile(name)
        image = image.copy()
        image.remove(_PROFILE)
    if image.interpretation == "cmyk":
        return _by_profile(image, input_profile="cmyk")  # libvips' own
    if image.interpretation in ("lab", "labs", "xyz"):
        return image.colourspace("rgb16")
    if colours in (1, 3):
        return image
    raise pyvips.Error(f"{colours} channels of colour")


def warn_of_profile(name: str) -> None:
    """Says that a file's profile was ignored."""
    _log.warning(_NO_PROFILE, name)


def _is_sound(profile: bytes, colours: int) -> bool:
    """Whether a profile is whole and of so many colours. libvips takes sRGB for one that is cut short."""
    if len(profile) < 132 or profile[36:40] != b"acsp" or _SPACES.get(profile[16:20]) != colours:
        return False
    tags = profile[132 : 132 + 12 * int.from_bytes(profile[128:132], "big")]
    if len(tags) < 12 or len(tags) != 12 * int.from_bytes(profile[128:132], "big"):
        return False
    return all(start + length <= len(profile) for _, start, length in struct.iter_unpack(">4sII", tags))


def _by_profile(image: pyvips.Image, **source: object) -> pyvips.Image:
    if image.format in ("float", "double"):
        space = {"b-w": "grey16", "cmyk": "cmyk"}.get(image.interpretation, "rgb16")
        image = (image * 65535).rint().cast("ushort").copy(interpretation=space)
    source = source or {"embedded": True}
    return image.icc_transform("srgb", intent="relative", black_point_compensation=True, depth=16, **source)


def _grey_again(image: pyvips.Image, colours: int) -> pyvips.Image:
    if colours > 1:
        return image
    return image[1].bandjoin(image[-1]) if image.hasalpha() else image[1]
