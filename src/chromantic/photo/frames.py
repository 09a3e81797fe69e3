"""What a file's segments, chunks and boxes say besides its first picture: chunks of PNG, and further frames."""

import struct
from itertools import islice
from typing import BinaryIO

import pyvips
from PIL import Image

from chromantic.photo.metadata.chunks import png_chunk_places
from chromantic.photo.metadata.jpeg import segment_sizes

_KEPT_CHUNKS = {b"cICP", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"acTL"}
_MOST = 4096  # chunks or segments that are looked at
_THUMBNAILS = (0x010001, 0x010002)  # types of pictures in a multi-picture file
_APP2, _MP_ENTRY = 0xE2, 0xB002


def png_chunks(file: BinaryIO) -> dict[bytes, bytes]:
    """The first bytes of those chunks of a PNG file that say what its tones mean, or that there are frames."""
    chunks: dict[bytes, bytes] = {}
    for place, size, name in islice(png_chunk_places(file), _MOST):
        if name in (b"IDAT", b"IEND"):
            break
        if name in _KEPT_CHUNKS:
            file.seek(place)
            if content := file.read(min(size, 32)):
                chunks.setdefault(name, content)
    return chunks


def count_frames(kind: str, file: BinaryIO, image: pyvips.Image) -> int:
    """How many pictures there are: pages, frames of an animation, or views; without thumbnails and gain maps."""
    pages = int(image.get("n-pages")) if image.get_typeof("n-pages") else 1
    if kind == "png":
        return max(pages, int.from_bytes(png_chunks(file).get(b"acTL", b"")[:4], "big"))
    if kind == "avif" and b"avis" in file.read(32):
        file.seek(0)
        try:
            with Image.open(file) as animation:
                return max(pages, getattr(animation, "n_frames", 1))
        except Exception:  # Pillow's readers meet what they do not know with exceptions of every kind
            return pages
    if kind == "jpeg":
        gain_map = image.get_typeof("xmp-data") and b"GainMap" in bytes(image.get("xmp-data"))
        return max(pages, _views(file) - bool(gain_map))
    return pages


def _views(file: BinaryIO) -> int:
    """The pictures that a JPEG file's multi-picture index names (CIPA DC-007)."""
    for marker, size in segment_sizes(file, _MOST):
        content = file.read(size) if marker == _APP2 else b""
        if content.startswith(b"MPF\0"):
            try:
                return _entries(content[4:])
            except struct.error:
                break
    return 1


def _entries(index: bytes) -> int:
    order = "<" if index[:2] == b"II" else ">"
    (start,) = struct.unpack_from(order + "L", index, 4)
    (number,) = struct.unpack_from(order + "H", index, start)
    for place in range(start + 2, start + 2 + 12 * number, 12):
        tag, _, size, offset = struct.unpack_from(order + "HHLL", index, place)
        if tag == _MP_ENTRY:
            views = struct.iter_unpack(order + "L12x", index[offset : offset + size // 16 * 16])
            return sum(attributes & 0xFFFFFF not in _THUMBNAILS for (attributes,) in views)
    return 1
