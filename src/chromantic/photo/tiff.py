"""What the first page of a TIFF file says of its samples."""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from chromantic.photo.metadata.tiff import LONG, LONG8, Directories

MIN_IS_WHITE, MIN_IS_BLACK, RGB, PALETTE, CMYK, YCBCR = 0, 1, 2, 3, 5, 6
CIELAB, ICCLAB, ITULAB = 8, 9, 10
UINT, INT, FLOAT = 1, 2, 3
_OPACITY = (1, 2)  # of ExtraSamples: premultiplied, and not
_PREMULTIPLIED = 1

_COLOURS = {MIN_IS_WHITE: 1, MIN_IS_BLACK: 1, RGB: 3, PALETTE: 1, CMYK: 4, YCBCR: 3, CIELAB: 3, ICCLAB: 3, ITULAB: 3}
_LAB = (CIELAB, ICCLAB, ITULAB)
_FORMATS = {1: "B", 2: "B", 3: "H", 4: "L", 5: "LL", 6: "b", 7: "B", 8: "h", 9: "l", 13: "L", 16: "Q", 18: "Q"}
_CODED = {2, 3, 4, 6, 7, 33003, 33004, 33005, 34712, 50001}  # CCITT, JPEG, JPEG 2000, WebP: libvips' own business
_BYTES = {1, 5, 8, 32773, 32946, 34925, 50000}  # compressions of bytes whatever they mean
_COMPRESSIONS = {
    32766: "NeXT",
    32809: "ThunderScan",
    32895: "CT",
    32908: "PixarFilm",
    32909: "PixarLog",
    34661: "JBIG",
    34676: "SGI Log",
    34677: "SGI Log 24",
    34887: "LERC",
    34892: "lossy JPEG of raw data",
    34926: "ZSTD (of old)",
    34933: "PNG",
    34934: "JPEG XR",
    50002: "JPEG XL",
    52546: "JPEG XL",
}
_PHOTOMETRICS = {4: "a transparency mask", 32803: "raw sensor data", 34892: "raw sensor data", 51177: "a depth map"}
_AS_NUMBERS = {13: LONG, 18: LONG8}  # places of directories
_MOST_CHANNELS = 16
_MOST_ENTRIES = 4096
_MOST_VALUES = 1 << 22  # tiles of 16 x 16 in a gigapixel; more than any profile has bytes


