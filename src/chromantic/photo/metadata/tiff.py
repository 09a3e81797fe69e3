"""TIFF's directories of fields, which EXIF blocks have, too: read with limits, and written anywhere in a file.

Source: TIFF 6.0; BigTIFF.
"""

import struct
from collections.abc import Mapping
from typing import BinaryIO, Literal, NamedTuple, TypeAlias

import numpy as np

MAX_BYTES = 1 << 25
"""Values of one file that hold more together are left out."""
ASCII, SHORT, LONG, RATIONAL, LONG8 = 2, 3, 4, 5, 16
"""Types of fields."""

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 16: 8, 17: 8, 129: 1}
_UNITS = _SIZES | {5: 4, 10: 4}  # bytes whose order depends on the file's; rationals are pairs
_SHORTER = {16: 4, 17: 9}  # types of BigTIFF, and what holds their values elsewhere
_POINTERS = {3: 2, 4: 4, 13: 4, 16: 8, 18: 8}  # types of places in a file, and their bytes


class Field(NamedTuple):
    """A value.

    Attributes:
        type: As TIFF numbers them.
        data: In the byte order of the file.
    """

    type: int
    data: bytes

    @property
    def number(self) -> int:
        """How many numbers, or bytes of text, it has."""
        return len(self.data) // _SIZES[self.type]


Fields: TypeAlias = dict[int, Field]


class Head(NamedTuple):
    """How a file starts.

    Attributes:
        order: `<` or `>`: the byte order of numbers.
        big: Whether places in the file have 64 bits.
        first: Where the first directory is.
    """

    order: str
    big: bool
    first: int

    @property
    def word(self) -> str:
        """A place in the file, as `struct` names it."""
        return self.order + ("Q" if self.big else "L")

    @property
    def endian(self) -> Literal["little", "big"]:
        """The byte order, as `int` names it."""
        return "little" if self.order == "<" else "big"


class Entry(NamedTuple):
    """An entry of a directory as it is stored.

    Attributes:
        tag: Of the field.
        type: Of its value.
        number: How many there are.
        word: The value where it has room, else where it is.
    """

    tag: int
    type: int
    number: int
    word: bytes


class Table(NamedTuple):
    """A directory.

    Attributes:
        entries: In the file's order.
        following: Where the next directory is; 0 for none.
        whole: Whether all entries that it claims are there.
    """

    entries: list[Entry]
    following: int
    whole: bool


class Directories:
    """Reads a file's directories, up to a number of bytes of values.

    Attributes:
        head: How the file starts.
        broken: Whether a part could not be read so far.
        full: Whether values were left out because they are too many.
    """

    def __init__(self, file: BinaryIO, most: float = MAX_BYTES) -> None:
        """Takes a file, and how many bytes of values are read of it.

        Raises:
            struct.error: It does not start like TIFF.
        """
        self._file, self._left, self.broken, self.full = file, most, False, False
        file.seek(0)
        start = file.read(16)
        order = {b"II": "<", b"MM": ">"}.get(start[:2], "")
        if not order:
            raise struct.error("no byte order")
        big = struct.unpack_from(order + "H", start, 2)[0] == 43  # 42 in files with 32-bit offsets
        self.head = Head(
            order, big, *struct.unpack_from(*((order + "Q", start, 8) if big else (order + "L", start, 4)))
        )

    def table(self, place: int) -> Table:
        """The directory at a place, or what there is of it."""
        head = self.head
        count, entry = head.order + ("Q" if head.big else "H"), head.order + ("HHQ8s" if head.big else "HHL4s")
        try:
            self._file.seek(place)
            (number,) = struct.unpack(count, self._file.read(struct.calcsize(count)))
        except (struct.error, OverflowError, OSError, ValueError):
            return Table([], 0, False)
        table = self._file.read(min(number, 1 << 16) * struct.calcsize(entry))
        following = self._file.read(struct.calcsize(head.word)).ljust(struct.calcsize(head.word), b"\0")
        whole = len(table) // struct.calcsize(entry)
        found = struct.iter_unpack(entry, table[: whole * struct.calcsize(entry)])
        return Table([Entry(*values) for values in found], int.from_bytes(following, head.endian), whole == number)

    def entries(self, place: int) -> dict[int, Entry]:
        """The entries of the directory at a place, by tag."""
        table = self.table(place)
        self.broken |= not table.whole
        return {entry.tag: entry for entry in table.entries}

    def directory(self, pointer: Entry) -> dict[int, Entry]:
        """The entries of the directory that a field points to, by tag."""
        return self.entries(int.from_bytes(pointer.word[: _POINTERS.get(pointer.type, 0)], self.head.endian))

    def place(self, entry: Entry) -> int:
        """Where the value is that an entry has no room for."""
        return int.from_bytes(entry.word, self.head.endian)

    def value(self, entry: Entry) -> Field | None:
        """The value of an entry; None where it cannot be read, is a pointer or of no known type."""
        size = _SIZES.get(entry.type, 0) * entry.number
        if size <= len(entry.word):
            return Field(entry.type, entry.word[:size]) if size else None
        self._left -= size
        if self._left < 0:
            self.full = True
            return None
        try:
            self._file.seek(self.place(entry))
            data = self._file.read(size)
        except (OverflowError, OSError):  # a place that no file has
            data = b""
        self.broken |= len(data) < size
        return Field(entry.type, data) if len(data) == size else None


