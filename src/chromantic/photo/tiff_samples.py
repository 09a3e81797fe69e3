"""Decodes the TIFF files that libvips does not read as they are meant: packed bits, spare channels, Lab, ZSTD ..."""

import io
import struct
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np
from PIL.TiffImagePlugin import TiffImageFile

from chromantic.photo.tiff import CIELAB, FLOAT, ICCLAB, INT, ITULAB, MIN_IS_WHITE, UINT, Page

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_BAND = 1 << 22  # samples that are unpacked at once
_FAX_RANGES = {1: (-85.0, 85.0), 2: (-75.0, 125.0)}  # of a and b
_MOST_PACKED = 1100  # times: what Deflate can make of a byte, and photos never need
_SMALL_STRIP = 1 << 24  # bytes, which may be of one colour
_BELOW_ZERO = 0.02  # signed samples further below zero use their whole range, others have noise around black


def read_samples(file: BinaryIO, page: Page, in_memory_pixels: int) -> np.ndarray:
    """The samples of a page that is not `by_libvips` and of which nothing is `unread`.

    Args:
        file: Open for reading.
        page: Its first page.
        in_memory_pixels: From which size on they are kept in a temporary file, which is mapped.

    Returns:
        height width channels, the colours and, last, opacity where there is one: uint8 where the file has at most 8
        bits, uint16 for all other whole numbers, black at 0 and white at the type's largest; float32 for floats, white
        at 1. Of Lab files float32: lightness from 0 to 100, a and b, and opacity from 0 to 255.

    Raises:
        ValueError: The file breaks off or makes no sense.
    """
    width, height = page.size
    lab = page.photometric in (CIELAB, ICCLAB, ITULAB)
    narrow = page.bits <= 8 and not lab and page.kind != FLOAT
    depth = np.float32 if lab or page.kind == FLOAT else np.uint8 if narrow else np.uint16
    kept = [*range(page.colours), *([] if page.opacity is None else [page.opacity])]
    shape = (height, width, len(kept))
    if width * height <= in_memory_pixels:
        result = np.zeros(shape, depth)
    else:
        with tempfile.TemporaryFile() as room:
            result = np.memmap(room, depth, "w+", shape=shape)
    lowest = min((int(part.min()) for *_, part in _parts(file, page)), default=0) if page.kind == INT and not lab else 0
    for channel, top, left, raw in _parts(file, page):
        part = raw[: height - top, : width - left]
        rows, columns = slice(top, top + len(part)), slice(left, left + part.shape[1])
        for place in kept if channel is None else [channel]:
            stored = part[..., place if channel is None else 0]
            meant = _lab(stored, page, place) if lab else _levels(stored, page, lowest)
            if page.photometric == MIN_IS_WHITE and place < page.colours:
                meant = (1 if page.kind == FLOAT else np.iinfo(meant.dtype).max) - meant
            result[rows, columns, kept.index(place)] = meant
    return result


def _levels(raw: np.ndarray, page: Page, lowest: int) -> np.ndarray:
    """Samples from black at 0 to white at the largest value of their type, or 1."""
    if page.kind == FLOAT:
        return raw.astype(np.float32)
    white = 2 ** (page.bits - (page.kind == INT)) - 1
    target = 255 if page.bits <= 8 else 65535
    if page.kind == UINT and white == target:
        return raw.astype(np.uint8 if page.bits == 8 else np.uint16)
    values = raw.astype(np.float64)
    if page.kind == INT and lowest < -_BELOW_ZERO * white:
        values, white = values + (white + 1), 2 * white + 1
    scaled: np.ndarray = np.rint(values.clip(0, white) * (target / white))
    return scaled.astype(np.uint8 if page.bits <= 8 else np.uint16)


def _lab(raw: np.ndarray, page: Page, place: int) -> np.ndarray:
    """One channel of Lab: lightness from 0 to 100, a or b, or opacity from 0 to 255."""
    scale, zero = 1.0, 0.0
    white, unit = 2**page.bits - 1, 2.0 ** (page.bits - 8)
    if page.kind == FLOAT:
        scale = 255.0 if place >= page.colours else 1.0
    elif place >= page.colours:
        scale = 255 / white
    elif place == 0:
        scale = 100 / (255 * unit if page.photometric == ICCLAB else white)
    elif page.photometric == CIELAB:
        raw, scale = raw.astype(f"i{page.bits // 8}"), 1 / unit
    elif page.photometric == ICCLAB:
        scale, zero = 1 / unit, -128.0
    else:
        low, high = _FAX_RANGES[place]
        scale, zero = (high - low) / white, low
    channel: np.ndarray = raw.astype(np.float32) * np.float32(scale) + np.float32(zero)
    return channel


