"""The table of TIFF in docs/reference/photographs.md: samples as tifffile and Pillow read them, and what they mean."""

import io
from collections.abc import Iterator
from functools import cache
from itertools import product

import imagecodecs
import numpy as np
import pytest
import tifffile
from kinds import PROFILES
from PIL import Image, ImageCms
from skimage.color import lab2rgb
from tiff_file import (
    ASSOCIATED,
    CIELAB,
    CMYK,
    DEFLATE,
    FLOAT,
    ICCLAB,
    INT,
    ITULAB,
    LZW,
    MIN_IS_BLACK,
    MIN_IS_WHITE,
    NONE,
    PACKBITS,
    PALETTE,
    RGB,
    SHAPE,
    UINT,
    UNASSOCIATED,
    UNSPECIFIED,
    ZSTD,
    ramps,
    stored,
    tiff,
)

from chromantic.errors import ChromanticError
from chromantic.photo import Photo, read_header, read_photo, split_lightness

COLOURS = {MIN_IS_WHITE: 1, MIN_IS_BLACK: 1, RGB: 3, CMYK: 4, CIELAB: 3, ICCLAB: 3, ITULAB: 3}
DEPTHS = [
    *[(UINT, bits) for bits in (1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 32, 64)],
    *[(INT, bits) for bits in (8, 16, 32, 64)],
    *[(FLOAT, bits) for bits in (16, 32, 64)],
]
EXTRAS = [
    (),
    (UNSPECIFIED,),
    (ASSOCIATED,),
    (UNASSOCIATED,),
    (UNSPECIFIED, UNSPECIFIED),
    (UNSPECIFIED, UNASSOCIATED),
    (UNASSOCIATED, UNSPECIFIED, UNSPECIFIED),
]
LIBVIPS_CMYK = PROFILES["cmyk"]


def by_tifffile(content: bytes) -> np.ndarray:
    """The samples, height width channels."""
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        page = file.pages[0]
        assert isinstance(page, tifffile.TiffPage)
        samples = page.asarray()
        samples = samples[..., None] if samples.ndim == 2 else samples
        return np.moveaxis(samples, 0, -1) if page.planarconfig == 2 and page.samplesperpixel > 1 else samples


def meant(samples: np.ndarray, kind: int, bits: int) -> np.ndarray:
    """Samples from black at 0 to white at 1."""
    values = samples.astype(np.float64)
    if kind == INT:
        values = values + 2.0 ** (bits - 1)
    return values if kind == FLOAT else values / (2.0**bits - 1)


def cells(photometric: int, kind: int, bits: int) -> Iterator[tuple[bytes, tuple[int, ...], bool]]:
    """Files of every layout: their content, their ExtraSamples, and whether their channels lie apart.

    With each ExtraSamples, every other one of the planes and compressions; with the next, the others.
    """
    ways = list(product((False, True), ((NONE, "<"), (DEFLATE, ">"), (PACKBITS, "<"))))
    for number, extra in enumerate(EXTRAS):
        values = ramps(COLOURS[photometric] + len(extra))
        if extra[:1] == (ASSOCIATED,):
            values[..., :-1] *= values[..., -1:]
        samples = stored(values, kind, bits)
        for planar, (compression, order) in ways[number % 2 :: 2]:
            layout = {"planar": planar, "compression": compression, "order": order, "rows_per_strip": 4}
            yield tiff(samples, bits, photometric, extra=extra, **layout), extra, planar


@pytest.mark.parametrize(("kind", "bits"), DEPTHS)
@pytest.mark.parametrize("photometric", [MIN_IS_WHITE, MIN_IS_BLACK, RGB])
def test_every_cell(photometric: int, kind: int, bits: int) -> None:
    colours = COLOURS[photometric]
    for content, extra, planar in cells(photometric, kind, bits):
        what = f"{extra} {planar}"
        values = meant(by_tifffile(content), kind, bits)
        photo = read_photo(content)
        assert photo.pixels.dtype == (np.float32 if kind == FLOAT else np.uint8 if bits <= 8 else np.uint16), what
        step = 1e-6 if kind == FLOAT else 0.51 / photo.white
        expected = 1 - values[..., :colours] if photometric == MIN_IS_WHITE else values[..., :colours]
        opacity = next((values[..., colours + place] for place, what in enumerate(extra) if what), None)
        assert (photo.alpha is None) == (opacity is None), what
        if opacity is not None:
            assert abs(photo.alpha / photo.white - opacity).max() <= step, what
        read = photo.pixels / photo.white
        if extra[:1] == (ASSOCIATED,):
            read = (1 - read if photometric == MIN_IS_WHITE else read) * opacity[..., None]
            expected = np.minimum(values[..., :colours], opacity[..., None])  # in few bits there is too much colour
        assert abs(read - expected).max() <= (3 if extra[:1] == (ASSOCIATED,) else 1) * step, what


