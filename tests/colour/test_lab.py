import numpy as np
import pytest
import torch

from chromantic.colour.lab import (
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
)


@pytest.fixture
def colours() -> tuple[torch.Tensor, torch.Tensor]:
    """Lightness and chroma over the whole grid, most of it outside sRGB."""
    rng = torch.Generator().manual_seed(0)
    lightness = torch.rand(2, 1, 60, 50, generator=rng) * 100
    chroma = torch.rand(2, 2, 60, 50, generator=rng) * 255 - 128
    return lightness, chroma


def test_lab_agrees_with_scikit_image():
    from skimage.color import rgb2lab

    rgb = torch.rand(1, 3, 40, 30, generator=torch.Generator().manual_seed(0))
    ours = rgb_to_lab(rgb)[0].movedim(0, -1).numpy()
    np.testing.assert_allclose(ours, rgb2lab(rgb[0].movedim(0, -1).numpy()), atol=1e-3)


def test_lab_and_back():
    rgb = torch.rand(1, 3, 40, 30, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(lab_to_rgb(rgb_to_lab(rgb)), rgb, atol=1e-4, rtol=0)


def test_every_srgb_colour_is_on_the_chroma_grid():
    levels = torch.linspace(0, 1, 18)
    rgb = torch.cartesian_prod(levels, levels, levels).T[None, :, None]
    chroma = rgb_to_lab(rgb)[:, 1:]
    assert chroma.min() >= CHROMA_MIN
    assert chroma.max() <= CHROMA_MAX


def test_lightness_of_grey_and_back():
    grey = torch.linspace(0, 1, 256)[None, None, None]
    lightness = rgb_to_lightness(grey.expand(-1, 3, -1, -1))
    assert lightness.min().item() == pytest.approx(0, abs=1e-4)
    assert lightness.max().item() == pytest.approx(100, abs=1e-4)
    torch.testing.assert_close(lightness_to_grey(lightness), grey, atol=1e-4, rtol=0)


def test_lightness_agrees_with_scikit_image():
    from skimage.color import rgb2lab

    levels = np.random.default_rng(0).integers(0, 256, (90, 80, 3), np.uint8)
    levels[0] = np.arange(80)[:, None]  # dark greys, below the curve's bend and above
    expected = rgb2lab(levels)[..., 0]
    np.testing.assert_allclose(levels_to_lightness(levels)[0, 0], expected, atol=1e-3)
    rgb = torch.from_numpy(levels).movedim(-1, 0)[None] / 255
    np.testing.assert_allclose(rgb_to_lightness(rgb)[0, 0], expected, atol=1e-3)
    np.testing.assert_allclose(levels_to_lightness(levels[:1, :, :1])[0, 0, 0], expected[0], atol=1e-3)


def test_fitted_chroma_lies_in_srgb(colours):
    lightness, chroma = colours
    rgb = lab_to_rgb(torch.cat([lightness, fit_chroma_to_gamut(lightness, chroma)], dim=1))
    assert rgb.min() >= -0.5 / 255
    assert rgb.max() <= 255.5 / 255


def test_fitting_keeps_hue_and_never_lengthens(colours):
    lightness, chroma = colours
    fitted = fit_chroma_to_gamut(lightness, chroma)
    cross = fitted[:, 0] * chroma[:, 1] - fitted[:, 1] * chroma[:, 0]
    assert cross.abs().max() < 1e-2
    assert ((fitted * chroma).sum(1) >= 0).all()
    assert (fitted.norm(dim=1) <= chroma.norm(dim=1) + 1e-4).all()


def test_fitting_takes_no_more_than_needed(colours):
    lightness, chroma = colours
    fitted = fit_chroma_to_gamut(lightness, chroma)
    shorter = fitted.norm(dim=1) < chroma.norm(dim=1) - 0.5
    assert shorter.any()
    rgb = lab_to_rgb(torch.cat([lightness, fitted * 1.02], dim=1)).movedim(1, -1)[shorter]
    longer = fitted.norm(dim=1)[shorter] > 2  # nearer to grey, 2 % is less than the tolerance
    assert ((rgb < 0) | (rgb > 1)).any(dim=-1)[longer].all()


def test_colours_in_srgb_stay_as_they_are():
    lab = rgb_to_lab(torch.rand(1, 3, 20, 20, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(fit_chroma_to_gamut(lab[:, :1], lab[:, 1:]), lab[:, 1:], atol=0, rtol=0)


def test_normalized_ranges():
    assert normalize_lightness(torch.tensor([0.0, 100.0])).tolist() == [-1, 1]
    ends = torch.tensor([float(CHROMA_MIN), float(CHROMA_MAX)])
    assert normalize_chroma(ends).tolist() == [-1, 1]
    torch.testing.assert_close(denormalize_chroma(normalize_chroma(ends)), ends)


def test_quantized_chroma_is_on_the_grid():
    chroma = quantize_chroma(torch.tensor([-200.0, -0.4, 3.6, 300.0]))
    assert chroma.tolist() == [CHROMA_MIN, 0, 4, CHROMA_MAX]
