"""The table of PNG in docs/reference/photographs.md, and what files say of their tones outside ICC profiles."""

import io
import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from heic_file import heic
from kinds import PROFILES
from PIL import Image
from PIL.TiffImagePlugin import IFDRational
from tiff_file import MIN_IS_BLACK, MIN_IS_WHITE, RGB, tiff

from chromantic.errors import ChromanticError
from chromantic.photo import read_photo
from chromantic.photo.tones import Tone, coded_tone

SHAPE = (9, 16)
GREY, COLOUR, PALETTE, GREY_ALPHA, COLOUR_ALPHA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, COLOUR: 3, PALETTE: 1, GREY_ALPHA: 2, COLOUR_ALPHA: 4}
CELLS = [
    *[(GREY, bits) for bits in (1, 2, 4, 8, 16)],
    *[(PALETTE, bits) for bits in (1, 2, 4, 8)],
    *[(kind, bits) for kind in (COLOUR, GREY_ALPHA, COLOUR_ALPHA) for bits in (8, 16)],
]
D65_SRGB = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(samples: np.ndarray, kind: int, bits: int, *chunks: bytes) -> bytes:
    """A file of samples (height width channels)."""
    rows = samples.reshape(len(samples), -1)
    if bits == 16:
        data = [row.astype(">u2").tobytes() for row in rows]
    else:
        spread = (rows[..., None] >> np.arange(bits - 1, -1, -1)) & 1
        data = [np.packbits(row.ravel().astype(np.uint8)).tobytes() for row in spread]
    header = struct.pack(">IIBBBBB", samples.shape[1], len(samples), bits, kind, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in data))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + body


def gama(gamma: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(gamma * 100_000)))


