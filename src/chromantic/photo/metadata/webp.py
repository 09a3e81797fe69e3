"""What WebP files hold beside pixels: chunks of RIFF.

Source: WebP container specification (RFC 9649).
"""

import shutil
import struct
from typing import BinaryIO

from chromantic.photo.metadata.blobs import Blobs
from chromantic.photo.metadata.chunks import webp_chunk_places

_EXIF, _XMP = b"EXIF", b"XMP "
_FLAGS = {_EXIF: 8, _XMP: 4}  # of the chunk VP8X
_FLAGS_AT = 20
_MAX_BYTES = 1 << 25


def read_webp(file: BinaryIO, problems: list[str]) -> Blobs:
    """What the chunks of a WebP file hold.

    Args:
        file: From its start.
        problems: Takes what is wrong.
    """
    found: dict[bytes, bytes] = {}
    for place, size, kind in webp_chunk_places(file):
        if kind not in _FLAGS or kind in found:
            continue
        if size > _MAX_BYTES:
            problems.append(f"its metadata are above {_MAX_BYTES >> 20} MB and were left out")
        else:
            file.seek(place)
            found[kind] = file.read(size)
    return Blobs(found.get(_EXIF), found.get(_XMP))


def embed_in_webp(source: BinaryIO, target: BinaryIO, blobs: Blobs) -> None:
    """Copies a WebP file that has a colour profile, with more chunks at its end.

    Args:
        source: From its start.
        target: Takes the copy.
        blobs: What the chunks hold.
    """
    parts = {_EXIF: blobs.exif, _XMP: blobs.xmp}
    chunks = b"".join(
        kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for kind, data in parts.items() if data
    )
    head = bytearray(source.read(_FLAGS_AT + 1))
    struct.pack_into("<I", head, 4, struct.unpack_from("<I", head, 4)[0] + len(chunks))
    head[_FLAGS_AT] |= sum(_FLAGS[kind] for kind, data in parts.items() if data)
    target.write(head)
    shutil.copyfileobj(source, target)
    target.write(chunks)