@cache
def inks_to_srgb() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(LIBVIPS_CMYK)),
        ImageCms.createProfile("sRGB"),
        "CMYK",
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )


@pytest.mark.parametrize(("kind", "bits"), DEPTHS)
def test_every_cell_of_ink(kind: int, bits: int) -> None:
    """Four inks of any depth are what Pillow's LittleCMS makes of the same inks in 8 bits."""
    for content, extra, _ in list(cells(CMYK, kind, bits))[::5]:
        photo = read_photo(content)
        assert photo.pixels.shape == (*SHAPE, 3)
        assert (photo.alpha is not None) == any(extra)
        if ASSOCIATED in extra:
            continue
        inks = np.rint(meant(by_tifffile(content), kind, bits)[..., :4] * 255).astype(np.uint8)
        srgb = ImageCms.applyTransform(Image.fromarray(inks, "CMYK"), inks_to_srgb())
        assert srgb is not None
        assert abs(photo.pixels / photo.white - np.asarray(srgb) / 255).max() < 0.02


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("photometric", [CIELAB, ICCLAB, ITULAB])
def test_every_cell_of_lab(photometric: int, bits: int, planar: bool) -> None:
    lab = ramps(4) * [100, 60, 60, 1] + [0, -30, -30, 0]
    unit = 2 ** (bits - 8)
    white = 2**bits - 1
    scales = {
        CIELAB: ([white / 100, unit, unit], [0, 0, 0]),
        ICCLAB: ([255 * unit / 100, unit, unit], [0, 128 * unit, 128 * unit]),
        ITULAB: ([white / 100, white / 170, white / 200], [0, white / 2, 75 * white / 200]),
    }
    scale, zero = scales[photometric]
    levels = np.rint(np.dstack([lab[..., :3] * scale + zero, lab[..., 3] * white]))
    samples = (levels.astype(np.int64) % (white + 1)).astype(f"u{bits // 8}")
    for extra in ((), (UNSPECIFIED,), (UNASSOCIATED,)):
        content = tiff(samples[..., : 3 + len(extra)], bits, photometric, extra=extra, planar=planar)
        photo = read_photo(content)
        assert photo.result_depth == samples.dtype
        inside = abs(lab2rgb(lab[..., :3]) - 0.5).max(axis=-1) < 0.49
        off = abs(split_lightness(photo) - lab[..., 0])[inside].max()
        assert off < (0.6 if bits == 8 else 0.1)
        assert abs(photo.pixels / 65535 - lab2rgb(lab[..., :3]))[inside].max() < (0.02 if bits == 8 else 0.005)
        assert (photo.alpha is not None) == (extra == (UNASSOCIATED,))
        if photo.alpha is not None:
            assert abs(photo.alpha / 65535 - lab[..., 3]).max() < 0.51 / white + 1e-4


