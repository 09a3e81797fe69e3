"""Files that are whole and not read here, that break off, or that hold more than one picture."""

import io
import struct

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from chromantic.errors import ChromanticError
from chromantic.photo import UnknownKindError, read_header, read_photo

NOISE = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)


def jpeg(**options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(NOISE).save(file, "JPEG", quality=90, **options)
    return file.getvalue()


def with_frame(marker: int, bits: int, channels: int) -> bytes:
    """The start of a JPEG file of another process, depth or number of channels."""
    frame = struct.pack(">BHHB", bits, 16, 16, channels) + bytes([1, 0x11, 0]) * channels
    return b"\xff\xd8\xff" + bytes([marker]) + struct.pack(">H", 2 + len(frame)) + frame + bytes(40)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (with_frame(0xC1, 12, 1), "JPEG of 12 bits"),
        (with_frame(0xC3, 8, 1), "lossless JPEG"),
        (with_frame(0xC5, 8, 3), "hierarchical JPEG"),
        (with_frame(0xF7, 8, 3), "JPEG-LS"),
        (with_frame(0xC0, 8, 5), "JPEG of 5 channels"),
        (imagecodecs.ljpeg_encode(NOISE[..., 0].astype(np.uint16) * 16, bitspersample=12), "lossless JPEG"),
        (imagecodecs.jpegxl_encode(NOISE), "JPEG XL"),
        (imagecodecs.jpegxr_encode(NOISE), "JPEG XR"),
        (b"8BPS\0\1" + bytes(40), "a Photoshop document"),
        (b"%PDF-1.7" + bytes(40), "a PDF document"),
        (b"\0\0\0\x18ftypcrx " + bytes(40), r"raw sensor data \(CR3\)"),
        (b"\0\0\0\x18ftypmp42" + bytes(40), "a video"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(40), "JPEG XL"),
    ],
)
def test_what_is_whole_but_not_read_is_named(content: bytes, what: str) -> None:
    with pytest.raises(UnknownKindError, match=rf"^scan: {what} is not read here; save it as PNG"):
        read_photo(content, "scan")


def test_arithmetic_coding_is_read() -> None:
    content = imagecodecs.jpeg8_encode(NOISE, level=95)
    assert read_photo(content).size == (300, 200)


@pytest.mark.parametrize("deep", [False, True])
def test_high_throughput_jpeg_2000_is_read(deep: bool) -> None:
    samples = NOISE.astype(np.uint16) * 257 if deep else NOISE
    photo = read_photo(imagecodecs.htj2k_encode(samples))
    np.testing.assert_array_equal(photo.pixels, samples)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
@pytest.mark.parametrize("lost", [1, 2, 40])
def test_a_jpeg_without_its_end_is_read_with_one_warning(
    options: dict[str, object], lost: int, caplog: pytest.LogCaptureFixture
) -> None:
    whole = jpeg(**options)
    photo = read_photo(whole[:-lost], "scan.jpg")
    assert [message.partition(":")[0] for message in caplog.messages] == ["scan.jpg"]
    np.testing.assert_array_equal(photo.pixels[:170], read_photo(whole).pixels[:170])
    with pytest.raises(ChromanticError, match=r"^scan\.jpg: damaged or truncated \(.*premature end.*get a fresh copy$"):
        read_photo(whole[:-lost], "scan.jpg", strict=True)


def test_missing_rows_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    whole = jpeg(subsampling=0)
    read_photo(whole[: len(whole) * 97 // 100], "scan.jpg")
    assert "breaks off and 8 of 200 rows are missing" in caplog.text
    with pytest.raises(ChromanticError, match=r"^scan\.jpg: damaged or truncated \(2\d of 200 rows are missing\)"):
        read_photo(whole[: len(whole) * 85 // 100], "scan.jpg")


def test_a_turned_jpeg_without_its_end() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read_photo(jpeg(exif=exif)[:-2]).size == (200, 300)


@pytest.mark.parametrize("kind", ["AVIF", "PNG", "MPO", "GIF", "WEBP"])
def test_further_frames_are_told_of(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    file = io.BytesIO()
    frames = [Image.new("RGB", (40, 30), (level,) * 3) for level in (40, 200, 120)]
    options = {"lossless": True} if kind == "WEBP" else {}
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], **options)
    assert abs(int(read_photo(file.getvalue(), "many").pixels[0, 0, 0]) - 40) <= 1
    assert caplog.messages == ["many: has 3 pages or frames; the first is taken"]


def test_a_gain_map_is_no_further_frame(caplog: pytest.LogCaptureFixture) -> None:
    file = io.BytesIO()
    picture = Image.new("RGB", (40, 30))
    picture.encoderinfo = {}
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/" Semantic="GainMap"/>'
    picture.save(file, "MPO", save_all=True, append_images=[Image.new("RGB", (20, 15))], xmp=xmp)
    read_photo(file.getvalue())
    assert not [message for message in caplog.messages if "frames" in message]


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1)])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG", "BMP"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_smallest_photos(size: tuple[int, int], kind: str, mode: str) -> None:
    file = io.BytesIO()
    Image.new(mode, size, 90 if mode == "L" else (90, 90, 90)).save(file, kind)
    photo = read_photo(file.getvalue())
    assert photo.size == size == (read_header(file.getvalue()).width, read_header(file.getvalue()).height)
    assert (photo.pixels == 90).all()
