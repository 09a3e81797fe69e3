"""What a photograph is once it is decoded."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from chromantic.errors import ChromanticError
from chromantic.photo.metadata import Metadata

MAX_PIXELS = 1_000_000_000
"""A header that promises more is taken for a mistake or an attack, before anything is decoded."""


@dataclass(frozen=True, eq=False)
class Photo:
    """A decoded photograph, upright and in sRGB.

    Attributes:
        pixels: height width channels, one channel (grey) or three (red, green, blue), sRGB-encoded: uint8, uint16, or
            float32 in [0, 1]. A mapped file where the photo is large.
        alpha: height width, of the pixels' type, opacity; None for an opaque photo.
        source: the file it was read from; None for an image or an array.
        depth: the type of the samples of a result: that of the file, which the pixels exceed where they were converted
            from another colour space; None for the pixels' own.
        metadata: what the file says of the photo, for its results.
        format: of the file, a key of `chromantic.photo.FORMATS`, or None for what results are not written in.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None = None
    source: Path | None = None
    depth: np.dtype | None = None
    metadata: Metadata = field(default_factory=Metadata)
    format: str | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def white(self) -> float:
        """The pixels' value of white; black is 0."""
        return white_of(self.pixels.dtype)

    @property
    def result_depth(self) -> np.dtype:
        """The type of the samples of a result."""
        return self.depth or self.pixels.dtype


def white_of(depth: np.dtype) -> float:
    """The largest value of a type of samples; 1 for floats."""
    return float(np.iinfo(depth).max) if depth.kind == "u" else 1.0


def check_pixels(width: int, height: int, name: str) -> None:
    """Refuses more than `MAX_PIXELS`.

    Raises:
        ChromanticError: there are more.
    """
    if width * height > MAX_PIXELS:
        raise ChromanticError(f"{name}: {width} x {height} is more than 1 gigapixel; make the photo smaller")
