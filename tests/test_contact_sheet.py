from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chromantic.colorizer import Colorizer
from chromantic.contact_sheet import contact_sheet
from chromantic.engine import Engine
from chromantic.errors import ChromanticError
from chromantic.photo import Photo, read
from chromantic.photo.header import Source


@pytest.fixture(scope="module")
def colorizer(tiny_weights: Path) -> Colorizer:
    return Colorizer.from_pretrained(tiny_weights)


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    rng = np.random.default_rng(0)
    wide, tall = tmp_path / "wide.png", tmp_path / "tall.png"
    Image.fromarray(rng.integers(0, 256, (60, 90, 3), np.uint8)).save(wide)
    Image.fromarray(rng.integers(0, 256, (80, 60), np.uint8)).save(tall)
    return [wide, tall]


def width_of(columns: int) -> int:
    return columns * 256 + (columns - 1) * 6 + 2 * 12


def test_a_column_for_each_picture_and_a_row_for_each_photo(colorizer: Colorizer, photos: list[Path]):
    progress: list[int] = []
    sheet = contact_sheet(colorizer, photos, samples=2, callback=progress.append)
    assert sheet.width == width_of(5)  # grey, expected, two samples, segmentation
    assert sheet.height == (12 + 20) + (6 + 60 + 20) + (6 + 80 + 20) + 12
    assert progress == [1, 2]


def test_originals_come_first_in_their_own_colours(colorizer: Colorizer, photos: list[Path]):
    sheet = contact_sheet(colorizer, photos[:1], samples=1, originals=True)
    assert sheet.width == width_of(5)
    shown = np.asarray(sheet)[32 + 6 : 32 + 66, 12 : 12 + 90]
    np.testing.assert_array_equal(shown, np.asarray(Image.open(photos[0])))
    grey = np.asarray(sheet)[32 + 6 : 32 + 66, 12 + 262 : 12 + 262 + 90]
    assert np.ptp(grey.astype(int), axis=-1).max() == 0


@pytest.mark.parametrize(("name", "tinted"), [("background", False), ("person", True)])
def test_a_first_class_is_tinted_unless_it_is_the_background(photos: list[Path], name: str, tinted: bool):
    pytest.importorskip("torch", reason="no torch; pip install '.[dev]'")
    from chromantic.model.config import preset
    from chromantic.model.network import Chromantic
    from chromantic.reference.network import TorchNetwork

    colorizer = Colorizer(Engine(TorchNetwork(Chromantic(preset("tiny", (name,))).eval()), "one class"))
    sheet = np.asarray(contact_sheet(colorizer, photos[:1], samples=1))
    grey, segmentation = (sheet[38 : 38 + 60, 12 + 262 * column : 102 + 262 * column] for column in (0, 3))
    assert np.array_equal(grey, segmentation) != tinted


def test_same_seed_same_sheet(colorizer: Colorizer, photos: list[Path]):
    sheets = [contact_sheet(colorizer, photos[1:], samples=1, seed=seed).tobytes() for seed in (3, 3, 4)]
    assert sheets[0] == sheets[1] != sheets[2]


def test_each_photo_is_decoded_once(colorizer: Colorizer, photos: list[Path], monkeypatch: pytest.MonkeyPatch):
    decoded: list[str] = []
    decode = read._from_vips

    def count(kind: str, source: Source, *arguments: bool) -> Photo:
        decoded.append(source.name)
        return decode(kind, source, *arguments)

    monkeypatch.setattr(read, "_from_vips", count)
    contact_sheet(colorizer, photos, samples=1, originals=True)
    assert sorted(decoded) == sorted(map(str, photos))


def test_unreadable_photo_is_named(colorizer: Colorizer, tmp_path: Path):
    (tmp_path / "empty.jpg").touch()
    with pytest.raises(ChromanticError, match=r"empty\.jpg"):
        contact_sheet(colorizer, [tmp_path / "empty.jpg"])
