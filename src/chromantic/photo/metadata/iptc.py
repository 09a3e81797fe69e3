"""IPTC-IIM records: among Photoshop's image resources, as XMP, and as texts of PNG files.

Sources: IPTC-IIM 4.2; IPTC Photo Metadata Standard 2023 (the same fields in XMP); ImageMagick's raw profiles.
"""

import re
import struct
from collections.abc import Iterator

from chromantic.photo.metadata.text import decoded
from chromantic.photo.metadata.xmp import Value

PHOTOSHOP = b"Photoshop 3.0\0"
"""Starts the segment of a JPEG file that holds image resources."""

_RESOURCE = struct.pack(">4sHH", b"8BIM", 0x0404, 0)  # that of IPTC, without a name
_MARKER = 0x1C  # starts a data set
_UTF8 = b"\x1b%G"  # of data set 1:90
_FIELDS = {
    5: ("dc:title", "Alt"),
    15: ("photoshop:Category", ""),
    20: ("photoshop:SupplementalCategories", "Bag"),
    25: ("dc:subject", "Bag"),
    40: ("photoshop:Instructions", ""),
    55: ("photoshop:DateCreated", ""),
    80: ("dc:creator", "Seq"),
    85: ("photoshop:AuthorsPosition", ""),
    90: ("photoshop:City", ""),
    92: ("Iptc4xmpCore:Location", ""),
    95: ("photoshop:State", ""),
    100: ("Iptc4xmpCore:CountryCode", ""),
    101: ("photoshop:Country", ""),
    103: ("photoshop:TransmissionReference", ""),
    105: ("photoshop:Headline", ""),
    110: ("photoshop:Credit", ""),
    115: ("photoshop:Source", ""),
    116: ("dc:rights", "Alt"),
    120: ("dc:description", "Alt"),
    122: ("photoshop:CaptionWriter", ""),
}  # data sets of record 2
_DATE, _MAX_FIELDS = 55, 10_000
_LINE = 36  # bytes of a raw profile


def from_resources(resources: bytes) -> bytes | None:
    """The IPTC-IIM records among image resources; None if there are none or they are broken."""
    place = 0
    while resources[place : place + 4] == b"8BIM" and place + 12 <= len(resources):
        name = resources[place + 6] // 2 * 2 + 2  # its length and the name, filled up to even
        start = place + 6 + name + 4
        size = int.from_bytes(resources[start - 4 : start], "big")
        if resources[place : place + 6] == _RESOURCE[:6]:
            return resources[start : start + size]
        place = start + size + size % 2
    return None


def resources(records: bytes) -> bytes:
    """Image resources: IPTC-IIM records and nothing else."""
    return _RESOURCE + struct.pack(">I", len(records)) + records + bytes(len(records) % 2)


def from_tiff(value: bytes) -> bytes:
    """The records of TIFF's field, which some programs write as numbers in the file's byte order."""
    if value[:1] != bytes([_MARKER]) and value[3:4] == bytes([_MARKER]) and len(value) % 4 == 0:
        return b"".join(value[place : place + 4][::-1] for place in range(0, len(value), 4))
    return value


def as_xmp(records: bytes) -> dict[str, Value]:
    """The properties that records stand for, by qualified name."""
    utf8, found = False, dict[int, list[bytes]]()
    for record, number, value in _data_sets(records):
        if (record, number) == (1, 90):
            utf8 = value == _UTF8
        elif record == 2 and number in _FIELDS:
            found.setdefault(number, []).append(value)
    values: dict[str, Value] = {}
    for number, items in found.items():
        key, kind = _FIELDS[number]
        texts = tuple(text for item in items if (text := decoded(item, utf8).strip("\0 ")))
        if texts and kind:
            values[key] = (kind, texts[:1] if kind == "Alt" else texts)
        elif texts and (single := _date(texts[0]) if number == _DATE else texts[0]):
            values[key] = single
    return values


def _data_sets(records: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Record, number and value of each data set, up to the first that is broken."""
    place = 0
    for _ in range(_MAX_FIELDS):
        if place + 5 > len(records) or records[place] != _MARKER:
            return
        record, number, size = struct.unpack_from(">BBH", records, place + 1)
        place += 5
        if size >> 15:  # the size of the size
            length = size & 0x7FFF
            size = int.from_bytes(records[place : place + min(length, 8)], "big")
            place += length
        if place + size > len(records):
            return
        yield record, number, records[place : place + size]
        place += size


def _date(text: str) -> str | None:
    """A date as XMP writes it: unknown parts are zeros in IPTC."""
    if not re.fullmatch(r"\d{8}", text) or text.startswith("0000"):
        return None
    parts = [text[:4], text[4:6], text[6:]]
    known = 1 if parts[1] == "00" else 2 if parts[2] == "00" else 3
    return "-".join(parts[:known])


def raw_profile(kind: str, content: bytes) -> bytes:
    """The text of a PNG chunk that holds a block of bytes."""
    lines = [content[place : place + _LINE].hex() for place in range(0, len(content), _LINE)]
    return f"\n{kind}\n{len(content):8}\n{chr(10).join(lines)}\n".encode()


def from_raw_profile(text: bytes) -> bytes:
    """The block of bytes in the text of a PNG chunk; empty if it is broken."""
    parts = text.split(maxsplit=2)
    try:
        return bytes.fromhex(parts[2].decode("ascii"))
    except (ValueError, IndexError):
        return b""