Value: TypeAlias = "Field | Entry | dict[int, Field]"
"""Of a field: as it is, as it is stored already, or a directory that it points to."""


class Layout:
    """The bytes of directories, from a place of a file on.

    Attributes:
        data: The bytes so far.
    """

    def __init__(self, head: Head, start: int, pinned: tuple[int, range] = (-1, range(0))) -> None:
        """Begins.

        Args:
            head: Of the file.
            start: The place.
            pinned: The tag of a value and where in the file it goes, whatever else there is.
        """
        self._head, self._start, self.data = head, start, bytearray()
        self._pinned, self._kept_free = pinned

    def put(self, fields: Mapping[int, "Value"]) -> int:
        """Adds a directory with those it points to, and says where it is."""
        count, head = len(fields), self._head
        word, entry = struct.calcsize(head.word), head.order + ("HHQ" if head.big else "HHL")
        table = struct.pack(head.order + ("Q" if head.big else "H"), count)
        place = self._reserve(len(table) + count * (struct.calcsize(entry) + word) + word)
        for tag, value in sorted(fields.items()):
            if isinstance(value, dict):
                kind, number, data = (LONG8 if head.big else LONG), 1, struct.pack(head.word, self.put(value))
            elif isinstance(value, Entry):
                kind, number, data = value.type, value.number, value.word
            else:
                kind, number, data = value.type, value.number, value.data
            if len(data) > word:
                pinned = tag == self._pinned and len(data) == len(self._kept_free)
                data = struct.pack(head.word, self._write(data, self._kept_free.start if pinned else None))
            table += struct.pack(entry, tag, kind, number) + data.ljust(word, b"\0")
        self._write(table + bytes(word), place)
        return place

    def _reserve(self, size: int) -> int:
        place = self._start + len(self.data) + len(self.data) % 2
        if place < self._kept_free.stop and place + size > self._kept_free.start:
            place = self._kept_free.stop + self._kept_free.stop % 2
        self.data.extend(bytes(place + size - self._start - len(self.data)))
        return place

    def _write(self, data: bytes, place: int | None = None) -> int:
        place = self._reserve(len(data)) if place is None else place
        at = place - self._start
        self.data.extend(bytes(max(0, at + len(data) - len(self.data))))
        self.data[at : at + len(data)] = data
        return place


def swapped(value: Field, may_be_utf16: bool) -> Field:
    """A value in the other byte order.

    Args:
        value: In one.
        may_be_utf16: Whether it may be a comment of EXIF, which says so.
    """
    if may_be_utf16 and value.data.startswith(b"UNICODE\0"):
        text = value.data[8 : len(value.data) // 2 * 2]
        return Field(value.type, b"UNICODE\0" + np.frombuffer(text, "u2").byteswap().tobytes())
    unit = _UNITS[value.type]
    return value if unit == 1 else Field(value.type, np.frombuffer(value.data, f"u{unit}").byteswap().tobytes())


def shortened(value: Field, order: str) -> Field | None:
    """A value as files with 32-bit offsets can hold it; None where they cannot."""
    if value.type not in _SHORTER:
        return value
    kind = "i" if value.type == 17 else "u"
    numbers = np.frombuffer(value.data, f"{order}{kind}8")
    short = numbers.astype(f"{order}{kind}4")
    return Field(_SHORTER[value.type], short.tobytes()) if (short == numbers).all() else None
