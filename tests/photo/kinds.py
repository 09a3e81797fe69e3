"""Profiles and files of every kind, for the tests of what is read and written."""

import struct
from pathlib import Path

import numpy as np
import pyvips

GAMMA = 2.2


def grey_profile() -> bytes:
    """An ICC profile of grey with a gamma of 2.2 (version 2, by the letter of the specification)."""
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(GAMMA * 256)) + b"\0\0"
    text = b"text\0\0\0\0none\0\0\0\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"grey\0" + bytes(78) + b"\0"
    tags = {b"desc": description, b"cprt": text, b"wtpt": white, b"kTRC": curve}
    table, body, start = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    header = struct.pack(">I4xI4s4s4s12x4s", 0, 0x02400000, b"mntr", b"GRAY", b"XYZ ", b"acsp")
    header += bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    profile = header.ljust(128, b"\0") + table + body
    return struct.pack(">I", len(profile)) + profile[4:]


def built_in_profile(name: str) -> bytes:
    return bytes(pyvips.Operation.call("profile_load", name))


PROFILES = {"grey": grey_profile(), "p3": built_in_profile("p3"), "cmyk": built_in_profile("cmyk")}


def write_vips(path: Path, samples: np.ndarray, space: str, profile: bytes | None = None, **options: object) -> None:
    """Writes samples (height width bands) as a file of any depth with libvips, in the format of the suffix."""
    image = pyvips.Image.new_from_array(samples).copy(interpretation=space)
    if profile:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    image.write_to_file(str(path), **options)


def read_vips(path: Path) -> pyvips.Image:
    return pyvips.Image.new_from_file(str(path))
