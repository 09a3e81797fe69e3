"""TIFF files that are not read, or break off."""

import imagecodecs
import numpy as np
import pytest
from tiff_file import (
    CMYK,
    DEFLATE,
    MIN_IS_BLACK,
    NONE,
    PACKBITS,
    PALETTE,
    RGB,
    SHAPE,
    UINT,
    ZSTD,
    ramps,
    stored,
    tiff,
)

from chromantic.errors import ChromanticError
from chromantic.photo import UnknownKindError, read_header, read_photo


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (tiff(stored(ramps(1), UINT, 8), 8, MIN_IS_BLACK, compression=34887), "LERC compression"),
        (tiff(stored(ramps(1), UINT, 8), 8, MIN_IS_BLACK, compression=50002), "JPEG XL compression"),
        (tiff(stored(ramps(1), UINT, 8), 8, MIN_IS_BLACK, compression=12345), "TIFF 12345 compression"),
        (tiff(stored(ramps(1), UINT, 16), 16, 32803), "raw sensor data"),
        (tiff(stored(ramps(3), UINT, 16), 16, 34892), "raw sensor data"),
        (tiff(stored(ramps(1), UINT, 32), 24, MIN_IS_BLACK), "24 bits a sample"),
        (tiff(stored(ramps(5), UINT, 8), 8, CMYK, tags={332: (3, [2])}), "ink other than CMYK"),
        (tiff(np.zeros((*SHAPE, 20), np.uint8), 8, RGB), "20 channels"),
        (tiff(stored(ramps(2), UINT, 8), 8, RGB), "2 channels"),
        (tiff(stored(ramps(3), UINT, 8), 8, RGB, tags={258: (3, [8, 8, 16])}), "channels of different bits"),
        (tiff(stored(ramps(3), UINT, 12), 12, RGB, tags={317: (3, [2])}), "predictor 2"),
        (tiff(stored(ramps(1), UINT, 8), 8, MIN_IS_BLACK, tags={339: (3, [5])}), "8 bits a complex sample"),
        (
            tiff(stored(ramps(1), UINT, 8), 8, PALETTE, compression=ZSTD),
            "ZSTD compression of such colours",
        ),
    ],
)
def test_what_is_whole_but_not_read_is_named(content: bytes, what: str) -> None:
    for read in (read_photo, read_header):
        with pytest.raises(
            UnknownKindError, match=rf"^scan\.tif: {what}.* is not read here; save it as PNG, or as TIFF"
        ):
            read(content, "scan.tif")


@pytest.mark.parametrize("compression", [NONE, DEFLATE, ZSTD])
def test_files_that_break_off_are_damaged(compression: int) -> None:
    def cut(data: bytes) -> bytes:
        return {ZSTD: imagecodecs.zstd_encode, DEFLATE: imagecodecs.zlib_encode}.get(compression, bytes)(data)[:90]

    content = tiff(stored(ramps(3), UINT, 12), 12, RGB, compression=compression, encode=cut, rows_per_strip=11)
    for broken in (content,) if compression == NONE else (content, content[:8] + bytes(90) + content[98:]):
        with pytest.raises(ChromanticError, match=r"^photo: damaged or truncated \(.+\); get a fresh copy$"):
            read_photo(broken)


def test_hostile_sizes_are_refused_at_once() -> None:
    """Tiles of a pixel, strips that would unpack to gigabytes, and more values than there can be."""
    samples = stored(ramps(1), UINT, 12)
    wide = {256: (4, [30_000]), 257: (4, [30_000])}
    tiles = {322: (4, [1]), 323: (4, [1]), 324: (4, [8]), 325: (4, [90])}
    strip = {278: (4, [30_000])}
    for tags in (wide | tiles, wide | strip, wide):
        content = tiff(samples, 12, MIN_IS_BLACK, compression=DEFLATE, tags=tags, rows_per_strip=11)
        with pytest.raises(ChromanticError, match=r"damaged or truncated \((too few strips|a strip claims more)"):
            read_photo(content)


@pytest.mark.parametrize("compression", [NONE, DEFLATE, PACKBITS])
def test_a_file_cannot_claim_more_pixels_than_its_bytes_can_hold(compression: int) -> None:
    wide = {256: (4, [900_000]), 257: (4, [1000])}
    content = tiff(stored(ramps(1), UINT, 8), 8, MIN_IS_BLACK, compression=compression, tags=wide)
    with pytest.raises(ChromanticError, match="900000 x 1000 pixels in too few bytes"):
        read_photo(content)
