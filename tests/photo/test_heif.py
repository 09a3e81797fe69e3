"""HEIC files, good ones and such as end their decoder."""

import subprocess
import sys

import numpy as np
import pytest
from heic_file import SIDE, heic
from PIL import ExifTags, Image

from chromantic.colorizer import Colorizer
from chromantic.errors import ChromanticError
from chromantic.photo import read_photo

pytest.importorskip("pi_heif")
COLUMNS = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (SIDE, 1))
NO_TEXT = b"E\xeaif"  # no UTF-8, as which pi-heif reads an item's type unseen


@pytest.fixture
def path(tmp_path):
    return tmp_path / "photo.heic"


def test_a_photo_with_its_exif(path, tiny_weights):
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "A. Photographer"
    path.write_bytes(heic(exif.tobytes().removeprefix(b"Exif\0\0")))
    photo = read_photo(path)
    assert (photo.format, photo.pixels.dtype, photo.pixels.shape) == ("heic", np.uint8, (SIDE, SIDE, 1))
    assert abs(photo.pixels[..., 0].astype(int) - COLUMNS).max() <= 2
    result = path.with_suffix(".png")
    Colorizer.from_pretrained(tiny_weights).colorize(path).save(result)
    with Image.open(result) as written:
        assert written.getexif()[ExifTags.Base.Artist] == "A. Photographer"


def test_it_is_upright(path):
    path.write_bytes(heic(rotation=1))
    assert abs(read_photo(path).pixels[..., 0].astype(int) - np.rot90(COLUMNS)).max() <= 2


def test_a_file_that_ends_its_decoder_is_refused(path):
    path.write_bytes(heic(exif_type=NO_TEXT))
    here = subprocess.run([sys.executable, "-c", "import sys, pi_heif; pi_heif.open_heif(sys.argv[1])", path])
    if here.returncode >= 0:
        pytest.skip("this pi-heif survives the file")
    with pytest.raises(ChromanticError, match=rf"^{path}: .*decoder ended by SIGSEGV.*; get a fresh copy$"):
        read_photo(path)


def test_a_file_that_keeps_its_decoder_busy_is_refused(path, monkeypatch):
    monkeypatch.setattr("chromantic.photo.heif._SECONDS", 0.01)
    path.write_bytes(heic())
    with pytest.raises(ChromanticError, match=rf"^{path}: .*not decoded after 0 s"):
        read_photo(path)


def test_a_damaged_and_a_too_large_file_are_refused_in_one_line(path, monkeypatch):
    path.write_bytes(heic()[:-150])
    with pytest.raises(ChromanticError, match=rf"^{path}: damaged or truncated \([^\n]+\); get a fresh copy$"):
        read_photo(path)
    monkeypatch.setattr("chromantic.photo.photo.MAX_PIXELS", SIDE * SIDE - 1)
    path.write_bytes(heic())
    with pytest.raises(ChromanticError, match=rf"^{path}: {SIDE} x {SIDE} is more than"):
        read_photo(path)
