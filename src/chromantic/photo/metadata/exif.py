"""EXIF and the fields of TIFF files: each value as its bytes, so that what nobody here knows stays what it was.

Source: EXIF 3.0 (CIPA DC-008).
"""

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import BinaryIO

from chromantic.photo.metadata.tiff import (
    ASCII,
    LONG,
    MAX_BYTES,
    RATIONAL,
    SHORT,
    Directories,
    Entry,
    Field,
    Fields,
    Head,
    Layout,
    Value,
    shortened,
    swapped,
)

MAIN, EXIF, GPS = 0, 34665, 34853
"""Directories: a file's first one, and those it points to by fields of these tags."""
XMP, IPTC, PHOTOSHOP = 700, 33723, 34377
"""Tags of a TIFF file's XMP packet, IPTC records and image resources of Photoshop."""

_RESOLUTION, _RESOLUTION_UNIT, _INCH = (282, 283), 296, 2
_MILLIMETRES = {_INCH: 25.4, 3: 10.0}  # of resolution's units
_SOFTWARE, _COLOR_SPACE, _MAKER_NOTE = 305, 40961, 37500
_INTEROPERABILITY, _RULE, _ADOBE_RULE, _GAMMA = 40965, 1, b"R03", 42240
SRGB, ADOBE_RGB, UNCALIBRATED = 1, 2, 0xFFFF
"""Values of ColorSpace; cameras write the second, which DCF 2.0 says by the third and a rule of interoperability."""

_WIDTH, _HEIGHT = 40962, 40963
_PLACES = {37396, 41492}  # SubjectArea, SubjectLocation: pixels of the picture before it was turned
_OF_THE_FILE = {
    MAIN: {
        *range(254, 267), *range(273, 285), *range(288, 298), 301, *range(317, 348), 351, *range(400, 405), 433, 434,
        435, *range(512, 522), *range(529, 533), 559, XMP, IPTC, PHOTOSHOP, 34675, 37724, *range(50706, 51200),
        *range(52525, 52600), 59932,
    },  # its layout, tones, thumbnails, layers and raw data
    EXIF: {37122, 40965, 42240, 59932},  # compression, interoperability, gamma, padding
    GPS: set(),
}  # fmt: skip
_UTF16 = {EXIF: {37510}, GPS: {27, 28}}  # comments, which may be UTF-16 of the file's byte order


@dataclass(frozen=True)
class Exif:
    """Fields by directory and tag.

    Attributes:
        order: `<` or `>`: the byte order of all values.
        directories: `MAIN`, `EXIF` and `GPS`, where they are not empty.
        maker_note: Where the maker's note began; its own offsets often count from there or from the file's start.
        resolution: Pixels per millimetre across and down, as the pixels are stored; None where nothing is said of it.
        colour_space: `SRGB`, `ADOBE_RGB`, `UNCALIBRATED` or another number; None where nothing is said of it.
        gamma: Of the tones; None where nothing is said of it.
    """

    order: str = "<"
    directories: Mapping[int, Fields] = field(default_factory=dict)
    maker_note: int | None = None
    resolution: tuple[float, float] | None = None
    colour_space: int | None = None
    gamma: float | None = None

    def get(self, tag: int) -> bytes | None:
        """The bytes of a field of any directory; None where there is none."""
        return next((fields[tag].data for fields in self.directories.values() if tag in fields), None)


