"""Valid bytes, and what an attacker or a bad disk makes of them."""

import struct
import zlib
from collections.abc import Callable

from hypothesis import strategies as st

TELLING = (
    b"\0",
    b"\xff",
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\0\0\0\x08",
    b"\x08\0\0\0",
    b"<",
    b">",
    b"\x1c",
)


def edited(seeds: list[bytes], mend: Callable[[bytes], bytes] = lambda content: content) -> st.SearchStrategy[bytes]:
    """One of the seeds after up to twelve edits.

    Args:
        seeds: Valid bytes.
        mend: Applied at last; a checksum may hide all else.
    """
    place = st.integers(0, max(map(len, seeds)) - 1)
    piece = st.one_of(st.sampled_from(TELLING), st.binary(max_size=8))
    edit = st.tuples(
        st.sampled_from(("replace", "insert", "delete", "repeat", "end")), place, st.integers(1, 64), piece
    )
    return st.builds(_edit, st.sampled_from(seeds), st.lists(edit, max_size=12)).map(mend)


def _edit(content: bytes, edits: list[tuple[str, int, int, bytes]]) -> bytes:
    for kind, place, length, piece in edits:
        at = place % (len(content) + 1)
        before, after = content[:at], content[at:]
        if kind == "replace":
            content = before + piece + after[len(piece) :]
        elif kind == "insert":
            content = before + piece + after
        elif kind == "delete":
            content = before + after[length:]
        elif kind == "repeat":
            content = before + after[:length] * (1 + length) + after
        elif at * 2 > len(content):  # cut short, but not to nothing
            content = before
    return content


def with_checksums(content: bytes) -> bytes:
    """A PNG file whose chunks have the right checksums."""
    parts, place = [content[:8]], 8
    while place + 8 <= len(content):
        size = int.from_bytes(content[place : place + 4], "big")
        chunk = content[place + 4 : place + 8 + size]
        parts.append(struct.pack(">I", size) + chunk + struct.pack(">I", zlib.crc32(chunk)))
        place += 12 + size
    return b"".join(parts)
