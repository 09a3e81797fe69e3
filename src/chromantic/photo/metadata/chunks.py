"""Chunks, of which PNG and WebP files are made: a type, a size and data."""

from collections.abc import Iterator
from typing import BinaryIO

_MAX_CHUNKS = 100_000


def png_chunk_places(file: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    """Where the data of each chunk of a PNG file are, their size, and the chunk's type."""
    return _places(file, 8, riff=False)


def webp_chunk_places(file: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    """Where the data of each chunk of a WebP file are, their size, and the chunk's type."""
    return _places(file, 12, riff=True)


def _places(file: BinaryIO, place: int, riff: bool) -> Iterator[tuple[int, int, bytes]]:
    """RIFF has the type first, low bytes first, and an even number of bytes; PNG a checksum behind the data."""
    for _ in range(_MAX_CHUNKS):
        file.seek(place)
        head = file.read(8)
        if len(head) < 8:
            return
        kind, size = (head[:4], head[4:]) if riff else (head[4:], head[:4])
        length = int.from_bytes(size, "little" if riff else "big")
        yield place + 8, length, kind
        place += 8 + length + (length % 2 if riff else 4)
