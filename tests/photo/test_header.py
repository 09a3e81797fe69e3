"""What is read of a file before its pixels, and files in memory."""

import io
from pathlib import Path

import numpy as np
import pytest
from heic_file import SIDE, heic
from PIL import Image

from chromantic.errors import ChromanticError
from chromantic.photo import Header, UnknownKindError, kind_of, read_header, read_photo

SIZE = (40, 30)
SUFFIXES = {"jpeg": "jpg", "png": "png", "tiff": "tif", "webp": "webp", "avif": "avif", "bmp": "bmp", "jpeg2000": "jp2"}


def file_of(kind: str, orientation: int = 1) -> bytes:
    exif, buffer = Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    options = {"exif": exif} if orientation > 1 else {}
    Image.linear_gradient("L").resize(SIZE).convert("RGB").save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", SUFFIXES)
def test_kind_and_size(tmp_path: Path, kind: str) -> None:
    content = file_of(kind)
    path = tmp_path / "photo"
    path.write_bytes(content)
    expected = Header(kind, *SIZE)
    assert read_header(path) == read_header(content) == read_header(io.BytesIO(content)) == expected
    assert kind_of(content) == (None if kind in ("bmp", "jpeg2000") else kind)


@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff", "webp"])
@pytest.mark.parametrize(("orientation", "upright"), [(4, SIZE), (5, SIZE[::-1]), (8, SIZE[::-1])])
def test_the_size_is_the_upright_photos(kind: str, orientation: int, upright: tuple[int, int]) -> None:
    content = file_of(kind, orientation)
    assert read_header(content) == Header(kind, *upright)
    assert read_photo(content).size == upright


def test_heic_is_known_by_its_header(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pi_heif")
    assert read_header(heic(exif_type=b"E\xeaif")) == Header("heic", SIDE, SIDE)  # which would end its decoder
    assert read_photo(heic()).pixels.tobytes() == read_photo(io.BytesIO(heic())).pixels.tobytes()
    monkeypatch.setattr("chromantic.photo.header.find_spec", lambda name: None)
    for read in (read_header, read_photo):
        with pytest.raises(UnknownKindError, match=r"^photo: HEIC needs pi-heif.*pip install '\.\[heic\]'$"):
            read(heic())


@pytest.mark.parametrize("read", [read_header, read_photo])
@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"", ChromanticError, "the file is empty"),
        (b"Dear photo", UnknownKindError, "not a picture"),
        (b"RIFF\0\0\0\0WAVEfmt ", UnknownKindError, "not a picture"),
        (file_of("png")[:20], ChromanticError, "damaged"),
        (file_of("bmp")[:20], ChromanticError, "cannot be opened"),
        (b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(40), ChromanticError, "damaged"),
    ],
)
def test_refusals_name_the_photo(read, content: bytes, error: type[ChromanticError], words: str) -> None:
    if b"heic" in content:
        pytest.importorskip("pi_heif")
    with pytest.raises(error, match=f"^photo: {words}"):
        read(content)
    with pytest.raises(error, match=f"^the scan: {words}"):
        read(content, name="the scan")


@pytest.mark.parametrize("read", [read_header, read_photo])
def test_what_is_no_file_is_refused(read) -> None:
    with pytest.raises(ChromanticError, match=r"^photo: NoneType is no photo; give a path, bytes"):
        read(None)
    with pytest.raises(ChromanticError, match=r"^photo: the file is open as text"):
        read(io.StringIO("x"))


@pytest.mark.parametrize("kind", SUFFIXES)
def test_a_photo_in_memory_is_the_one_on_disk(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "photo"
    path.write_bytes(file_of(kind, orientation=6 if kind in ("jpeg", "tiff") else 1))
    on_disk, in_memory = read_photo(path), read_photo(path.read_bytes())
    with path.open("rb") as file:
        opened = read_photo(file)
    assert (on_disk.source, in_memory.source) == (path, None)
    assert on_disk.format == in_memory.format == kind
    np.testing.assert_array_equal(in_memory.pixels, on_disk.pixels)
    np.testing.assert_array_equal(opened.pixels, on_disk.pixels)


def test_nothing_is_written_to_read_from_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.TemporaryFile", None)
    monkeypatch.setattr("pathlib.Path.open", None)
    for kind in ("jpeg", "png", "tiff", "webp", "bmp"):
        assert read_photo(file_of(kind)).size == SIZE


def test_a_photo_above_pillows_limit_is_read_and_the_limit_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    image = Image.linear_gradient("L")
    for suffix in ("bmp", "gif", "jp2", "ppm", "tga"):
        image.save(tmp_path / f"photo.{suffix}")
        assert read_photo(tmp_path / f"photo.{suffix}").size == (256, 256)
    assert Image.MAX_IMAGE_PIXELS == 100
