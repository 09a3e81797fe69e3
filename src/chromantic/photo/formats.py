"""The formats that results are written in."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from chromantic.errors import ChromanticError


class Format(NamedTuple):
    """A format of files.

    Attributes:
        suffixes: Of its files, the usual one first.
        depths: Types of samples that it can hold, the finest last.
        alpha: Whether it can hold opacity.
    """

    suffixes: tuple[str, ...]
    depths: tuple[np.dtype, ...]
    alpha: bool

    @property
    def suffix(self) -> str:
        """The usual suffix."""
        return self.suffixes[0]


_U8, _U16, _F32 = np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32)

FORMATS = {
    "png": Format((".png",), (_U8, _U16), True),
    "tiff": Format((".tif", ".tiff"), (_U8, _U16, _F32), True),
    "webp": Format((".webp",), (_U8,), True),
    "jpeg": Format((".jpg", ".jpeg", ".jpe", ".jfif"), (_U8,), False),
}
"""All but JPEG are written without loss, and so keep the lightness exactly."""

_LIKE = {"tiff": "tiff", "webp": "webp"}


def check_format(format: str | None) -> None:
    """Checks that a format is one of `FORMATS`, or None for the photo's own.

    Raises:
        ChromanticError: It is not.
    """
    if format is not None and format not in FORMATS:
        raise ChromanticError(f"format {format}: give one of {', '.join(FORMATS)}")


def format_of_suffix(path: Path) -> str | None:
    """The format whose suffix a file has; None where it has another one or none."""
    suffix = path.suffix.lower()
    return next((name for name, format in FORMATS.items() if suffix in format.suffixes), None)


def format_of_file(path: Path, format: str | None, otherwise: str) -> str:
    """The format of a file to be written: what its suffix says.

    Args:
        path: The file.
        format: Asked for; None leaves it to the suffix.
        otherwise: The format where neither says one.

    Raises:
        ChromanticError: The suffix is of no format that is written, or of another than is asked for.
    """
    check_format(format)
    said = format_of_suffix(path)
    if said is None and path.suffix and format is None:
        usual = ", ".join(each.suffix for each in FORMATS.values())
        raise ChromanticError(f"{path}: no format that is written has this suffix; name it {usual}")
    if said and format and said != format:
        raise ChromanticError(f"{path}: its suffix says {said}, not {format}; name it {FORMATS[format].suffix}")
    return said or format or otherwise


def result_format(like: str | None) -> str:
    """The format of results where none is asked for: the photo's own if it can be lossless and carry a profile."""
    return _LIKE.get(like or "", "png")


def depth_in(format: str, depth: np.dtype) -> np.dtype:
    """The depth itself where the format can hold it, else the format's finest."""
    depths = FORMATS[format].depths
    return depth if depth in depths else depths[-1]
