"""What PNG files hold beside pixels: chunks.

Source: Portable Network Graphics, third edition (W3C, 2025); XMP specification, part 3.
"""

import shutil
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from chromantic.photo.metadata import iptc
from chromantic.photo.metadata.blobs import Blobs
from chromantic.photo.metadata.text import MAX_BYTES, read_chunk

_SIGNATURE, _HEADER = 8, 25  # bytes: of the signature, and of the chunk IHDR
_XMP = b"XML:com.adobe.xmp"
_RAW = b"Raw profile type "
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_MAX_CHUNKS = 200_000
_MAX_TEXTS = 1_000
_MAX_BYTES = 1 << 25  # of a chunk


def read_png(file: BinaryIO, problems: list[str]) -> Blobs:
    """What the chunks of a PNG file hold; texts stay as they are, but for those that hold EXIF, XMP or IPTC.

    Args:
        file: From its start.
        problems: Takes what is wrong.
    """
    exif, raw, texts, left = None, dict[bytes, bytes](), list[tuple[bytes, bytes]](), MAX_BYTES
    for kind, data in _chunks(file):
        if kind == b"eXIf":
            exif = exif or data
            continue
        try:
            keyword, text, _ = read_chunk(kind, data, left)
        except zlib.error:
            problems.append("a text chunk is broken, or too long, and was left out")
            continue
        left -= len(text)
        if keyword == _XMP:
            raw.setdefault(b"xmp", text)
        elif keyword.startswith(_RAW):
            block = iptc.from_raw_profile(text)
            name = keyword.removeprefix(_RAW).lower()
            if name == b"app1":
                name, block = (b"exif", block) if block.startswith(b"Exif") else (b"xmp", block.partition(b"\0")[2])
            raw.setdefault(b"8bim" if block.startswith(b"8BIM") else name, block)
        elif len(texts) < _MAX_TEXTS:
            texts.append((kind, data))
        else:
            problems.append(f"it has more than {_MAX_TEXTS} text chunks; the others were left out")
    records = iptc.from_resources(raw.get(b"8bim", b"")) or raw.get(b"iptc")
    return Blobs(exif or raw.get(b"exif"), raw.get(b"xmp"), None, records, (), tuple(texts))


def embed_in_png(source: BinaryIO, target: BinaryIO, blobs: Blobs, dots: tuple[float, float]) -> None:
    """Copies a PNG file, with more chunks at its start.

    Args:
        source: From its start.
        target: Takes the copy.
        blobs: What the chunks hold.
        dots: Pixels per millimetre across and down.
    """
    target.write(source.read(_SIGNATURE + _HEADER))
    _write(target, b"pHYs", struct.pack(">IIB", *(min(round(each * 1000), 2**31 - 1) for each in dots), 1))
    if blobs.exif:
        _write(target, b"eXIf", blobs.exif)
    if blobs.xmp:
        _write(target, b"iTXt", _XMP + bytes(5) + blobs.xmp)
    if blobs.iptc:
        profile = zlib.compress(iptc.raw_profile("iptc", iptc.resources(blobs.iptc)))
        _write(target, b"zTXt", _RAW + b"iptc\0\0" + profile)
    for kind, data in blobs.chunks:
        _write(target, kind, data)
    shutil.copyfileobj(source, target)


def _write(file: BinaryIO, kind: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Type and data of the chunks that may hold metadata."""
    place = _SIGNATURE
    for _ in range(_MAX_CHUNKS):
        file.seek(place)
        head = file.read(8)
        if len(head) < 8:
            return
        size, kind = struct.unpack(">I4s", head)
        place += 12 + size
        if kind in (*_TEXTS, b"eXIf"):
            yield kind, file.read(size) if size <= _MAX_BYTES else b""
