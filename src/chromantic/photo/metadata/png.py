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
from chromantic.photo.metadata.chunks import png_chunk_places
from chromantic.photo.metadata.text import MAX_BYTES, read_chunk

_SIGNATURE, _HEADER = 8, 25  # bytes: of the signature, and of the chunk IHDR
_XMP = b"XML:com.adobe.xmp"
_RAW = b"Raw profile type "
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_MAX_TEXTS = 1_000
_MAX_BYTES = 1 << 25  # of a chunk
_MOST_PACKED = 1032  # times: what zlib can make of a byte
_MANY_TEXTS = 1 << 20  # bytes of them, which unpacked may take seconds


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
            left -= min(left, _MOST_PACKED * len(data))  # what it may have cost
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


def without_texts(file: BinaryIO) -> bytes | None:
    """A PNG file without its texts, which whoever decodes it would unpack; None where they are small.

    Args:
        file: From its start.
    """
    sizes = [(place, size) for place, size, kind in png_chunk_places(file) if kind in _TEXTS]
    if sum(size for _, size in sizes) < _MANY_TEXTS:
        return None
    file.seek(0)
    content, parts, start = file.read(), list[bytes](), 0
    for place, size in sizes:
        parts.append(content[start : place - 8])
        start = place + size + 4
    return b"".join(parts) + content[start:]


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
    """Type and data of the chunks that may hold metadata; no data of one that is too large."""
    for place, size, kind in png_chunk_places(file):
        if kind in (*_TEXTS, b"eXIf"):
            file.seek(place)
            yield kind, file.read(size) if size <= _MAX_BYTES else b""
