import pytest
import torch

from chromantic.data.batches import sample_batch
from chromantic.data.cache import Batch, PhotoCache


def draw(cache: PhotoCache, **changes: float) -> Batch:
    arguments = {"step": 3, "batch_size": 24, "seed": 7} | changes
    return sample_batch(cache, weights=cache.sampling_weights(), **arguments)


def layers(batch: Batch) -> tuple[torch.Tensor, ...]:
    return batch.lightness, batch.chroma, batch.labels, batch.colourful


def test_shapes_and_ranges(cache: PhotoCache) -> None:
    batch = draw(cache)
    assert batch.lightness.shape == (24, 1, 128, 128)
    assert batch.chroma.shape == (24, 2, 32, 32)
    assert batch.labels.shape == (24, 32, 32)
    assert batch.colourful.shape == (24,)
    assert (batch.lightness.dtype, batch.chroma.dtype) == (torch.float32, torch.float32)
    assert (batch.labels.dtype, batch.colourful.dtype) == (torch.int64, torch.bool)
    assert batch.lightness.min() >= 0
    assert 10 < batch.lightness.max() <= 100


def test_crops_and_flips_keep_cells_aligned(cache: PhotoCache) -> None:
    batch = draw(cache, batch_size=64, age_probability=0.0)
    red = batch.chroma[:, 0] > 40  # the object's a is 67, the ground's 20 or so
    objects = (batch.labels > 0) & (batch.labels < 255)
    labelled = objects.flatten(1).any(1)
    assert 10 < labelled.sum() < 64
    assert torch.equal(red[labelled], objects[labelled])
    light = torch.nn.functional.avg_pool2d(batch.lightness, 4)[:, 0]
    threshold = (light[red].mean() + light[~red].mean()) / 2
    assert torch.equal(light > threshold, red)
    left_edges = objects[labelled].any(1).float().argmax(1)
    assert len(left_edges.unique()) > 5


def test_whole_cells_are_taken_as_they_are(cache: PhotoCache) -> None:
    photos, corners = torch.tensor([0, 3]), torch.tensor([[0, 5], [9, 0]])
    windows = torch.cat([corners, torch.full((2, 2), 32)], dim=1).float()
    crops = cache.crop(photos, windows, (32, 32), torch.tensor([False, True]))
    for photo, (top, left), lightness, chroma, labels in zip(
        photos, corners, crops.lightness, crops.chroma, crops.labels, strict=True
    ):
        rows, columns = cache.grids[photo].tolist()
        cells = slice(int(cache.starts[photo]), int(cache.starts[photo]) + rows * columns)
        pixels = cache.lightness[cells.start * 16 : cells.stop * 16].view(rows * 4, columns * 4)
        expected = pixels[4 * top : 4 * top + 128, 4 * left : 4 * left + 128].float() / 2.55
        expected_chroma = cache.chroma[:, cells].view(2, rows, columns)[:, top : top + 32, left : left + 32].float()
        expected_labels = cache.labels[cells].view(rows, columns)[top : top + 32, left : left + 32].long()
        if photo == 3:
            expected, expected_chroma, expected_labels = (
                x.flip(-1) for x in (expected, expected_chroma, expected_labels)
            )
        torch.testing.assert_close(lightness[0], expected)
        assert torch.equal(chroma, expected_chroma)
        assert torch.equal(labels, expected_labels)


