"""Decodes a HEIC file in a process of its own, which a hostile file may take down: run by `chromantic.photo.heif`.

Reads the file from standard input; its argument says how many pixels are too many to be decoded. Writes an npz file to
standard output: size, mode, frames, pixels unless there are too many, and what there is of icc_profile, exif and xmp.
Or writes what is wrong to standard error, with exit code 1. Imports nothing of the package, and so starts in a tenth of
a second.
"""

import sys
from typing import Any

import numpy as np
import pi_heif


def main() -> None:
    try:
        picture = pi_heif.open_heif(sys.stdin.buffer.read(), convert_hdr_to_8bit=False)  # which turns it upright itself
        parts: dict[str, Any] = {"size": picture.size, "mode": picture.mode, "frames": len(picture)}
        if picture.size[0] * picture.size[1] <= int(sys.argv[1]):
            parts["pixels"] = np.asarray(picture)
    except (ValueError, EOFError, SyntaxError, RuntimeError, OSError) as error:
        sys.exit(f"{error}")
    for name in ("icc_profile", "exif", "xmp"):
        if blob := picture.info.get(name):
            parts[name] = np.frombuffer(blob, np.uint8)
    np.savez(sys.stdout.buffer, **parts)


if __name__ == "__main__":
    main()