def test_lab_as_pillow_reads_it() -> None:
    samples = np.dstack([np.arange(256, dtype=np.uint8).reshape(16, 16), *[np.zeros((16, 16), np.uint8)] * 2])
    content = tiff(samples, 8, CIELAB)
    with Image.open(io.BytesIO(content)) as image:
        srgb = ImageCms.profileToProfile(
            image, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    assert srgb is not None
    assert abs(read_photo(content).pixels / 257 - np.asarray(srgb)).max() < 2


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_palettes(bits: int) -> None:
    indices = (np.arange(SHAPE[0] * SHAPE[1]).reshape(*SHAPE, 1) % 2**bits).astype(np.uint8)
    colours = np.random.default_rng(0).integers(0, 256, (3, 2**bits)) * 257
    content = tiff(indices, bits, PALETTE, tags={320: (3, colours.ravel().tolist())})
    with Image.open(io.BytesIO(content)) as image:
        np.testing.assert_array_equal(read_photo(content).pixels, np.asarray(image.convert("RGB")))


CODECS = {LZW: imagecodecs.lzw_encode, ZSTD: imagecodecs.zstd_encode, 34925: imagecodecs.lzma_encode}


@pytest.mark.parametrize("compression", CODECS)
@pytest.mark.parametrize(("kind", "bits"), [(UINT, 8), (UINT, 12), (UINT, 16), (INT, 16), (FLOAT, 32)])
@pytest.mark.parametrize("extra", [(), (UNSPECIFIED,)])
def test_compressions(compression: int, kind: int, bits: int, extra: tuple[int, ...]) -> None:
    samples = stored(ramps(3 + len(extra)), kind, bits)
    content = tiff(samples, bits, RGB, extra=extra, compression=compression, encode=CODECS[compression])
    plain = read_photo(tiff(samples, bits, RGB, extra=extra))
    np.testing.assert_array_equal(read_photo(content).pixels, plain.pixels)


@pytest.mark.parametrize("compression", ["lzw", "zstd"])
@pytest.mark.parametrize(
    ("kind", "bits", "predictor"),
    [(UINT, 8, 2), (UINT, 16, 2), (UINT, 32, 2), (INT, 16, 2), (FLOAT, 32, 3)],
)
@pytest.mark.parametrize(("tile", "planar"), [(None, "contig"), ((16, 16), "contig"), ((16, 16), "separate")])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_by_another_writer(
    compression: str, kind: int, bits: int, predictor: int, tile: tuple[int, int] | None, planar: str, byteorder: str
) -> None:
    file, samples = io.BytesIO(), stored(np.tile(ramps(4), (3, 3, 1)), kind, bits)
    layout = {"photometric": "rgb", "extrasamples": [0], "planarconfig": planar, "tile": tile, "predictor": predictor}
    data = np.moveaxis(samples, -1, 0) if planar == "separate" else samples
    tifffile.imwrite(file, data, compression=compression, bigtiff=bool(tile), byteorder=byteorder, **layout)
    np.testing.assert_array_equal(by_tifffile(file.getvalue()), samples)
    photo = read_photo(file.getvalue())
    assert photo.alpha is None
    white = photo.white
    assert abs(photo.pixels / white - meant(samples, kind, bits)[..., :3]).max() <= (
        1e-6 if kind == FLOAT else 0.51 / white
    )


def test_bits_may_be_reversed() -> None:
    samples = stored(ramps(1), UINT, 12)
    content = tiff(samples, 12, MIN_IS_BLACK)
    strips = slice(8, 8 + 16 * ((13 * 12 + 7) // 8))
    fields = {266: (3, [2])}
    turned = tiff(samples, 12, MIN_IS_BLACK, tags=fields, encode=imagecodecs.bitorder_encode)
    assert turned[strips] != content[strips]
    np.testing.assert_array_equal(read_photo(turned).pixels, read_photo(content).pixels)


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_signed_samples_that_are_all_positive_reach_from_black_to_white(bits: int) -> None:
    white = 2 ** (bits - 1) - 1
    samples = np.floor(ramps(1) * white).astype(f"i{bits // 8}")
    photo = read_photo(tiff(samples, bits, MIN_IS_BLACK))
    assert abs(photo.pixels / photo.white - samples / white).max() <= 0.51 / photo.white
    samples[0, 0] = -(2 ** (bits - 8))  # noise
    assert read_photo(tiff(samples, bits, MIN_IS_BLACK)).pixels[0, 0] == 0


def test_a_large_one_is_mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    content = tiff(stored(ramps(4), UINT, 12), 12, RGB, extra=(UNASSOCIATED,))
    small = read_photo(content)
    monkeypatch.setattr("chromantic.photo.read.IN_MEMORY_PIXELS", 100)
    monkeypatch.setattr("chromantic.photo.tiff_samples._BAND", 50)
    large = read_photo(content)
    assert isinstance(large.pixels, np.memmap)
    np.testing.assert_array_equal(large.pixels, small.pixels)
    np.testing.assert_array_equal(large.alpha, small.alpha)


@pytest.mark.parametrize("photometric", [MIN_IS_BLACK, RGB])
def test_spare_channels_are_left_out_with_one_warning(photometric: int, caplog: pytest.LogCaptureFixture) -> None:
    samples = stored(ramps(COLOURS[photometric] + 2), UINT, 16)
    read_photo(tiff(samples, 16, photometric, extra=(UNSPECIFIED, UNASSOCIATED)), "scan.tif")
    assert caplog.messages == ["scan.tif: has channels besides its colours that are no opacity; left out: 1"]


def test_spare_channels_of_jpeg_in_tiff(caplog: pytest.LogCaptureFixture) -> None:
    rgb = np.full((16, 16, 3), 200, np.uint8)
    samples = np.dstack([rgb, np.full((16, 16), 90, np.uint8)])
    jpeg = imagecodecs.jpeg8_encode(samples, colorspace="CMYK", outcolorspace="CMYK")
    content = tiff(samples, 8, RGB, extra=(UNSPECIFIED,), compression=7, encode=lambda _: jpeg)
    photo = read_photo(content)
    assert photo.alpha is None
    assert photo.pixels.shape == (16, 16, 3)
    assert "left out: 1" in caplog.text


# Floats


def floats(low: float, high: float) -> Photo:
    samples = np.full((*SHAPE, 1), low, np.float32)
    samples[5:] = high
    return read_photo(tiff(samples, 32, MIN_IS_BLACK), "scan.tif")


@pytest.mark.parametrize(("low", "high"), [(0, 1.0003), (-0.0002, 1), (-0.04, 1.04)])
def test_floats_slightly_outside_are_clipped_with_a_warning(
    low: float, high: float, caplog: pytest.LogCaptureFixture
) -> None:
    photo = floats(low, high)
    assert (photo.pixels.min(), photo.pixels.max()) == (0, 1)
    assert [message.partition(":")[0] for message in caplog.messages] == ["scan.tif"]


@pytest.mark.parametrize(("low", "high"), [(0, 255), (-1, 1), (0, float("nan")), (0, float("inf"))])
def test_floats_far_outside_are_refused(low: float, high: float) -> None:
    with pytest.raises(ChromanticError, match=r"^scan\.tif: values (from -?\d|that are no numbers).*8 or 16 bits"):
        floats(low, high)


def test_floats_with_a_profile_are_clipped_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    file = io.BytesIO()
    tags = [(34675, "B", len(PROFILES["p3"]), PROFILES["p3"], True)]
    tifffile.imwrite(file, (ramps(3) * 1.02).astype(np.float32), photometric="rgb", extratags=tags)
    assert read_photo(file.getvalue()).pixels.dtype == np.uint16
    assert len(caplog.messages) == 1
    assert "clipped" in caplog.messages[0]


# Layout


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(orientation: int) -> None:
    for bits in (8, 12):  # by libvips, and here
        samples = stored(ramps(1), UINT, bits)
        content = tiff(samples, bits, MIN_IS_BLACK, tags={274: (3, [orientation])})
        expected = read_photo(Image.open(io.BytesIO(tiff(stored(ramps(1), UINT, 8), 8, 1)))).pixels
        photo = read_photo(content)
        assert photo.size == ((13, 11) if orientation < 5 else (11, 13))
        header = read_header(content)
        assert (header.width, header.height) == photo.size
        turned = {1: 0, 3: 2, 6: 3, 8: 1}.get(orientation)
        if turned is not None:
            assert abs(photo.pixels / photo.white - np.rot90(expected, turned) / 255).max() < 0.003


def test_metadata_and_pages_of_what_libvips_does_not_read(caplog: pytest.LogCaptureFixture) -> None:
    file, data = io.BytesIO(), stored(ramps(4), UINT, 16)
    iptc = b"\x1c\x02\x78\0\x02ab"
    tags = [(33723, "B", len(iptc), iptc, True), (34675, "B", len(PROFILES["p3"]), PROFILES["p3"], True)]
    with tifffile.TiffWriter(file) as writer:
        for _ in range(2):
            writer.write(data, photometric="rgb", extratags=tags, resolution=(300, 150), resolutionunit="INCH")
    photo = read_photo(file.getvalue(), "scan.tif")
    assert photo.metadata.iptc == iptc
    assert photo.metadata.resolution == pytest.approx((300 / 25.4, 150 / 25.4))
    assert abs(photo.pixels.astype(int) - data[..., :3]).max() > 500  # by its profile
    assert caplog.messages[-1] == "scan.tif: has 2 pages or frames; the first is taken"
