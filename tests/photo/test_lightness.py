"""Between pixels and lightness, without a file."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from skimage.color import lab2rgb, rgb2lab

from chromantic.photo import (
    Photo,
    colour_image,
    grey_image,
    join_chroma,
    opacity_of,
    shrink_lightness,
    split_lightness,
    to_image,
)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def mild(rng) -> tuple[np.ndarray, np.ndarray]:
    """Lightness, and chroma that sRGB has for it."""
    lightness = rng.uniform(30, 80, (40, 50)).astype(np.float32)
    return lightness, rng.uniform(-12, 12, (2, 40, 50)).astype(np.float32)


@pytest.fixture
def vivid(rng) -> tuple[np.ndarray, np.ndarray]:
    """Lightness, and chroma that mostly leaves sRGB."""
    return rng.uniform(0, 100, (40, 50)).astype(np.float32), rng.normal(0, 60, (2, 40, 50)).astype(np.float32)


def colours_of(lightness: np.ndarray, chroma: np.ndarray) -> np.ndarray:
    return lab2rgb(np.moveaxis(np.stack([lightness, *chroma]), 0, -1))


def test_colours_are_scikit_images(mild):
    exact = colours_of(*mild)
    assert abs(join_chroma(*mild, np.float32) - exact).max() < 1e-4
    assert abs(join_chroma(*mild, np.uint16) - exact * 65535).max() < 1
    assert abs(join_chroma(*mild) - exact * 255).max() < 1.01


def test_colours_outside_srgb_keep_their_lightness(vivid):
    lightness, _ = vivid
    floats, deep = join_chroma(*vivid, np.float32), join_chroma(*vivid, np.uint16)
    assert (floats.dtype, deep.dtype) == (np.float32, np.uint16)
    assert (floats.min(), floats.max()) == (0, 1)
    np.testing.assert_array_equal(deep, np.rint(floats * 65535))
    assert abs(rgb2lab(floats)[..., 0] - lightness).max() < 1e-3
    assert abs(rgb2lab(deep / 65535)[..., 0] - lightness).max() < 2e-3


def test_8_bits_keep_the_grey_level(vivid):
    lightness, _ = vivid
    none = np.zeros((2, *lightness.shape))
    seen = rgb2lab(join_chroma(*vivid) / 255)[..., 0]
    grey, levels = (colours_of(each, none)[..., 1] * 255 for each in (lightness, seen))
    assert abs(np.rint(levels) - grey).max() < 0.51


@pytest.mark.parametrize("size", [(8, 10), (40, 50), (60, 25)])
def test_the_network_reads_a_mean_of_the_pixels(rng, monkeypatch, size):
    monkeypatch.setattr("chromantic.colour.resampling._STRIP_PIXELS", 300)
    levels = rng.integers(0, 256, (40, 50, 3), np.uint8)
    levels[:8], levels[-8:] = 0, 255
    lightness = rgb2lab(levels)[..., 0].astype(np.float32)
    expected = F.interpolate(torch.from_numpy(lightness)[None, None], size, mode="bilinear", antialias=True)[0, 0]
    small = shrink_lightness(Photo(levels), size)
    np.testing.assert_allclose(small, expected, atol=2e-3)
    assert (small.min(), small.max()) == pytest.approx((0, 100), abs=1e-4)


@pytest.mark.parametrize("white", [255, 65535, 1])
def test_the_grey_picture_has_the_levels_of_the_lightness(rng, white):
    grey = rng.integers(0, 256, (30, 40, 1))
    depth = {255: np.uint8, 65535: np.uint16, 1: np.float32}[white]
    photo = Photo((grey * (white / 255)).astype(depth))
    np.testing.assert_array_equal(np.asarray(grey_image(photo)), grey[..., 0])


@pytest.mark.parametrize("channels", [1, 3])
def test_the_colour_picture_has_the_photos_own_levels(rng, channels):
    levels = rng.integers(0, 256, (3, 4, channels), np.uint8)
    for photo in (Photo(levels), Photo(levels.astype(np.uint16) * 257), Photo(levels / np.float32(255))):
        image = colour_image(photo)
        assert image.mode == {1: "L", 3: "RGB"}[channels]
        np.testing.assert_array_equal(np.asarray(image).reshape(levels.shape), levels)


def test_lightness_stays_in_its_range():
    photo = Photo(np.float32([-0.01, 0, 1, 1.01]).reshape(2, 2, 1))
    for lightness in (split_lightness(photo), shrink_lightness(photo, (2, 2))):
        assert (lightness.min(), lightness.max()) == (0, 100)


@pytest.mark.parametrize(("own", "white"), [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)])
def test_opacity_at_every_depth(own, white):
    share = np.linspace(0, 1, 50).reshape(5, 10)
    alpha = share * white if own is np.float32 else np.rint(share * white)
    photo = Photo(np.zeros((5, 10, 1), own), alpha.astype(own))
    for depth, to_white in [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)]:
        opacity = opacity_of(photo, slice(1, 4), np.dtype(depth))
        expected = alpha[1:4].astype(own) * (to_white / white)
        assert opacity.dtype == depth
        np.testing.assert_allclose(opacity, expected if depth is np.float32 else np.rint(expected), rtol=1e-6)
    shown = np.asarray(to_image(np.zeros((5, 10, 3), np.uint8), photo))[..., 3]
    np.testing.assert_array_equal(shown, np.rint(alpha * (255 / white)))
