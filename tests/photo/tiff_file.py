"""TIFF files of every kind, written byte by byte: no library at hand writes them all."""

import struct
import zlib
from collections.abc import Callable, Sequence

import numpy as np

NONE, LZW, DEFLATE, PACKBITS, ZSTD = 1, 5, 8, 32773, 50000
MIN_IS_WHITE, MIN_IS_BLACK, RGB, PALETTE, CMYK, CIELAB, ICCLAB, ITULAB = 0, 1, 2, 3, 5, 8, 9, 10
UINT, INT, FLOAT = 1, 2, 3
UNSPECIFIED, ASSOCIATED, UNASSOCIATED = 0, 1, 2
_SHORT, _LONG = 3, 4


def packbits(data: bytes) -> bytes:
    """Bytes in PackBits' literal runs, which every reader takes."""
    runs = (data[at : at + 128] for at in range(0, len(data), 128))
    return b"".join(bytes([len(run) - 1]) + run for run in runs)


ENCODERS: dict[int, Callable[[bytes], bytes]] = {NONE: bytes, DEFLATE: zlib.compress, PACKBITS: packbits}


def packed(rows: np.ndarray, bits: int, order: str) -> bytes:
    """Samples of so many bits (height, samples of a row), most significant bit first, each row from a whole byte."""
    if rows.dtype.kind == "f" or bits in (8, 16, 32, 64):
        return rows.astype(rows.dtype.newbyteorder(order)).tobytes()
    levels = (rows.astype(np.uint64)[..., None] >> np.arange(bits - 1, -1, -1, dtype=np.uint64)) & np.uint64(1)
    return np.packbits(levels.reshape(len(rows), -1).astype(np.uint8), axis=1).tobytes()


def tiff(
    samples: np.ndarray,
    bits: int,
    photometric: int,
    *,
    extra: Sequence[int] = (),
    planar: bool = False,
    compression: int = NONE,
    order: str = "<",
    rows_per_strip: int = 16,
    tags: dict[int, tuple[int, Sequence[int]]] | None = None,
    encode: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """A file of one page in strips.

    Args:
        samples: height width channels, those of `extra` last; unsigned, signed or floats, in the range of `bits`.
        bits: Of a sample.
        photometric: PhotometricInterpretation.
        extra: ExtraSamples.
        planar: Each channel on its own, else interleaved.
        compression: Of the strips.
        order: Of bytes: `<` or `>`.
        rows_per_strip: Of each plane.
        tags: More of them: type (3 or 4) and values.
        encode: What compresses a strip; None takes `ENCODERS`.
    """
    height, width, channels = samples.shape
    planes = [samples[..., [channel]] for channel in range(channels)] if planar else [samples]
    pack = encode or ENCODERS.get(compression, bytes)
    strips = [
        pack(packed(plane[top : top + rows_per_strip].reshape(-1, width * plane.shape[2]), bits, order))
        for plane in planes
        for top in range(0, height, rows_per_strip)
    ]
    kind = {"u": UINT, "i": INT, "f": FLOAT}[samples.dtype.kind]
    offsets = [8 + sum(map(len, strips[:number])) for number in range(len(strips))]
    fields = {
        256: (_LONG, [width]),
        257: (_LONG, [height]),
        258: (_SHORT, [bits] * channels),
        259: (_SHORT, [compression]),
        262: (_SHORT, [photometric]),
        273: (_LONG, offsets),
        277: (_SHORT, [channels]),
        278: (_LONG, [rows_per_strip]),
        279: (_LONG, [len(strip) for strip in strips]),
        284: (_SHORT, [1 + planar]),
        339: (_SHORT, [kind] * channels),
    }
    if extra:
        fields[338] = (_SHORT, list(extra))
    fields |= tags or {}
    data = b"".join(strips)
    data += bytes(len(data) % 2)
    start = 8 + len(data)
    directory, values = struct.pack(order + "H", len(fields)), b""
    after = start + 2 + 12 * len(fields) + 4
    for tag, (type_, numbers) in sorted(fields.items()):
        content = struct.pack(f"{order}{len(numbers)}{'H' if type_ == _SHORT else 'L'}", *numbers)
        directory += struct.pack(order + "HHL", tag, type_, len(numbers))
        if len(content) <= 4:
            directory += content.ljust(4, b"\0")
        else:
            directory += struct.pack(order + "L", after + len(values))
            values += content + bytes(len(content) % 2)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "L", start)
    return head + data + directory + bytes(4) + values


SHAPE = (11, 13)
"""Rows and columns of the ramps."""


def ramps(channels: int) -> np.ndarray:
    """As many channels of different ramps from 0 to 1, height width channels."""
    ramp = np.linspace(0, 1, SHAPE[0] * SHAPE[1]).reshape(SHAPE)
    return np.dstack([ramp, ramp[::-1], ramp[:, ::-1], ramp[::-1, ::-1], ramp**2, ramp**0.5, ramp**3][:channels])


def stored(values: np.ndarray, kind: int, bits: int) -> np.ndarray:
    """Samples of [0, 1] as a file of that depth holds them; signed ones from the lowest to the highest."""
    if kind == FLOAT:
        return values.astype(f"f{bits // 8}")
    if bits == 64:
        levels = (values * (2**32 - 1)).astype(np.uint64) << np.uint64(32)
        levels |= levels >> np.uint64(32)
    else:
        levels = np.rint(values * (2**bits - 1)).astype(np.uint64)
    if kind == INT:
        return (levels ^ np.uint64(1 << (bits - 1))).astype(f"u{bits // 8}").view(f"i{bits // 8}")
    return levels.astype(f"u{max(1, 2 ** int(np.ceil(np.log2(bits))) // 8)}")
