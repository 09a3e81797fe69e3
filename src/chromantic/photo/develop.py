"""What is done to a photo before it is read, where asked: a negative inverted, a printing screen smoothed."""

from dataclasses import replace

import numpy as np
import pyvips

from chromantic.photo.bands import KINDS
from chromantic.photo.photo import Photo
from chromantic.photo.read import decoded

_LOOKED_AT = 2048  # pixels across and down of the middle, where the screen is measured
_BLOCK = 32
_MIDTONES = (0.3, 0.7)
_SIGMA_PER_DOT = 0.45  # which leaves the least of the screen and the most of the picture, over dither and halftone
_SIGMAS = (1.0, 4.0)


def develop(photo: Photo, *, invert: bool = False, descreen: bool = False) -> Photo:
    """A photo made into what is to be colorized; itself where nothing is asked.

    Args:
        photo: Of any size and depth.
        invert: Make a positive of a negative.
        descreen: Smooth a printing screen, or a 1-bit scan, to grey: by a Gaussian as wide as its dots ask for.
    """
    if not (invert or descreen):
        return photo
    image = pyvips.Image.new_from_array(photo.pixels)
    if descreen:
        image = image.gaussblur(_sigma(photo), precision="float")
    if invert:
        image = photo.white - image
    if photo.pixels.dtype.kind == "u":
        image = image.rint()
    return replace(photo, pixels=decoded(image.cast(KINDS[photo.pixels.dtype.name])))


def _sigma(photo: Photo) -> float:
    """Of the Gaussian, by how often rows turn from dark to light in blocks of middle grey."""
    width, height = photo.size
    top, left = (max(0, (side - _LOOKED_AT) // 2) for side in (height, width))
    part = photo.pixels[top : top + _LOOKED_AT, left : left + _LOOKED_AT].mean(axis=2) > photo.white / 2
    rows, columns = (side // _BLOCK * _BLOCK for side in part.shape)
    if not (rows and columns):
        return _SIGMAS[0]
    turns = np.zeros(part.shape)
    turns[:, 1:] = part[:, 1:] != part[:, :-1]
    shares, rates = (
        each[:rows, :columns].reshape(rows // _BLOCK, _BLOCK, -1, _BLOCK).mean(axis=(1, 3)) for each in (part, turns)
    )
    middle = (shares > _MIDTONES[0]) & (shares < _MIDTONES[1])
    rate = float(np.median(rates[middle])) if middle.any() else 0.0
    return float(np.clip(_SIGMA_PER_DOT * 2 / max(rate, 1e-3), *_SIGMAS))
