"""Pictures that are tables of numbers: label maps and the like."""

import os

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from chromantic.errors import ChromanticError
from chromantic.photo.header import one_line


def read_stored(
    path: str | os.PathLike[str], remedy: str = "restore the file"
) -> tuple[str, UInt8[np.ndarray, "height width *channels"]]:
    """The samples of a picture as its file holds them: no palette, orientation or colour profile is applied.

    Args:
        path: The file.
        remedy: What a message advises where it cannot be read.

    Returns:
        Pillow's mode (`L`, `P`, `LA` ...), and the samples.

    Raises:
        ChromanticError: The file is missing, damaged or no picture.
    """
    try:
        with Image.open(path) as image:
            return image.mode, np.array(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ChromanticError(f"{os.fspath(path)}: cannot be read ({one_line(error)}); {remedy}") from error
