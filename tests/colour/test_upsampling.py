import numpy as np
import pytest
import torch
import torch.nn.functional as F

from chromantic.colour.lab import rgb_to_lab
from chromantic.colour.resampling import blend_rows, enlarge_cubically, enlarge_linearly, row_strips, shrink_columns
from chromantic.colour.upsampling import chroma_maps, enlarged_strips, upsample_chroma
from chromantic.photo import find_photos, read_photo


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def draw(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(0, 30, shape).astype(np.float32)


def light(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.random(shape, np.float32) * 100


def interpolated(planes: np.ndarray, size: tuple[int, ...], mode: str, **options: bool) -> np.ndarray:
    """By torch, an independent implementation."""
    return F.interpolate(torch.from_numpy(planes), size, mode=mode, **options).numpy()


@pytest.mark.parametrize("size", [(300, 400), (37, 53), (5, 3), (1, 1), (12, 800)])
def test_any_size_of_photo(rng, size):
    enlarged = upsample_chroma(draw(rng, 3, 2, 8, 12), light(rng, *size))
    assert enlarged.shape == (3, 2, *size)
    assert np.isfinite(enlarged).all()


def test_samples_are_enlarged_independently(rng):
    chroma, lightness = draw(rng, 3, 2, 8, 8), light(rng, 90, 90)
    apart = [upsample_chroma(sample, lightness) for sample in chroma]
    np.testing.assert_allclose(upsample_chroma(chroma, lightness), np.stack(apart), atol=1e-4)


def test_one_colour_stays_one_colour(rng):
    chroma = np.float32([20, -30])[:, None, None].repeat(8, axis=1).repeat(8, axis=2)
    enlarged = upsample_chroma(chroma, light(rng, 70, 70))
    np.testing.assert_allclose(enlarged, np.broadcast_to(chroma[:, :1, :1], enlarged.shape), atol=1e-3)


def test_no_colour_leaves_the_range_given(rng):
    chroma = draw(rng, 2, 8, 8)
    for given, enlarged in zip(chroma, upsample_chroma(chroma, light(rng, 96, 96)), strict=True):
        assert enlarged.min() >= given.min() - 1e-3
        assert enlarged.max() <= given.max() + 1e-3


def test_an_edge_of_colour_lies_at_the_edge_of_lightness():
    edge = 45  # inside the cells of column 3: cells cover 12 pixels
    lightness = np.full((96, 96), 30, np.float32)
    lightness[:, edge:] = 80
    chroma = np.zeros((2, 96, 96), np.float32)
    chroma[0, :, :edge], chroma[1, :, edge:] = 40, 50
    cells = chroma.reshape(2, 8, 12, 8, 12).mean(axis=(2, 4))
    enlarged, bilinear = upsample_chroma(cells, lightness), enlarge_linearly(cells, (96, 96))
    assert ((enlarged - chroma) ** 2).mean() < 0.25 * ((bilinear - chroma) ** 2).mean()


def test_maps_are_those_of_a_guided_filter(rng):
    """By torch: windows of 7, a variance of 10, two corrections, and the colours of 3 x 3 cells as limits."""

    def box(planes: torch.Tensor) -> torch.Tensor:
        return F.avg_pool2d(F.pad(planes, (3, 3, 3, 3), mode="replicate"), 7, stride=1)

    given, lightness = draw(rng, 2, 2, 5, 6), light(rng, 20, 24)
    chroma, guide = torch.from_numpy(given), torch.from_numpy(lightness)[None, None]
    wide = F.interpolate(chroma, scale_factor=4, mode="bicubic")
    slope = (box(guide * wide) - box(guide) * box(wide)) / (box(guide**2) - box(guide) ** 2 + 10)
    slope, offset = box(slope), box(box(wide) - slope * box(guide))
    for _ in range(2):
        offset += F.interpolate(chroma - F.avg_pool2d(slope * guide + offset, 4), scale_factor=4, mode="bicubic")
    around = F.pad(chroma, (1, 1, 1, 1), mode="replicate")
    limits = torch.cat([-F.max_pool2d(-around, 3, stride=1), F.max_pool2d(around, 3, stride=1)], dim=1)
    expected = torch.cat([slope, offset, F.interpolate(limits, scale_factor=4, mode="bilinear")], dim=1)
    np.testing.assert_allclose(chroma_maps(given, lightness), expected.numpy(), atol=1e-3)


def test_strips_are_the_bilinear_enlargement(monkeypatch, rng):
    monkeypatch.setattr("chromantic.colour.resampling._STRIP_PIXELS", 100)
    maps = draw(rng, 3, 9, 7)
    for size in [(50, 41), (9, 7), (5, 3), (1, 1)]:
        strips = list(enlarged_strips(maps, size))
        assert [row for rows, _ in strips for row in range(*rows.indices(size[0]))] == list(range(size[0]))
        whole = interpolated(maps[None], size, "bilinear")
        np.testing.assert_allclose(np.concatenate([strip for _, strip in strips], axis=1), whole[0], atol=1e-4)
        np.testing.assert_allclose(enlarge_linearly(maps[None], size), whole, atol=1e-4)


def test_cubic_enlargement_is_torchs(rng):
    planes = draw(rng, 2, 3, 5, 7)
    np.testing.assert_allclose(enlarge_cubically(planes, 4), interpolated(planes, (20, 28), "bicubic"), atol=1e-4)


@pytest.mark.parametrize("size", [(10, 12), (40, 90), (33, 47), (60, 5)])
def test_strips_shrink_to_torchs_antialiased_picture(monkeypatch, rng, size):
    monkeypatch.setattr("chromantic.colour.resampling._STRIP_PIXELS", 200)
    whole = light(rng, 40, 50)
    strips = [(rows, whole[rows]) for rows in row_strips(*whole.shape)]
    assert len(strips) == 10
    ours = shrink_columns(blend_rows(strips, len(whole), size[0]), size[1])
    theirs = interpolated(whole[None, None], size, "bilinear", antialias=True)
    np.testing.assert_allclose(ours, theirs[0, 0], atol=2e-4)


def test_real_photos_err_less_than_bilinear(photos_root):
    ours, bilinear = 0.0, 0.0
    for file in find_photos([photos_root / "full_resolution"])[:8]:
        lightness, *chroma = rgb_to_lab(np.moveaxis(read_photo(file).pixels, -1, 0) / np.float32(255))
        coarse = interpolated(np.stack(chroma)[None], [side // 12 for side in lightness.shape], "area")[0]
        ours += ((upsample_chroma(coarse, lightness) - chroma) ** 2).mean()
        bilinear += ((enlarge_linearly(coarse, lightness.shape) - chroma) ** 2).mean()
    assert ours < 0.8 * bilinear
