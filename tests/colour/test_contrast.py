import numpy as np
import pytest

from chromantic.colorizer import Colorizer
from chromantic.colour.contrast import Levels, find_levels
from chromantic.colour.lab import lightness_to_grey
from chromantic.photo import read_photo, split_lightness


@pytest.fixture(scope="module")
def colorizer(tiny_weights) -> Colorizer:
    return Colorizer.from_pretrained(tiny_weights)


def test_levels_are_percentiles_and_stretch_to_the_full_range():
    lightness = np.linspace(30, 60, 10_001, dtype=np.float32)[None]
    levels = find_levels(lightness)
    assert (levels.black, levels.white) == pytest.approx((30.3, 59.7), abs=1e-3)
    stretched = levels.stretch(lightness)
    assert (stretched.min(), stretched.max()) == (0, 100)
    assert stretched[0, 5000] == pytest.approx(50, abs=1e-3)


def test_without_contrast_there_is_nothing_to_stretch():
    for span, stretched in [(0, False), (5.05, False), (5.15, True)]:  # of which 98 % are 5 or more in the last alone
        levels = find_levels(np.linspace(40, 40 + span, 10_001, dtype=np.float32)[None])
        assert (levels != Levels(black=0.0, white=100.0)) == stretched
    lightness = np.full((9, 9), 40, np.float32)
    assert Levels().stretch(lightness) is lightness


def deep_grey(lightness: np.ndarray) -> np.ndarray:
    return np.rint(lightness_to_grey(lightness) * 65535).astype(np.uint16)


def faded(full: np.ndarray) -> np.ndarray:
    """A print with a range of L from 35 to 65."""
    lightness = 35 + 0.3 * split_lightness(read_photo(full))
    return deep_grey(lightness)


@pytest.fixture
def fresh(photos_root) -> list[np.ndarray]:
    """Grey photos in 16 bits."""
    photos = [read_photo(path) for path in sorted((photos_root / "full_resolution").glob("*.jpg"))[:2]]
    return [deep_grey(split_lightness(photo)) for photo in photos]


def test_a_faded_photo_is_read_like_a_fresh_one(fresh):
    colorizer, plain, restored = Colorizer.from_pretrained(), 0.0, 0.0
    for photo in fresh:
        target = colorizer.colorize(photo).chroma
        plain += float(np.abs(colorizer.colorize(faded(photo)).chroma - target).mean())
        again = colorizer.colorize(faded(photo), restore_contrast=True).chroma
        restored += float(np.abs(again - target).mean())
    print(plain / len(fresh), restored / len(fresh))
    assert restored < 0.5 * plain


def test_the_lightness_is_the_photos_own_unless_contrast_is_applied(colorizer, fresh):
    photo = faded(fresh[0])
    restored = colorizer.colorize(photo, restore_contrast=True)
    applied = colorizer.colorize(photo, apply_contrast=True)
    np.testing.assert_allclose(restored.chroma, applied.chroma)
    kept, stretched = (
        split_lightness(read_photo(np.concatenate(list(result._strips(0, np.dtype(np.uint16))))))
        for result in (restored, applied)
    )
    lightness = split_lightness(read_photo(photo))
    assert abs(kept - lightness).max() < 0.002
    assert abs(stretched - applied.levels.stretch(lightness)).max() < 0.002
    assert stretched.max() - stretched.min() > 99
