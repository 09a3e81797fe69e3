"""The seal of a result: the hash of its file, in the file, which tells whether anybody has changed it since.

The hash leaves out its own digits and, in PNG files, the checksum of the chunk that holds them.
"""

import hashlib
import io
import zlib
from pathlib import Path
from typing import BinaryIO

_MARK, _DIGITS, _END = b"<!--Chromantic, sealed ", 64, b"-->"
BLANK = _MARK + b"0" * _DIGITS + _END
"""A seal that is still to be set: a comment of XML, or text. A file has it once."""

_PNG = b"\x89PNG\r\n\x1a\n"
_PIECE = 1 << 20  # bytes read at once


def seal(file: BinaryIO) -> None:
    """Sets the blank seal of a file; one that has none stays as it is.

    Args:
        file: Open for reading and writing.
    """
    place = _find(file, BLANK)
    if place is None:
        return
    place += len(_MARK)
    chunk = _chunk_at(file, place)
    digits = _hash(file, place, chunk).encode()
    file.seek(place)
    file.write(digits)
    if chunk:
        file.seek(chunk[0])
        checksum = zlib.crc32(file.read(chunk[1] - chunk[0]))
        file.write(checksum.to_bytes(4, "big"))


def is_sealed(path: Path) -> bool | None:
    """Whether a file is a result as it was written, byte for byte; None where it has no seal.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        place = _find(file, _MARK)
        if place is None:
            return None
        place += len(_MARK)
        file.seek(place)
        digits = file.read(_DIGITS)
        return _hash(file, place, _chunk_at(file, place)).encode() == digits


def _find(file: BinaryIO, wanted: bytes) -> int | None:
    """Where bytes are; None where they are not."""
    start, window = 0, b""
    file.seek(0)
    while piece := file.read(_PIECE):
        window += piece
        if (place := window.find(wanted)) >= 0:
            return start + place
        start += max(0, len(window) - len(wanted))
        window = window[-len(wanted) :]
    return None


def _chunk_at(file: BinaryIO, place: int) -> tuple[int, int] | None:
    """From the type to the end of the data of a PNG file's chunk around a place; None in other files."""
    file.seek(0)
    if file.read(len(_PNG)) != _PNG:
        return None
    end = len(_PNG) - 4
    while end <= place:
        file.seek(end + 4)
        start = end + 8
        end = start + 4 + int.from_bytes(file.read(4), "big")
    return start, end


def _hash(file: BinaryIO, place: int, chunk: tuple[int, int] | None) -> str:
    digest = hashlib.sha256()
    left_out = [range(place, place + _DIGITS), *([range(chunk[1], chunk[1] + 4)] if chunk else [])]
    file.seek(0)
    for gap in left_out:
        _update(digest, file, max(0, gap.start - file.tell()))
        file.seek(gap.stop)
    _update(digest, file, None)
    return digest.hexdigest()


def _update(digest: "hashlib._Hash", file: BinaryIO, size: int | None) -> None:
    """Adds the next bytes of a file to a hash; all that are left where no number is given."""
    while piece := file.read(_PIECE if size is None else min(_PIECE, size)):
        digest.update(piece)
        size = None if size is None else size - len(piece)


def sealed(content: bytes) -> bytes:
    """The content of a file with its blank seal set."""
    file = io.BytesIO(content)
    seal(file)
    return file.getvalue()
