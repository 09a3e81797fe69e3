"""What JPEG files hold beside pixels: segments before the first scan.

Sources: ITU-T T.81; EXIF 3.0; XMP specification, part 3 (extended XMP).
"""

import shutil
import struct
from collections.abc import Iterator
from typing import BinaryIO

from chromantic.photo.metadata import iptc
from chromantic.photo.metadata.blobs import Blobs

EXIF_LIMIT = 65533 - 6
XMP_LIMIT = 65533 - 29
"""Bytes of an EXIF block and an XMP packet that a segment has room for."""

_SOI, _JFIF, _APP1, _APP13, _COMMENT = 0xD8, 0xE0, 0xE1, 0xED, 0xFE
_LAST = {0xD9, 0xDA}  # end, and start of a scan
_LONE = {0x01, *range(0xD0, 0xD9)}  # markers without content
_EXIF = b"Exif\0\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
_GUID = 32
_PIECE = 65400  # bytes of extended XMP in a segment
_MAX_SEGMENTS = 10_000
_MAX_BYTES = 1 << 25  # of all segments that are kept


def read_jpeg(file: BinaryIO, problems: list[str]) -> Blobs:
    """What the segments of a JPEG file hold.

    Args:
        file: From its start.
        problems: Takes what is wrong.
    """
    exif, xmp, resources, left = None, None, b"", _MAX_BYTES
    comments, pieces = list[bytes](), dict[bytes, dict[int, bytes]]()
    for marker, size in segment_sizes(file, _MAX_SEGMENTS):
        if marker not in (_APP1, _APP13, _COMMENT):
            continue
        data = file.read(size)
        left -= len(data)
        if left < 0:
            problems.append(f"its metadata are above {_MAX_BYTES >> 20} MB; what is above was left out")
            break
        if marker == _COMMENT:
            comments.append(data)
        elif marker == _APP13 and data.startswith(iptc.PHOTOSHOP):
            resources += data[len(iptc.PHOTOSHOP) :]
        elif data.startswith(_EXIF):
            exif = exif or data[len(_EXIF) :]
        elif data.startswith(_XMP):
            xmp = xmp or data[len(_XMP) :]
        elif data.startswith(_EXTENSION) and len(data) > 75:
            guid, _, start = struct.unpack_from(">32sII", data, len(_EXTENSION))
            pieces.setdefault(guid, {})[start] = data[len(_EXTENSION) + _GUID + 8 :]
    extended = _joined(pieces, xmp, problems)
    return Blobs(exif, xmp, extended, iptc.from_resources(resources), tuple(comments))


def segment_sizes(file: BinaryIO, most: int) -> Iterator[tuple[int, int]]:
    """The segments of a JPEG file before the first scan: marker and size of each, with the file at its content.

    Args:
        file: Is moved to the start of each content.
        most: Segments, and markers without content, that are looked at.
    """
    place = 2
    for _ in range(most):
        file.seek(place)
        head = file.read(2)
        while head == b"\xff\xff":  # markers may begin with more of these
            head = head[1:] + file.read(1)
        if len(head) < 2 or head[0] != 0xFF or head[1] in _LAST:
            return
        place = file.tell()
        if head[1] in _LONE:
            continue
        size = int.from_bytes(file.read(2), "big") - 2
        if size < 0:
            return
        place += 2 + size
        yield head[1], size


def embed_in_jpeg(source: BinaryIO, target: BinaryIO, blobs: Blobs, guid: bytes) -> None:
    """Copies a JPEG file, with more segments at its start.

    Args:
        source: From its start.
        target: Takes the copy.
        blobs: What the segments hold.
        guid: Of the extended XMP.
    """
    head = source.read(4)
    start = 2
    if head[2:] == bytes([0xFF, _JFIF]):
        start = 4 + int.from_bytes(source.read(2), "big")
    source.seek(0)
    target.write(source.read(start))
    segments = [(_APP1, _EXIF + blobs.exif)] if blobs.exif else []
    segments += [(_APP1, _XMP + blobs.xmp)] if blobs.xmp else []
    extended = blobs.extended or b""
    segments += [
        (_APP1, _EXTENSION + guid + struct.pack(">II", len(extended), place) + extended[place : place + _PIECE])
        for place in range(0, len(extended), _PIECE)
    ]
    resources, room = iptc.resources(blobs.iptc) if blobs.iptc else b"", 65533 - len(iptc.PHOTOSHOP)
    segments += [(_APP13, iptc.PHOTOSHOP + resources[place : place + room]) for place in range(0, len(resources), room)]
    segments += [
        (_COMMENT, comment[place : place + 65533])
        for comment in blobs.comments
        for place in range(0, len(comment) or 1, 65533)
    ]
    for marker, data in segments:
        target.write(struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data)
    shutil.copyfileobj(source, target)


def _joined(pieces: dict[bytes, dict[int, bytes]], xmp: bytes | None, problems: list[str]) -> bytes | None:
    """The extension that a packet names."""
    for guid, parts in pieces.items():
        if xmp and guid in xmp:
            whole = b""
            for start in sorted(parts):
                if start != len(whole):
                    break
                whole += parts[start]
            else:
                return whole
            problems.append("its extended XMP is incomplete and was left out")
    return None
