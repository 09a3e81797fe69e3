import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from chromantic.colorizer import Colorizer
from chromantic.photo import FORMATS, is_sealed, write_picture
from chromantic.photo import seal as sealing
from chromantic.photo.seal import BLANK, seal


@pytest.fixture(scope="module")
def colorizer(tiny_weights: Path) -> Colorizer:
    return Colorizer.from_pretrained(tiny_weights)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo with XMP of more than a JPEG segment."""
    words = "".join(f"<rdf:li>{number:060}</rdf:li>" for number in range(2000))
    description = f'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag>{words}'
    rdf = f"{description}</rdf:Bag></dc:subject></rdf:Description>"
    text = f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">{rdf}</rdf:RDF>'
    note = PngInfo()
    note.add_itxt("XML:com.adobe.xmp", text)
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 48), dtype=np.uint8)).save(path, pnginfo=note)
    return path


@pytest.mark.parametrize("format", FORMATS)
def test_a_result_is_sealed_until_a_byte_of_it_changes(colorizer: Colorizer, photo: Path, format: str):
    result = colorizer.colorize(photo)
    path = photo.with_name(f"result{FORMATS[format].suffix}")
    result.save(path)
    assert is_sealed(path)
    assert result.encode(0, format) == path.read_bytes()
    Image.open(path).load()
    content = path.read_bytes()
    assert content.count(b"Chromantic, sealed") == 1
    mark = content.index(b"Chromantic, sealed")
    places = np.random.default_rng(0).integers(0, len(content), 40).tolist()
    left_out = range(0)
    if format == "png":  # the checksum of the chunk
        start = content.index(b"iTXt")
        end = start + 4 + int.from_bytes(content[start - 4 : start], "big")
        left_out = range(end, end + 4)
    for place in {0, len(content) - 1, mark - 1, mark + 19, mark + 19 + 63, *places} - set(left_out):
        changed = bytearray(content)
        changed[place] ^= 1
        path.write_bytes(changed)
        assert not is_sealed(path), place
    for other in (content[:-1], content + b"\0", b"", BLANK):
        path.write_bytes(other)
        assert not is_sealed(path)


def test_a_result_of_a_result_has_a_seal_of_its_own(colorizer: Colorizer, photo: Path):
    first, second = photo.with_name("first.tif"), photo.with_name("second.png")
    colorizer.colorize(photo).save(first)
    colorizer.colorize(first).save(second)
    assert is_sealed(second)
    assert second.read_bytes().count(b"Chromantic, sealed") == 1


def test_the_checksum_of_a_png_file_stays_right(tmp_path: Path):
    write_picture(Image.new("P", (8, 8)), tmp_path / "map.png")
    assert is_sealed(tmp_path / "map.png")
    with Image.open(tmp_path / "map.png") as picture:
        picture.verify()  # every chunk's checksum
    write_picture(Image.new("RGB", (8, 8)), tmp_path / "sheet.jpg")
    assert not is_sealed(tmp_path / "sheet.jpg")


@pytest.mark.parametrize("before", range(90, 103))
def test_a_seal_across_two_pieces_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, before: int):
    monkeypatch.setattr(sealing, "_PIECE", 101)
    file = io.BytesIO(b"a" * before + BLANK + b"b" * 7)
    seal(file)
    (tmp_path / "file").write_bytes(file.getvalue())
    assert is_sealed(tmp_path / "file")
    assert file.getvalue() != b"a" * before + BLANK + b"b" * 7


def test_a_png_file_that_ends_early_or_lies_about_sizes_is_not_sealed(tmp_path: Path):
    for chunk in (b"", b"\0\0\0", b"\xff\xff\xff\xfftEXt"):
        (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk + BLANK)
        assert not is_sealed(tmp_path / "a.png")
