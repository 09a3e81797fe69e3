import numpy as np
import pytest
import torch
from skimage.color import lab2rgb, rgb2lab

from chromantic.colour.lab import (
    CHROMA_LEVELS,
    CHROMA_MAX,
    CHROMA_MIN,
    denormalize_chroma,
    fit_chroma_to_gamut,
    lab_to_rgb,
    levels_to_lightness,
    lightness_to_grey,
    normalize_chroma,
    normalize_lightness,
    quantize_chroma,
    rgb_to_lab,
    rgb_to_lightness,
    round_to_levels,
    to_levels,
)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def rgb(rng) -> np.ndarray:
    """Colours of all kinds, and greys of every level: dark ones, below the curves' knees, among them."""
    colours = rng.random((3, 40, 256), np.float32)
    colours[:, 0] = np.arange(256) / 255
    colours[:, 1] *= 0.05
    return colours


@pytest.fixture
def colours(rng) -> tuple[np.ndarray, np.ndarray]:
    """Lightness and chroma over the whole grid, most of it outside sRGB."""
    lightness = rng.random((2, 60, 50), np.float32) * 100
    return lightness, rng.random((2, 2, 60, 50), np.float32) * 255 - 128


def joined(lightness: np.ndarray, chroma: np.ndarray) -> np.ndarray:
    return lab_to_rgb(np.concatenate([lightness[..., None, :, :], chroma], axis=-3))


def test_lab_agrees_with_scikit_image(rgb):
    lab = rgb_to_lab(rgb)
    assert lab.dtype == np.float32
    np.testing.assert_allclose(lab, rgb2lab(rgb, channel_axis=0), atol=1e-3)
    np.testing.assert_allclose(lab_to_rgb(lab), lab2rgb(lab, channel_axis=0), atol=1e-5)


def test_lab_and_back_in_batches(rgb):
    batch = np.stack([rgb, rgb[::-1]])
    assert rgb_to_lab(batch)[1].tobytes() == rgb_to_lab(rgb[::-1]).tobytes()
    np.testing.assert_allclose(lab_to_rgb(rgb_to_lab(batch)), batch, atol=1e-4)


def test_colours_outside_srgb_are_not_clipped():
    assert lab_to_rgb(np.float32([50, 120, 0])[:, None, None]).min() < -0.1
    assert lab_to_rgb(np.float32([95, 60, 0])[:, None, None]).max() > 1.1


def test_every_srgb_colour_is_on_the_chroma_grid():
    levels = np.linspace(0, 1, 18, dtype=np.float32)
    chroma = rgb_to_lab(np.stack(np.meshgrid(levels, levels, levels)).reshape(3, 18, -1))[1:]
    assert chroma.min() >= CHROMA_MIN
    assert chroma.max() <= CHROMA_MAX


def test_lightness_of_grey_and_back():
    grey = np.linspace(0, 1, 256, dtype=np.float32)[None, None]
    lightness = rgb_to_lightness(grey)
    assert lightness.min() == pytest.approx(0, abs=1e-4)
    assert lightness.max() == pytest.approx(100, abs=1e-4)
    np.testing.assert_allclose(rgb_to_lightness(grey.repeat(3, axis=0)), lightness, atol=1e-4)
    np.testing.assert_allclose(lightness_to_grey(lightness), grey[0], atol=1e-4)
    assert lightness_to_grey(np.float32([-1, 101])).tolist() == [0, 1]


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_lightness_agrees_with_scikit_image(rgb, depth):
    levels = np.rint(np.moveaxis(rgb, 0, -1) * np.iinfo(depth).max).astype(depth)
    expected = rgb2lab(levels / np.iinfo(depth).max)[..., 0]
    np.testing.assert_allclose(levels_to_lightness(levels), expected, atol=1e-3)
    np.testing.assert_allclose(levels_to_lightness(levels[:1, :, :1])[0], expected[0], atol=1e-3)
    np.testing.assert_allclose(rgb_to_lightness(rgb), rgb2lab(rgb, channel_axis=0)[0], atol=1e-3)


def test_fitted_chroma_lies_in_srgb(colours):
    lightness, chroma = colours
    rgb = joined(lightness, fit_chroma_to_gamut(lightness, chroma))
    assert rgb.min() >= -0.1 / 255
    assert rgb.max() <= 255.1 / 255


def test_fitting_keeps_hue_and_never_lengthens(colours):
    lightness, chroma = colours
    fitted = fit_chroma_to_gamut(lightness, chroma)
    cross = fitted[:, 0] * chroma[:, 1] - fitted[:, 1] * chroma[:, 0]
    assert abs(cross).max() < 1e-2
    assert ((fitted * chroma).sum(axis=1) >= 0).all()
    assert (np.hypot(*fitted.swapaxes(0, 1)) <= np.hypot(*chroma.swapaxes(0, 1)) + 1e-4).all()


