import pytest
import torch
import torch.nn.functional as F

from chromantic.colour.lab import rgb_to_lab
from chromantic.colour.upsampling import enlarged_strips, upsample_chroma
from chromantic.photo import find_photos, read_photo


@pytest.fixture
def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("size", [(300, 400), (37, 53), (5, 3), (1, 1), (12, 800)])
def test_any_size_of_photo(rng, size):
    chroma = torch.randn(3, 2, 8, 12, generator=rng) * 30
    enlarged = upsample_chroma(chroma, torch.rand(1, 1, *size, generator=rng) * 100)
    assert enlarged.shape == (3, 2, *size)
    assert enlarged.isfinite().all()


def test_samples_are_enlarged_independently(rng):
    chroma, lightness = torch.randn(3, 2, 8, 8, generator=rng) * 30, torch.rand(1, 1, 90, 90, generator=rng) * 100
    apart = torch.cat([upsample_chroma(sample[None], lightness) for sample in chroma])
    torch.testing.assert_close(upsample_chroma(chroma, lightness), apart)


def test_one_colour_stays_one_colour(rng):
    chroma = torch.tensor([20.0, -30.0])[None, :, None, None].expand(1, 2, 8, 8)
    enlarged = upsample_chroma(chroma, torch.rand(1, 1, 70, 70, generator=rng) * 100)
    torch.testing.assert_close(enlarged, chroma[:, :, :1, :1].expand_as(enlarged), atol=1e-3, rtol=0)


def test_no_colour_leaves_the_range_given(rng):
    chroma = torch.randn(1, 2, 8, 8, generator=rng) * 30
    enlarged = upsample_chroma(chroma, torch.rand(1, 1, 96, 96, generator=rng) * 100)
    for channel in range(2):
        assert enlarged[:, channel].min() >= chroma[:, channel].min() - 1e-3
        assert enlarged[:, channel].max() <= chroma[:, channel].max() + 1e-3


def test_an_edge_of_colour_lies_at_the_edge_of_lightness():
    edge = 45  # inside the cells of column 3: cells cover 12 pixels
    lightness = torch.full((1, 1, 96, 96), 30.0)
    lightness[..., edge:] = 80
    chroma = torch.zeros(1, 2, 96, 96)
    chroma[:, 0, :, :edge], chroma[:, 1, :, edge:] = 40, 50
    enlarged = upsample_chroma(F.interpolate(chroma, (8, 8), mode="area"), lightness)
    bilinear = F.interpolate(F.interpolate(chroma, (8, 8), mode="area"), (96, 96), mode="bilinear")
    assert F.mse_loss(enlarged, chroma) < 0.25 * F.mse_loss(bilinear, chroma)


def test_strips_are_the_bilinear_enlargement(monkeypatch, rng):
    monkeypatch.setattr("chromantic.colour.upsampling._STRIP_PIXELS", 100)
    maps = torch.randn(2, 3, 9, 7, generator=rng)
    for size in [(50, 41), (9, 7), (5, 3), (1, 1)]:
        strips = list(enlarged_strips(maps, size))
        assert [row for rows, _ in strips for row in range(*rows.indices(size[0]))] == list(range(size[0]))
        whole = F.interpolate(maps, size, mode="bilinear")
        torch.testing.assert_close(torch.cat([strip for _, strip in strips], dim=2), whole, atol=1e-5, rtol=0)


def test_real_photos_err_less_than_bilinear(photos_root):
    ours, bilinear = [], []
    for file in find_photos([photos_root / "full_resolution"])[:8]:
        rgb = torch.from_numpy(read_photo(file).pixels).movedim(-1, 0)[None] / 255
        lightness, chroma = rgb_to_lab(rgb).split([1, 2], dim=1)
        coarse = F.interpolate(chroma, [side // 12 for side in chroma.shape[-2:]], mode="area")
        ours.append(F.mse_loss(upsample_chroma(coarse, lightness), chroma))
        bilinear.append(F.mse_loss(F.interpolate(coarse, chroma.shape[-2:], mode="bilinear"), chroma))
    assert sum(ours) < 0.8 * sum(bilinear)
