"""What a photograph is once it is decoded."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from chromantic.errors import ChromanticError
from chromantic.photo.metadata import Metadata

MAX_PIXELS = 1_000_000_000
"""A file that claims more is refused before anything is decoded: it is a mistake or an attack."""

_FEW_PIXELS = 1 << 24  # which cost little, whatever file they come from
_MOST_A_BYTE = 2048  # pixels; a blurred photo in AVIF of the lowest quality has 370


@dataclass(frozen=True, eq=False)
class Photo:
    """A decoded photograph, upright and in sRGB.

    Attributes:
        pixels: height width channels, one channel (grey) or three (red, green, blue), sRGB-encoded: uint8, uint16, or
            float32 in [0, 1]. A mapped file where the photo is large.
        alpha: height width, opacity, of the pixels' type; None for an opaque photo.
        source: The file it was read from; None for an image, an array or a file in memory.
        depth: The type of a result's samples: the file's. The pixels have a finer one where they were converted from
            another colour space. None stands for the pixels' own.
        metadata: What the file says of the photo, for its results.
        format: Of the file, as `Header.kind` tells it; None for an array.
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


def check_pixels(width: int, height: int, name: str, size: int | None = None) -> None:
    """Checks that a photo has no more than `MAX_PIXELS` and, where the size of its file counts, than `most_pixels`.

    Raises:
        ChromanticError: It has more.
    """
    if width * height > MAX_PIXELS:
        raise ChromanticError(f"{name}: {width} x {height} is more than 1 gigapixel; make the photo smaller")
    if size is not None and width * height > most_pixels(size):
        remedy = "make it smaller, or save it as JPEG"
        raise ChromanticError(f"{name}: {width} x {height} pixels in {size} bytes are too plain for a photo; {remedy}")


def most_pixels(size: int) -> int:
    """How many pixels a photo may have whose file has so many bytes. Few bytes can claim what takes minutes to decode.

    Only plain areas have more than this, in formats without a limit of their own: WebP, AVIF, HEIC, GIF, JPEG 2000.
    """
    return min(MAX_PIXELS, max(_FEW_PIXELS, _MOST_A_BYTE * size))
