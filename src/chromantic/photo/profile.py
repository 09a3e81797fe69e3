"""Colour spaces: what a file holds becomes sRGB-encoded, grey or red, green and blue."""

import logging

import pyvips

_log = logging.getLogger(__name__)
_PROFILE = "icc-profile-data"
_SPACES = {b"GRAY": 1, b"RGB ": 3, b"CMYK": 4}  # colour spaces as ICC profiles name them, and their channels


def to_srgb(image: pyvips.Image, name: str) -> pyvips.Image:
    """Converts an image by its ICC profile, or by its colour space where it has none.

    Conversions are done with 16 bits, relative to white and with black points matched. A grey image stays grey.

    Args:
        image: Any number of bands, the last of which may be opacity.
        name: Of the file, for the warning that a profile cannot be used.

    Returns:
        One or three bands, and one of opacity where the image had one. The values are the same where the image had no
        profile and was sRGB, else they have 16 bits.
    """
    colours = image.bands - image.hasalpha()
    if image.get_typeof(_PROFILE):
        profile = image.get(_PROFILE)
        if len(profile) >= 128 and profile[36:40] == b"acsp" and _SPACES.get(profile[16:20]) == colours:
            return _grey_again(_by_profile(image), colours)
        _log.warning("%s: its colour profile is broken or of another colour space and was ignored", name)
        image = image.copy()
        image.remove(_PROFILE)
    if image.interpretation == "cmyk":
        return _by_profile(image, input_profile="cmyk")  # libvips' own
    if image.interpretation in ("lab", "labs", "xyz"):
        return image.colourspace("rgb16")
    if colours in (1, 3):
        return image
    raise pyvips.Error(f"{colours} channels of colour")


def _by_profile(image: pyvips.Image, **source: object) -> pyvips.Image:
    if image.format in ("float", "double"):
        image = (image * 65535).rint().cast("ushort").copy(interpretation="rgb16" if image.bands > 2 else "grey16")
    source = source or {"embedded": True}
    return image.icc_transform("srgb", intent="relative", black_point_compensation=True, depth=16, **source)


def _grey_again(image: pyvips.Image, colours: int) -> pyvips.Image:
    if colours > 1:
        return image
    return image[1].bandjoin(image[-1]) if image.hasalpha() else image[1]