def test_fitting_takes_no_more_than_needed(colours):
    lightness, chroma = colours
    before = chroma.copy()
    fitted = fit_chroma_to_gamut(lightness, chroma)
    np.testing.assert_array_equal(chroma, before)
    length, given = np.hypot(*fitted.swapaxes(0, 1)), np.hypot(*chroma.swapaxes(0, 1))
    shorter = (length < given - 0.5) & (length > 2)  # nearer to grey, a step of the scale is less than the tolerance
    assert shorter.any()
    rgb = joined(lightness, fitted + chroma / 2048)
    assert ((rgb < 0) | (rgb > 1)).any(axis=1)[shorter].all()


def test_colours_in_srgb_stay_as_they_are(rgb):
    lab = rgb_to_lab(rgb)
    assert fit_chroma_to_gamut(lab[0], lab[1:]).tobytes() == lab[1:].tobytes()


def greys_of(levels: np.ndarray) -> np.ndarray:
    """The grey level that a reader sees of levels, channels first."""
    return np.rint(lightness_to_grey(rgb_to_lightness((levels / 255).astype(np.float32))) * 255)


def nearest_by_trial(
    rgb: np.ndarray, grey: np.ndarray, offsets: tuple[range, range, range]
) -> tuple[np.ndarray, np.ndarray]:
    """Of all levels near to colours [3 1 n], the nearest that are as light as the grey, and whether there are any."""
    trials = np.floor(rgb * 255) + np.stack(np.meshgrid(*offsets, indexing="ij")).reshape(3, -1, 1)
    kept = (greys_of(trials) == grey) & (trials >= 0).all(axis=0) & (trials <= 255).all(axis=0)
    distance = np.where(kept, ((trials - rgb * 255) ** 2).sum(axis=0), np.inf)
    return trials[:, distance.argmin(axis=0), np.arange(rgb.shape[2])], np.isfinite(distance.min(axis=0))


def test_rounded_levels_are_the_nearest_of_the_greys_lightness(rng):
    rgb = (rng.random((3, 1, 400), np.float32) * np.linspace(0.02, 1, 400)).astype(np.float32)
    rgb[rng.integers(0, 3, 200), 0, ::2] = 0  # of pure colours, too
    ours = round_to_levels(rgb, rgb_to_lightness(rgb))
    assert ours.dtype == np.uint8
    np.testing.assert_array_equal(greys_of(ours), greys_of(rgb * 255))
    nearest, possible = nearest_by_trial(rgb, greys_of(rgb * 255), (range(2), range(2), range(2)))
    assert possible.mean() > 0.9
    assert (ours[:, 0] == nearest).all(axis=0)[possible].mean() > 0.99  # but half way between two greys


def test_where_one_level_is_too_coarse_red_and_blue_are_rounded_further(rng):
    levels = rng.integers(3, 250, (3, 1, 400))
    rgb = (levels / 255).astype(np.float32)
    away = rng.choice([-0.55, 0.55], 400)  # into the next grey, for which the levels beside the colour's may not do
    grey = np.rint(greys_of(levels) + away)
    ours = round_to_levels(rgb, rgb_to_lightness(((greys_of(levels) + away) / 255).astype(np.float32)[None]))
    _, easy = nearest_by_trial(rgb, grey, (range(2), range(2), range(2)))
    nearest, possible = nearest_by_trial(rgb, grey, (range(-2, 4), range(2), range(-2, 4)))
    hard = possible & ~easy
    assert hard.sum() > 40
    assert (ours[:, 0] == nearest).all(axis=0)[hard].mean() > 0.95


def test_the_grid_has_256_levels():
    assert (CHROMA_MIN, CHROMA_MAX, CHROMA_LEVELS) == (-128, 127, 256)


@pytest.mark.parametrize("kind", [np.float32, torch.tensor])
def test_normalized_ranges(kind):
    assert normalize_lightness(kind([0.0, 50.0, 100.0])).tolist() == [-1, 0, 1]
    ends = kind([float(CHROMA_MIN), float(CHROMA_MAX)])
    assert normalize_chroma(ends).tolist() == [-1, 1]
    assert denormalize_chroma(normalize_chroma(ends)).tolist() == ends.tolist()


@pytest.mark.parametrize("kind", [np.float32, torch.tensor])
def test_quantized_chroma_is_on_the_grid(kind):
    chroma = quantize_chroma(kind([-200.0, -0.4, 3.6, 300.0]))
    assert chroma.tolist() == [CHROMA_MIN, 0, 4, CHROMA_MAX]


@pytest.mark.parametrize("kind", [np.asarray, torch.tensor])
def test_levels_are_the_nearest_and_clipped(kind):
    rgb = kind([-0.2, 0.0, 0.4 / 255, 0.6 / 255, 254.4 / 255, 254.6 / 255, 1.0, 1.3])
    assert to_levels(rgb).tolist() == [0, 0, 0, 1, 254, 255, 255, 255]
