"""Strokes, masks and references: pictures that say what colours a photo has."""

import numpy as np
import pytest
from labs import lab_of
from PIL import Image, ImageDraw

from chromantic.colour.lab import rgb_to_lab
from chromantic.errors import ChromanticError

SIZE = 180, 120


@pytest.fixture(scope="module")
def photo(grey: np.ndarray) -> Image.Image:
    """A grey photo of two halves with a coloured square in it."""
    image = Image.fromarray(grey).convert("RGB")
    ImageDraw.Draw(image).rectangle((20, 20, 49, 49), fill="#a06040")
    return image


def stroke(mode: str = "RGBA") -> Image.Image:
    picture = Image.new(mode, SIZE, (0, 0, 0, 0) if mode == "RGBA" else (128, 128, 128))
    ImageDraw.Draw(picture).line((20, 80, 80, 80), fill="#3060c0", width=6)
    return picture


@pytest.mark.parametrize("mode", ["RGBA", "RGB"])
def test_strokes_colour_what_they_cross(colorizer, photo, mode):
    plain = lab_of(colorizer.colorize(photo).images[0])
    told = lab_of(colorizer.colorize(photo, strokes=stroke(mode)).images[0])
    blue = rgb_to_lab(np.array([0x30, 0x60, 0xC0], np.float32)[:, None, None] / 255)[1:, 0, 0]
    before, after = (np.hypot(*(lab[1:, 80, 25:75] - blue[:, None])).mean() for lab in (plain, told))
    assert after < before / 2
    assert abs(told - plain)[1:, 10, 170].max() < abs(told - plain)[1:, 80, 50].max() / 2


def test_what_has_colours_is_kept(colorizer, photo):
    own, result = lab_of(photo), lab_of(colorizer.colorize(photo, keep="coloured").images[0])
    assert abs(result - own)[1:, 22:48, 22:48].max() < 1
    assert abs(result - own)[1:, 60:, :].mean() > 1  # the rest gets colours


@pytest.mark.parametrize("transparent", [True, False])
def test_a_mask_says_what_is_kept(colorizer, photo, transparent):
    mask = Image.new("RGBA", SIZE, (0, 0, 0, 0)) if transparent else Image.new("L", SIZE, 0)
    ImageDraw.Draw(mask).rectangle((100, 0, 179, 119), fill=(255, 255, 255, 255) if transparent else 255)
    result = lab_of(colorizer.colorize(photo, keep=mask, saturation=2).images[0])
    assert abs(result[1:, :, 102:]).max() < 1  # grey, as the photo is there
    assert abs(result[1:, :, :98]).mean() > 1


def test_a_disc_is_kept(colorizer, photo):
    result = lab_of(colorizer.colorize(photo, hints=[(140, 60, "keep", 15)]).images[0])
    assert abs(result[1:, 50:70, 130:150]).max() < 1


def test_a_photo_as_its_own_reference_gives_its_own_colours(colorizer):
    rng = np.random.default_rng(1)
    colours = Image.fromarray(rng.integers(60, 200, (3, 4, 3), dtype=np.uint8)).resize(SIZE, Image.Resampling.BICUBIC)
    own, plain = lab_of(colours), lab_of(colorizer.colorize(colours).images[0])
    alike = lab_of(colorizer.colorize(colours, reference=colours).images[0])
    error, alike_error = (np.hypot(*(lab - own)[1:]).mean() for lab in (plain, alike))
    assert alike_error < 0.8 * error


def test_pictures_of_another_size_or_without_colours_are_refused(colorizer, photo, tmp_path):
    small = tmp_path / "small.png"
    Image.new("RGBA", (90, 60), "red").save(small)
    for name in ("strokes", "keep"):
        with pytest.raises(ChromanticError, match=r"small\.png: is 90 x 60; make it 180 x 120"):
            colorizer.colorize(photo, **{name: small})
    with pytest.raises(ChromanticError, match="no coloured stroke"):
        colorizer.colorize(photo, strokes=Image.new("RGBA", SIZE))
    with pytest.raises(ChromanticError, match="has no colours"):
        colorizer.colorize(photo, reference=photo.convert("L"))
    with pytest.raises(ChromanticError, match=r"none\.png: no such file"):
        colorizer.colorize(photo, strokes=tmp_path / "none.png")


def test_results_name_the_pictures_by_hash(colorizer, photo, tmp_path):
    file = tmp_path / "strokes.png"
    stroke().save(file)
    origin = colorizer.colorize(photo, strokes=file, keep="coloured")._origin(0)
    assert origin["keep"] == "coloured"
    assert len(origin["strokes"]) == 64
    assert origin["strokes"] == colorizer.colorize(photo, strokes=file.read_bytes())._origin(0)["strokes"]