def test_other_windows_are_interpolated(cache: PhotoCache) -> None:
    rows, columns = cache.grids[0].tolist()
    window = torch.tensor([[1.25, 3.5, 26.0, 38.0]])
    crop = cache.crop(torch.tensor([0]), window, (32, 32), torch.tensor([False]))
    pixels = cache.lightness[: rows * columns * 16].view(1, 1, rows * 4, columns * 4).float() / 2.55
    cells = cache.chroma[:, : rows * columns].view(1, 2, rows, columns).float()
    top, left, height, width = window[0].tolist()
    scaling = torch.tensor([[width / columns, 0.0, 0.0], [0.0, height / rows, 0.0]])
    scaling[:, 2] = torch.tensor([(2 * left + width) / columns - 1, (2 * top + height) / rows - 1])

    def reference(layer: torch.Tensor, side: int) -> torch.Tensor:
        grid = torch.nn.functional.affine_grid(scaling[None], [1, 1, side, side], align_corners=False)
        return torch.nn.functional.grid_sample(layer, grid, padding_mode="border", align_corners=False)

    torch.testing.assert_close(crop.lightness, reference(pixels, 128), atol=1e-3, rtol=1e-4)
    assert (crop.chroma - reference(cells, 32)).abs().max() <= 0.501
    assert torch.equal(crop.chroma, crop.chroma.round())


def test_stretched_windows_keep_cells_aligned_and_lie_inside(cache: PhotoCache) -> None:
    plain = draw(cache, batch_size=200, age_probability=0.0)
    batch = draw(cache, batch_size=200, age_probability=0.0, stretch_probability=0.5)
    same = (batch.lightness == plain.lightness).flatten(1).all(1)
    assert 0.35 < same.float().mean() < 0.65
    assert torch.equal(batch.colourful, plain.colourful)
    objects = (batch.labels > 0) & (batch.labels < 255)
    inside = -torch.nn.functional.max_pool2d(-objects[:, None].float(), 3, 1, 1)[:, 0] > 0  # the seams are mixed
    assert inside.any(0).sum() > 500
    assert (batch.chroma[:, 0][inside] > 40).all()
    sizes = objects.flatten(1).sum(1)
    assert len(sizes[~same].unique()) > 2 * len(sizes[same].unique())


def test_halving_keeps_lightness_chroma_and_labels_together(cache: PhotoCache) -> None:
    whole = draw(cache, batch_size=64, age_probability=0.0)
    half = whole.halved()
    assert (half.lightness.shape, half.chroma.shape) == ((64, 1, 64, 64), (64, 2, 16, 16))
    assert torch.equal(half.chroma, half.chroma.round())
    inside, outside = (torch.nn.functional.max_pool2d(sign * whole.chroma[:, :1], 2)[:, 0] for sign in (1, -1))
    even = inside == -outside  # blocks of four cells of one colour
    assert torch.equal(half.chroma[:, 0][even], inside[even])
    objects = (half.labels > 0) & (half.labels < 255)
    labelled = objects.flatten(1).any(1)
    assert torch.equal(
        (half.chroma[:, 0] > 40)[even & labelled[:, None, None]], objects[even & labelled[:, None, None]]
    )


def test_a_batch_depends_on_seed_and_step_alone(cache: PhotoCache) -> None:
    batch = draw(cache)
    assert all(map(torch.equal, layers(batch), layers(draw(cache))))
    for other in (draw(cache, step=4), draw(cache, seed=8), draw(cache, seed=7 + 2**32)):
        assert not torch.equal(batch.lightness, other.lightness)


@pytest.mark.parametrize("world", [2, 3])
def test_processes_share_the_same_batch(cache: PhotoCache, world: int) -> None:
    parts = [layers(draw(cache, rank=rank, world=world)) for rank in range(world)]
    for together, alone in zip(zip(*parts, strict=True), layers(draw(cache)), strict=True):
        assert torch.allclose(torch.cat(together).float(), alone.float(), atol=1e-4)


def test_uneven_shares_are_refused(cache: PhotoCache) -> None:
    with pytest.raises(ValueError, match="cannot be shared by 5"):
        draw(cache, world=5)


def test_ageing_leaves_most_photos_and_all_targets(cache: PhotoCache) -> None:
    modern, mixed = draw(cache, batch_size=200, age_probability=0.0), draw(cache, batch_size=200)
    assert torch.equal(modern.chroma, mixed.chroma)
    assert torch.equal(modern.labels, mixed.labels)
    untouched = (modern.lightness == mixed.lightness).flatten(1).all(1).float().mean()
    assert 0.5 < untouched < 0.75