def read_exif(file: BinaryIO | bytes, problems: list[str]) -> tuple[Exif, Fields]:
    """The fields of an EXIF block or a TIFF file that hold for its pixels, whatever file they are in.

    Args:
        file: Starts with TIFF's header.
        problems: Takes what is wrong.

    Returns:
        The fields; and of a TIFF file XMP, IPTC and Photoshop's image resources.
    """
    try:
        source = Directories(io.BytesIO(file) if isinstance(file, bytes) else file)
    except struct.error:
        problems.append("its EXIF data are broken and were left out")
        return Exif(), {}
    main = source.entries(source.head.first)
    blobs = {tag: value for tag in (XMP, IPTC, PHOTOSHOP) if tag in main and (value := source.value(main[tag]))}
    found = {MAIN: main} | {tag: source.directory(main.pop(tag)) for tag in (EXIF, GPS) if tag in main}
    note = found.get(EXIF, {}).get(_MAKER_NOTE)
    directories = {
        directory: {tag: value for tag, entry in entries.items() if (value := source.value(entry))}
        for directory, entries in _holding(found).items()
    }
    exif = Exif(
        source.head.order,
        {directory: fields for directory, fields in directories.items() if fields},
        source.place(note) if note else None,
        _resolution(source, main),
        _colour_space(source, found.get(EXIF, {})),
        _ratio(source, found.get(EXIF, {}), _GAMMA),
    )
    if source.broken:
        problems.append("a part of its EXIF data is broken and was left out")
    if source.full:
        problems.append(f"its EXIF data are above {MAX_BYTES >> 20} MB; what is above was left out")
    return exif, blobs


def _holding(found: Mapping[int, Mapping[int, Entry]]) -> dict[int, dict[int, Entry]]:
    return {
        directory: {tag: entry for tag, entry in entries.items() if tag not in _OF_THE_FILE[directory]}
        for directory, entries in found.items()
    }


def _resolution(source: Directories, main: Mapping[int, Entry]) -> tuple[float, float] | None:
    across, down = (_ratio(source, main, tag) for tag in _RESOLUTION)
    unit = _whole(source, main, _RESOLUTION_UNIT) if _RESOLUTION_UNIT in main else _INCH  # as TIFF and EXIF have it
    if unit not in _MILLIMETRES or not across or not down:
        return None
    return across / _MILLIMETRES[unit], down / _MILLIMETRES[unit]


def _colour_space(source: Directories, fields: Mapping[int, Entry]) -> int | None:
    space = _whole(source, fields, _COLOR_SPACE)
    if space == SRGB or _INTEROPERABILITY not in fields:
        return space
    rules = source.directory(fields[_INTEROPERABILITY])
    rule = source.value(rules[_RULE]) if _RULE in rules else None
    return ADOBE_RGB if rule and rule.data.startswith(_ADOBE_RULE) else space


def _whole(source: Directories, fields: Mapping[int, Entry], tag: int) -> int | None:
    value = source.value(fields[tag]) if tag in fields else None
    if value is None or value.type not in (SHORT, LONG) or value.number != 1:
        return None
    return int.from_bytes(value.data, source.head.endian)


def _ratio(source: Directories, fields: Mapping[int, Entry], tag: int) -> float | None:
    value = source.value(fields[tag]) if tag in fields else None
    if value is None or (value.type, value.number) != (RATIONAL, 1):
        return None
    above, below = struct.unpack(source.head.order + "LL", value.data)
    return above / below if below else None


def of_result(exif: Exif, software: str, size: tuple[int, int], resolution: tuple[float, float], turned: bool) -> Exif:
    """The fields of a result.

    Args:
        exif: Of the photo.
        software: That made the result.
        size: Width and height in pixels.
        resolution: Pixels per inch across and down.
        turned: Whether the photo's pixels were stored in another direction.
    """
    main = exif.directories.get(MAIN, {}) | {
        _SOFTWARE: Field(ASCII, software.encode() + b"\0"),
        _RESOLUTION_UNIT: _number(exif, SHORT, _INCH),
        **{tag: _rational(exif, dots) for tag, dots in zip(_RESOLUTION, resolution, strict=True)},
    }
    fields = dict(exif.directories.get(EXIF, {}))
    holds = {_COLOR_SPACE: _number(exif, SHORT, SRGB)}
    holds |= {tag: _number(exif, LONG, side) for tag, side in zip((_WIDTH, _HEIGHT), size, strict=True)}
    fields |= {tag: value for tag, value in holds.items() if tag in fields}
    if turned:
        fields = {tag: value for tag, value in fields.items() if tag not in _PLACES}
    directories = {MAIN: main, EXIF: fields, GPS: exif.directories.get(GPS, {})}
    return replace(exif, directories={key: each for key, each in directories.items() if each})


