"""Decodes the files of data sets: colour photos and label maps."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from chromantic.errors import ChromanticError
from chromantic.photo import read_photo

_UNREADABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)  # what Pillow raises on broken files


def read_rgb(path: Path) -> Float[Tensor, "3 height width"]:
    """A photo, grey or in colours, upright, as sRGB in [0, 1].

    Raises:
        ChromanticError: the file is missing, broken or no picture.
    """
    photo = read_photo(path)
    return torch.from_numpy(photo.pixels).permute(2, 0, 1).expand(3, -1, -1).float() / photo.white


def read_labels(path: Path) -> UInt8[np.ndarray, "height width"]:
    """A label map: one class index per pixel, from a palette or a grey picture.

    Raises:
        ChromanticError: the file is missing, broken or holds colours where indices are expected.
    """
    try:
        with Image.open(path) as image:
            mode, labels = image.mode, np.array(image)
    except _UNREADABLE as error:
        raise ChromanticError(f"{path}: cannot be read as a label map ({error}); restore the file") from error
    if mode not in ("P", "L"):
        raise ChromanticError(f"{path}: a label map is a palette or an 8-bit grey PNG, not {mode}; convert it")
    return labels