@dataclass(frozen=True)
class Page:
    """The first page of a file.

    Attributes:
        order: Of bytes, as `struct` names it.
        fields: Values of its tags.
        pages: How many pages follow one another.
    """

    order: str
    fields: Mapping[int, tuple[int, ...] | bytes]
    pages: int

    def number(self, tag: int, default: int) -> int:
        """The first value of a tag."""
        values = self.fields.get(tag)
        return values[0] if values else default

    def numbers(self, tag: int) -> tuple[int, ...]:
        """The values of a tag; none where it is missing."""
        return tuple(self.fields.get(tag, ()))

    def blob(self, tag: int) -> bytes | None:
        """The bytes of a tag; None where it is missing."""
        values = self.fields.get(tag)
        return values if isinstance(values, bytes) and values else None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as stored."""
        return self.number(256, 0), self.number(257, 0)

    @property
    def orientation(self) -> int:
        """EXIF's, 1 to 8."""
        value = self.number(274, 1)
        return value if 1 <= value <= 8 else 1

    @property
    def channels(self) -> int:
        """Colours and what there is besides."""
        return self.number(277, 1)

    @property
    def photometric(self) -> int:
        """What the colours are."""
        return self.number(262, RGB if self.channels >= 3 else MIN_IS_BLACK)

    @property
    def colours(self) -> int:
        """Channels of colour."""
        return _COLOURS.get(self.photometric, self.channels)

    @property
    def extra(self) -> tuple[int, ...]:
        """What each channel after the colours is: 0 nobody says, 1 premultiplied opacity, 2 opacity."""
        spare = self.channels - self.colours
        return (self.numbers(338) + (0,) * spare)[:spare] if spare > 0 else ()

    @property
    def opacity(self) -> int | None:
        """The channel that is opacity; None where there is none."""
        return next((self.colours + place for place, what in enumerate(self.extra) if what in _OPACITY), None)

    @property
    def premultiplied(self) -> bool:
        """Whether the colours are weighted by the opacity."""
        return self.opacity is not None and self.extra[self.opacity - self.colours] == _PREMULTIPLIED

    @property
    def bits(self) -> int:
        """Of a sample."""
        return self.number(258, 1)

    @property
    def kind(self) -> int:
        """Of samples: `UINT`, `INT`, `FLOAT` or another one."""
        kind = self.number(339, UINT)
        return UINT if kind == 4 else kind  # 4: nobody says

    @property
    def compression(self) -> int:
        """Of strips and tiles."""
        return self.number(259, 1)

    @property
    def planar(self) -> bool:
        """Whether each channel is stored on its own."""
        return self.number(284, 1) == 2 and self.channels > 1

    @property
    def unread(self) -> str | None:
        """What is not read here of a file that is whole; None where all is."""
        if self.compression not in _CODED | _BYTES:
            return f"{_COMPRESSIONS.get(self.compression, f'TIFF {self.compression}')} compression"
        if self.photometric not in _COLOURS and self.photometric not in (32844, 32845):  # LogL, LogLuv
            return _PHOTOMETRICS.get(self.photometric, f"PhotometricInterpretation {self.photometric}")
        if self.channels > _MOST_CHANNELS or self.channels < self.colours:
            return f"{self.channels} channels"
        if self.photometric == CMYK and self.number(332, 1) != 1:
            return "ink other than CMYK"
        if self.by_libvips:
            return None
        if len(set(self.numbers(258))) > 1 or len(set(self.numbers(339))) > 1:
            return "channels of different bits"
        bits = {UINT: (*range(1, 17), 32, 64), INT: (8, 16, 32, 64), FLOAT: (16, 32, 64)}.get(self.kind, ())
        if self.photometric in _LAB and self.kind in (UINT, INT):
            bits = (8, 16)
        if self.photometric in (PALETTE, YCBCR):
            return f"{'ZSTD' if self.compression == 50000 else 'LZMA'} compression of such colours"
        if self.bits not in bits:
            names = {UINT: "bits a sample", INT: "bits a signed sample", FLOAT: "bits a float"}
            return f"{self.bits} {names.get(self.kind, 'bits a complex sample')}"
        predictors = {1, 2} if self.bits in (8, 16, 32, 64) else {1}
        if self.number(317, 1) not in predictors | ({3} if self.kind == FLOAT else set()):
            return f"predictor {self.number(317, 1)}"
        return None

    @property
    def by_libvips(self) -> bool:
        """Whether libvips reads such samples as they are meant."""
        if self.compression in _CODED or self.photometric not in (MIN_IS_WHITE, MIN_IS_BLACK, RGB, CMYK):
            return self.photometric not in _LAB and self.compression not in (34925, 50000)
        if self.compression in (34925, 50000) or len(set(self.numbers(258))) > 1:
            return False
        if self.bits in (1, 2, 4):
            plain = self.channels == 1 and self.number(284, 1) == 1 and self.photometric in (MIN_IS_WHITE, MIN_IS_BLACK)
            return plain and self.kind == UINT
        if self.extra not in ((), (2,)) or (self.extra and (self.planar or self.photometric in (MIN_IS_WHITE, CMYK))):
            return False
        if self.kind == FLOAT:
            return self.bits == 32 and self.photometric in (MIN_IS_BLACK, RGB)
        return self.kind == UINT and self.bits in (8, 16)


def read_page(file: BinaryIO) -> Page | None:
    """The first page of a TIFF file; None where its directory is broken."""
    try:
        return _read_page(file)
    except struct.error:
        return None


def _read_page(file: BinaryIO) -> Page | None:
    source = Directories(file, most=math.inf)
    table = source.table(source.head.first)
    if not table.whole or len(table.entries) > _MOST_ENTRIES:
        return None
    fields: dict[int, tuple[int, ...] | bytes] = {}
    for entry in table.entries:
        if entry.tag not in _WANTED or entry.tag in fields or entry.type not in _FORMATS or entry.number > _MOST_VALUES:
            continue
        value = source.value(entry._replace(type=_AS_NUMBERS.get(entry.type, entry.type)))
        if value is None:  # outside the file
            continue
        if entry.tag == _PROFILE:
            fields[entry.tag] = value.data
        else:
            codes = _FORMATS[entry.type]
            fields[entry.tag] = struct.unpack(f"{source.head.order}{entry.number * len(codes)}{codes[0]}", value.data)
    pages, seen, following = 1, {source.head.first}, table.following
    while following and following not in seen and pages < _MOST_ENTRIES:
        seen.add(following)
        table = source.table(following)
        if not table.whole or len(table.entries) > _MOST_ENTRIES:
            break
        pages, following = pages + 1, table.following
    return Page(source.head.order, fields, pages)


_PROFILE = 34675
_WANTED = {
    _PROFILE,
    *(256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 284),
    *(301, 317, 318, 319, 322, 323, 324, 325, 332, 338, 339, 433),
}