def exif_block(exif: Exif, limit: int | None = None) -> tuple[bytes, list[int]]:
    """An EXIF block as JPEG, PNG and WebP files hold it. The maker's note stays in its place.

    Args:
        exif: What it holds.
        limit: Of its size in bytes.

    Returns:
        The block, and the tags of those largest fields that were left out so that it fits.
    """
    exif = _of_classic(exif)
    block, dropped = _block(exif), []
    if limit and len(block) > limit:
        exif = replace(exif, maker_note=None)
        block = _block(exif)
        sizes = sorted((len(value.data), tag) for fields in exif.directories.values() for tag, value in fields.items())
        total = len(block)
        while sizes and total > limit:
            size, tag = sizes.pop()
            dropped.append(tag)
            total -= 12 + (size if size > 4 else 0)
        if dropped:
            left = set(dropped)
            exif = replace(
                exif,
                directories={
                    directory: {tag: value for tag, value in fields.items() if tag not in left}
                    for directory, fields in exif.directories.items()
                },
            )
            block = _block(exif)
    return block, dropped


def add_to_tiff(file: BinaryIO, exif: Exif, blobs: Fields) -> None:
    """Adds fields to a TIFF file of one page, in a new directory at its end; its own fields come first.

    Args:
        file: Open for reading and writing.
        exif: In any byte order.
        blobs: More fields.
    """
    source = Directories(file)
    head, own = source.head, source.entries(source.head.first)
    exif = exif if head.big else _of_classic(exif)
    exif = exif if exif.order == head.order else _swapped(exif, head.order)
    end = file.seek(0, io.SEEK_END)
    layout = Layout(head, end + end % 2)
    fields: dict[int, Value] = {**exif.directories.get(MAIN, {}), **blobs}
    fields |= {key: dict(exif.directories[key]) for key in (EXIF, GPS) if key in exif.directories}
    place = layout.put(fields | own)
    file.write(bytes(end % 2) + layout.data)
    file.seek(8 if head.big else 4)
    file.write(struct.pack(head.word, place))


def _block(exif: Exif) -> bytes:
    head = Head(exif.order, False, 8)
    note = exif.directories.get(EXIF, {}).get(_MAKER_NOTE)
    free = range(0)
    if note and exif.maker_note and 8 < exif.maker_note < 1 << 16 and len(note.data) > 4:
        free = range(exif.maker_note, exif.maker_note + len(note.data))
    layout = Layout(head, 8, (_MAKER_NOTE, free))
    fields: dict[int, Value] = {**exif.directories.get(MAIN, {})}
    place = layout.put(fields | {key: dict(exif.directories[key]) for key in (EXIF, GPS) if key in exif.directories})
    return (b"II*\0" if exif.order == "<" else b"MM\0*") + struct.pack(head.word, place) + layout.data


def _swapped(exif: Exif, order: str) -> Exif:
    return Exif(
        order,
        {
            directory: {tag: swapped(value, tag in _UTF16.get(directory, ())) for tag, value in fields.items()}
            for directory, fields in exif.directories.items()
        },
    )


def _of_classic(exif: Exif) -> Exif:
    """Without what only files with 64-bit offsets can hold."""
    directories = {
        directory: {tag: short for tag, value in fields.items() if (short := shortened(value, exif.order))}
        for directory, fields in exif.directories.items()
    }
    return replace(exif, directories=directories)


def _number(exif: Exif, kind: int, number: int) -> Field:
    return Field(kind, struct.pack(exif.order + ("H" if kind == SHORT else "L"), number))


def _rational(exif: Exif, number: float) -> Field:
    ratio = Fraction(min(max(number, 1e-3), 1e6)).limit_denominator(1000)
    return Field(RATIONAL, struct.pack(exif.order + "LL", ratio.numerator, ratio.denominator))
