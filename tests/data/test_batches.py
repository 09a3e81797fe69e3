from dataclasses import astuple

import pytest
import torch

from chromantic.data.batches import sample_batch
from chromantic.data.cache import Batch, PhotoCache


def draw(cache: PhotoCache, **changes: float) -> Batch:
    arguments = {"step": 3, "batch_size": 24, "seed": 7} | changes
    return sample_batch(cache, weights=cache.sampling_weights(), **arguments)


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
    assert all(map(torch.equal, astuple(batch), astuple(draw(cache))))
    for other in (draw(cache, step=4), draw(cache, seed=8), draw(cache, seed=7 + 2**32)):
        assert not torch.equal(batch.lightness, other.lightness)


@pytest.mark.parametrize("world", [2, 3])
def test_processes_share_the_same_batch(cache: PhotoCache, world: int) -> None:
    parts = [astuple(draw(cache, rank=rank, world=world)) for rank in range(world)]
    for together, alone in zip(zip(*parts, strict=True), astuple(draw(cache)), strict=True):
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
