"""Reads HEIC files by pi-heif, in a process of its own, which damaged files may end."""

import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from chromantic.photo.header import Source, damaged
from chromantic.photo.photo import check_pixels, most_pixels

_SECONDS = 120.0  # 200 megapixels take six on an idle machine
_DECODER = Path(__file__).with_name("heif_decoder.py")


@dataclass(frozen=True)
class Heif:
    """What a HEIC file holds.

    Attributes:
        pixels: height width, or height width channels, upright.
        mode: Of the pixels, as pi-heif names it.
        profile: The ICC profile, if there is one.
        exif: The EXIF block, if there is one.
        xmp: The XMP packet, if there is one.
        frames: How many pictures there are.
    """

    pixels: np.ndarray
    mode: str
    profile: bytes | None
    exif: bytes | None
    xmp: bytes | None
    frames: int


def read_heif(source: Source) -> Heif:
    """Decodes a HEIC file at its own depth.

    Raises:
        ChromanticError: It is damaged, claims too many pixels, ends its decoder or keeps it busy for two minutes.
    """
    command = [sys.executable, "-P", str(_DECODER), str(most_pixels(source.size))]
    with tempfile.TemporaryFile() as output, source.open() as file:
        run = partial(subprocess.run, stdout=output, stderr=subprocess.PIPE, timeout=_SECONDS, check=True)
        try:
            run(command, input=file.read())
        except subprocess.TimeoutExpired as error:
            raise damaged(source.name, f"not decoded after {_SECONDS:.0f} s") from error
        except subprocess.CalledProcessError as error:
            if error.returncode < 0:
                raise damaged(source.name, f"its decoder ended by {signal.Signals(-error.returncode).name}") from error
            raise damaged(source.name, error.stderr.decode(errors="replace").strip().rpartition("\n")[2]) from error
        output.seek(0)
        with np.load(output) as parts:
            width, height = parts["size"].tolist()
            check_pixels(width, height, source.name, source.size)
            profile, exif, xmp = (
                parts[name].tobytes() if name in parts else None for name in ("icc_profile", "exif", "xmp")
            )
            return Heif(parts["pixels"], str(parts["mode"]), profile, exif, xmp, int(parts["frames"]))