def encoded(light: np.ndarray) -> np.ndarray:
    """SRGB of light in [0, 1]."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def cell(kind: int, bits: int, *chunks: bytes) -> tuple[bytes, np.ndarray]:
    """A file, and its samples in [0, 1] as another reader gives them, palettes looked up."""
    count = SHAPE[0] * SHAPE[1]
    ramp = np.arange(count) * (2**bits - 1) // (count - 1)
    samples = np.dstack([np.roll(ramp, shift).reshape(SHAPE) for shift in (0, 20, 50, 70)[: CHANNELS[kind]]])
    colours = np.random.default_rng(0).integers(0, 256, 3 * 2**bits).astype(np.uint8).tobytes()
    palette = (chunk(b"PLTE", colours),) if kind == PALETTE else ()
    content = png(samples, kind, bits, *chunks, *palette)
    if kind != PALETTE and bits >= 8:
        read = imagecodecs.png_decode(content)
        return content, read.reshape(*SHAPE, -1) / (2.0**bits - 1)
    with Image.open(io.BytesIO(content)) as image:
        read = np.asarray(image.convert("RGB" if kind == PALETTE else "L"))
    return content, read.reshape(*SHAPE, -1) / 255


@pytest.mark.parametrize(("kind", "bits"), CELLS)
@pytest.mark.parametrize("gamma", [None, 1 / 2.2, 1 / 1.8, 1.0])
def test_every_cell_of_png(kind: int, bits: int, gamma: float | None) -> None:
    content, values = cell(kind, bits, *([gama(gamma)] if gamma else []))
    photo = read_photo(content)
    assert photo.result_depth == (np.uint16 if bits == 16 else np.uint8)
    colours = values[..., : 3 if kind in (COLOUR, PALETTE, COLOUR_ALPHA) else 1]
    plain = gamma in (None, 1 / 2.2)
    expected = colours if plain else encoded(colours ** (1 / (gamma or 1)))
    tolerance = 0 if plain else 0.002
    assert abs(photo.pixels / photo.white - expected).max() <= tolerance + 1e-9
    assert (photo.alpha is not None) == (kind in (GREY_ALPHA, COLOUR_ALPHA))
    if photo.alpha is not None:
        assert abs(photo.alpha / photo.white - values[..., -1]).max() <= 1e-9


ICCP = chunk(b"iCCP", b"p3\0\0" + zlib.compress(PROFILES["p3"]))
SRGB_CHUNK = chunk(b"sRGB", b"\0")
LINEAR = chunk(b"cICP", bytes([1, 8, 0, 1]))


@pytest.mark.parametrize(
    ("chunks", "like"),
    [
        ((SRGB_CHUNK, gama(1.0)), ()),
        ((gama(1.0), SRGB_CHUNK), ()),
        ((ICCP, gama(1.0)), (ICCP,)),
        ((LINEAR, ICCP), (gama(1.0),)),
        ((LINEAR, SRGB_CHUNK), (gama(1.0),)),
        ((LINEAR, gama(1 / 1.8)), (gama(1.0),)),
        ((chunk(b"cICP", bytes([1, 13, 0, 1])), ICCP), ()),
        ((chunk(b"cHRM", struct.pack(">8I", *D65_SRGB)), gama(1.0)), (gama(1.0),)),
        ((chunk(b"cHRM", struct.pack(">8I", *D65_SRGB)), gama(1 / 2.2)), ()),
        ((chunk(b"cHRM", bytes(32)), gama(1.0)), (gama(1.0),)),
        ((gama(0.0),), ()),
        ((chunk(b"gAMA", b"\0"),), ()),
    ],
)
def test_what_comes_first_in_png(chunks: tuple[bytes, ...], like: tuple[bytes, ...]) -> None:
    got, expected = (read_photo(cell(COLOUR, 16, *each)[0]).pixels for each in (chunks, like))
    assert abs(got.astype(int) - expected).max() <= 2


def test_a_broken_profile_of_png_is_ignored_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    for profile in (b"no profile", PROFILES["p3"][:300]):
        content, values = cell(COLOUR, 8, chunk(b"iCCP", b"x\0\0" + zlib.compress(profile)))
        caplog.clear()
        np.testing.assert_array_equal(read_photo(content, "scan.png").pixels / 255, values)
        assert [message.partition(": its colour profile")[0] for message in caplog.messages] == ["scan.png"]


def test_a_file_cannot_claim_more_pixels_than_deflate_can_hold() -> None:
    content = cell(GREY, 1)[0]
    head = struct.pack(">IIBBBBB", 900_000, 1000, 1, GREY, 0, 0, 0)
    broken = content[:8] + chunk(b"IHDR", head) + content[33:]
    with pytest.raises(
        ChromanticError, match=r"^photo: damaged or truncated \(900000 x 1000 pixels in too few bytes\)"
    ):
        read_photo(broken)
    blank = png(np.zeros((2000, 2000), np.uint8), GREY, 1)
    assert read_photo(blank).size == (2000, 2000)


def test_primaries_are_converted() -> None:
    p3 = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
    chunks = chunk(b"cHRM", struct.pack(">8I", *p3)), gama(1 / 2.2)
    by_chunks = read_photo(cell(COLOUR, 16, *chunks)[0]).pixels.astype(int)
    assert abs(by_chunks - read_photo(cell(COLOUR, 16, ICCP)[0]).pixels).max() < 700  # of 65535
    by_code = read_photo(cell(COLOUR, 16, chunk(b"cICP", bytes([12, 13, 0, 1])))[0]).pixels
    assert abs(by_code - by_chunks).max() < 200


@pytest.mark.parametrize(("transfer", "at_white"), [(16, 0.5807), (18, 0.75)])
def test_white_of_hdr_is_white_and_what_is_lighter_is_lost_with_a_warning(
    transfer: int, at_white: float, caplog: pytest.LogCaptureFixture
) -> None:
    content, values = cell(GREY, 16, chunk(b"cICP", bytes([9, transfer, 0, 1])))
    photo = read_photo(content, "hdr.png")
    read = photo.pixels[..., 0] / 65535
    assert (read[values[..., 0] > at_white + 0.01] == 1).all()
    assert (read[values[..., 0] < at_white - 0.01] < 0.999).all()
    assert caplog.messages == ["hdr.png: is HDR; what is lighter than its reference white becomes white"]


# Other formats


def with_exif(space: int | None, index: str | None = None, gamma: float | None = None) -> bytes:
    exif, file = Image.Exif(), io.BytesIO()
    fields = exif.get_ifd(0x8769)
    fields |= {0xA001: space} if space is not None else {}
    fields |= {0xA500: IFDRational(gamma)} if gamma else {}
    if index:
        fields[0xA005] = {1: index}
    picture = Image.fromarray(np.full((8, 8, 3), (40, 160, 90), np.uint8))
    picture.save(file, "PNG")
    picture.save(file := io.BytesIO(), "WEBP", lossless=True, exif=exif.tobytes())
    return file.getvalue()


@pytest.mark.parametrize(
    ("arguments", "same"),
    [
        *[((space, "R98"), True) for space in (1, 0xFFFF)],
        *[((space, None), True) for space in (None, 1, 0xFFFF)],
        *[((1, "R03"), True), ((1, None, 1.8), True)],
        *[((0xFFFF, "R03"), False), ((2, None), False), ((0xFFFF, None, 1.8), False)],
    ],
)
def test_exif(arguments: tuple[int | None, str | None], same: bool) -> None:
    photo = read_photo(with_exif(*arguments))
    colour = photo.pixels[0, 0] / photo.white * 255
    if same:
        assert colour.tolist() == [40, 160, 90]
    elif arguments[-1] == 1.8:
        expected = encoded((np.array([40, 160, 90]) / 255) ** 1.8) * 255
        assert abs(colour - expected).max() < 0.5
    else:  # Adobe RGB, whose green is beyond sRGB's
        assert colour[0] < 5
        assert abs(colour[1:] - [160.7, 85.5]).max() < 2


def test_tiff_transfer_function() -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    table = np.rint((np.arange(256) / 255) ** 1.8 * 65535).astype(int)
    expected = encoded((ramp / 255) ** 1.8)
    for bits, levels in ((8, table), (12, np.rint((np.arange(4096) / 4095) ** 1.8 * 65535).astype(int))):
        samples = ramp if bits == 8 else np.rint(ramp / 255 * 4095).astype(np.uint16)
        photo = read_photo(tiff(samples, bits, MIN_IS_BLACK, tags={301: (3, levels.tolist())}))
        assert abs(photo.pixels / 65535 - expected).max() < 0.002
    white_first = read_photo(tiff(255 - ramp, 8, MIN_IS_WHITE, tags={301: (3, table[::-1].tolist())}))
    assert abs(white_first.pixels / 65535 - expected).max() < 0.002
    colours = np.repeat(ramp, 3, axis=2)
    three = [*table, *np.arange(0, 65536, 257), *table]
    photo = read_photo(tiff(colours, 8, RGB, tags={301: (3, three)}))
    assert abs(photo.pixels[..., 1] / 65535 - encoded(ramp[..., 0] / 255)).max() < 0.002
    assert abs(photo.pixels[..., ::2] / 65535 - expected).max() < 0.002


def test_a_tiff_that_states_srgb_is_left_as_it_is() -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    values = np.arange(256) / 255
    light = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    photo = read_photo(tiff(ramp, 8, MIN_IS_BLACK, tags={301: (3, np.rint(light * 65535).astype(int).tolist())}))
    np.testing.assert_array_equal(photo.pixels, ramp)


def with_nclx(content: bytes, primaries: int, transfer: int) -> bytes:
    """An AVIF file with other code points."""
    place = content.index(b"nclx") + 4
    return content[:place] + struct.pack(">HH", primaries, transfer) + content[place + 4 :]


def test_code_points_of_avif() -> None:
    file = io.BytesIO()
    picture = np.full((64, 64, 3), (60, 120, 180), np.uint8)
    Image.fromarray(picture).save(file, "AVIF", quality=100, subsampling="4:4:4")
    plain = read_photo(file.getvalue())
    assert abs(plain.pixels.astype(int) - picture).max() <= 2
    light = read_photo(with_nclx(file.getvalue(), 1, 8))
    assert light.result_depth == np.uint8
    assert abs(light.pixels / 65535 - encoded(picture / 255)).max() < 0.02


def test_no_nclx_in_heic_is_srgb() -> None:
    pytest.importorskip("pi_heif")
    assert read_photo(heic()).pixels.dtype == np.uint8


@pytest.mark.parametrize("primaries", [1, 4, 5, 6, 7, 9, 11, 12])
def test_grey_stays_grey(primaries: int) -> None:
    grey = np.repeat(np.arange(0, 65536, 257).reshape(16, 16, 1), 3, axis=2)
    content = png(grey, COLOUR, 16, chunk(b"cICP", bytes([primaries, 4, 0, 1])))
    assert abs(read_photo(content).pixels / 65535 - encoded((grey / 65535) ** 2.2)).max() < 0.002


def test_code_points_of_srgb_and_video_need_no_conversion() -> None:
    assert coded_tone(1, 13) is None
    assert coded_tone(1, 1) is None
    assert coded_tone(2, 2) is None
    assert isinstance(coded_tone(9, 1), Tone)