def _parts(file: BinaryIO, page: Page) -> Iterator[tuple[int | None, int, int, np.ndarray]]:
    """Strips or tiles: channel (None: all), top, left, and samples (rows columns channels) as stored."""
    width, height = page.size
    tiled = bool(page.numbers(322))
    columns = page.number(322, width) if tiled else width
    rows = page.number(323, height) if tiled else min(page.number(278, height), height)
    offsets, sizes = page.numbers(324 if tiled else 273), page.numbers(325 if tiled else 279)
    if not (rows and columns):
        raise ValueError("strips without rows")
    count = -(-height // rows) * -(-width // columns)
    channels: Sequence[int | None] = range(page.channels) if page.planar else [None]
    if len(offsets) < count * len(channels):
        raise ValueError("too few strips")
    places = [(top, left) for top in range(0, height, rows) for left in range(0, width, columns)]
    number = 0
    needless = [channel for channel in channels if channel is not None and page.colours <= channel != page.opacity]
    for channel in channels:
        if channel in needless:
            number += len(places)
            continue
        for top, left in places:
            high = rows if tiled else min(rows, height - top)
            size = sizes[number] if number < len(sizes) else None
            for below, part in _part(
                file, page, offsets[number], size, high, columns, 1 if page.planar else page.channels
            ):
                yield channel, top + below, left, part
            number += 1


def _part(
    file: BinaryIO, page: Page, offset: int, size: int | None, rows: int, columns: int, channels: int
) -> Iterator[tuple[int, np.ndarray]]:
    """One strip or tile, in bands: the first row, and samples (rows columns channels)."""
    row_bytes = (columns * channels * page.bits + 7) // 8
    band = max(1, _BAND // (columns * channels))
    data = b""
    if page.compression != 1:
        file.seek(offset)
        packed = file.read(-1 if size is None else size)
        if row_bytes * rows > max(_SMALL_STRIP, _MOST_PACKED * len(packed)):
            raise ValueError("a strip claims more than it can hold")
        data = _decompressed(packed, page, row_bytes, rows)
    for top in range(0, rows, band):
        high = min(band, rows - top)
        if page.compression == 1:
            file.seek(offset + top * row_bytes)
            content = file.read(high * row_bytes)
            content = content.translate(_REVERSED) if page.number(266, 1) == 2 else content
        else:
            content = data[top * row_bytes : (top + high) * row_bytes]
        if len(content) < high * row_bytes:
            raise ValueError("the samples break off")
        yield top, _unpacked(content, page, high, columns, channels)


def _unpacked(content: bytes, page: Page, rows: int, columns: int, channels: int) -> np.ndarray:
    shape = (rows, columns, channels)
    predictor = page.number(317, 1) if page.compression != 1 else 1
    if predictor == 3:
        differences = np.frombuffer(content, np.uint8).reshape(rows, -1, channels)
        planes = np.add.accumulate(differences, axis=1, dtype=np.uint8).reshape(rows, page.bits // 8, -1)
        return planes.swapaxes(1, 2).copy().view(f">f{page.bits // 8}").reshape(shape)
    if page.bits in (8, 16, 32, 64):
        code = {UINT: "u", INT: "i", FLOAT: "f"}[page.kind]
        if predictor == 2:
            code = "u"
        values = np.frombuffer(content, f"{page.order}{code}{page.bits // 8}").reshape(shape)
        if predictor == 2:
            native = values.astype(values.dtype.newbyteorder("="))
            values = np.add.accumulate(native, axis=1, dtype=native.dtype)
            values = values.view({UINT: "u", INT: "i", FLOAT: "f"}[page.kind] + str(page.bits // 8))
        return values
    bits, reach = page.bits, (page.bits + 14) // 8
    rows_of_bytes = np.frombuffer(content, np.uint8).reshape(rows, -1)
    padded = np.pad(rows_of_bytes, ((0, 0), (0, reach))).astype(np.uint32)
    first = np.arange(columns * channels) * bits
    values = np.zeros((rows, len(first)), np.uint32)
    for step in range(reach):
        values = values << np.uint32(8) | padded[:, first // 8 + step]
    values = values >> (8 * reach - bits - first % 8).astype(np.uint32) & np.uint32(2**bits - 1)
    return values.reshape(shape)


def _decompressed(data: bytes, page: Page, row_bytes: int, rows: int) -> bytes:
    """The bytes of a strip: but for Deflate Pillow's libtiff decompresses it as a grey picture, one byte a pixel."""
    if page.compression in (8, 32946):
        data = data.translate(_REVERSED) if page.number(266, 1) == 2 else data
        try:
            return zlib.decompressobj().decompress(data, row_bytes * rows)
        except zlib.error as error:
            raise ValueError(f"a strip cannot be decompressed ({error})") from error
    fields = {256: row_bytes, 257: rows, 258: 8, 259: page.compression, 262: 1, 266: page.number(266, 1)}
    fields |= {273: 0, 277: 1, 278: rows, 279: len(data)}
    start = 8 + 2 + 12 * len(fields) + 4
    entries = b"".join(struct.pack("<HHLL", tag, 4, 1, start if tag == 273 else value) for tag, value in fields.items())
    head = b"II*\0" + struct.pack("<LH", 8, len(fields)) + entries + bytes(4)
    try:
        with TiffImageFile(io.BytesIO(head + data)) as image:
            return image.tobytes()
    except Exception as error:  # Pillow's readers meet what is wrong with exceptions of every kind
        raise ValueError(f"a strip cannot be decompressed ({error})") from error
