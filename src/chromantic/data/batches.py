"""Training batches: each is a pure function of seed and step, so an interrupted training goes on with the same ones."""

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from chromantic.data.augment import age, draw_ageing
from chromantic.data.cache import Batch, PhotoCache

CROP = 32
"""Cells along a side of a training crop: 128 pixels."""
_STRETCHED_SIDE = (24.0, 40.0)  # cells: of the square as large as a window that is to be stretched
_STRETCHED_ASPECT = 0.35  # largest natural logarithm of its sides' ratio


def sample_batch(
    cache: PhotoCache,
    *,
    step: int,
    batch_size: int,
    seed: int,
    rank: int = 0,
    world: int = 1,
    weights: Float[Tensor, "photos"],
    age_probability: float = 0.4,
    stretch_probability: float = 0.0,
) -> Batch:
    """Random square crops, half of them mirrored, some of them aged.

    They are made on the cache's device. What to make is drawn on the CPU, so that it is the same everywhere.

    Args:
        cache: The photos.
        step: Number of the training step.
        batch_size: Photos of all processes together, a multiple of `world`; which ones does not depend on `world`.
        seed: The training's seed.
        rank: This process, which gets the batch's `rank`-th part.
        world: Number of processes.
        weights: How often to draw every photo (`PhotoCache.sampling_weights`); drawn with replacement.
        age_probability: Share of photos that are made to look old (see `augment`).
        stretch_probability: Share of photos whose crop is a larger, smaller or oblong part, brought to the crop's size.

    Raises:
        ValueError: The batch cannot be shared evenly by the processes.
    """
    if batch_size % world:
        raise ValueError(f"a batch of {batch_size} photos cannot be shared by {world} processes")
    generator = generator_of(seed, step)
    photos = torch.multinomial(weights, batch_size, replacement=True, generator=generator)
    grids = cache.grids[photos]
    corners = (torch.rand(batch_size, 2, generator=generator) * (grids - CROP + 1)).floor()
    windows = torch.cat([corners, torch.full((batch_size, 2), float(CROP))], dim=1)
    mirrored = torch.rand(batch_size, generator=generator) < 0.5
    ageing = draw_ageing(batch_size, age_probability, generator)
    stretched = torch.rand(batch_size, generator=generator) < stretch_probability
    windows = torch.where(stretched[:, None], _draw_windows(grids, generator), windows)

    mine = slice(rank * batch_size // world, (rank + 1) * batch_size // world)
    batch = cache.crop(photos[mine], windows[mine], (CROP, CROP), mirrored[mine])
    return replace(batch, lightness=age(batch.lightness, batch.chroma, ageing[mine]))


def _draw_windows(grids: Int64[Tensor, "batch 2"], generator: torch.Generator) -> Float[Tensor, "batch 4"]:
    """Parts of photos, of any size and aspect within bounds, anywhere."""
    drawn = torch.rand(len(grids), 4, generator=generator)
    least, most = torch.tensor(_STRETCHED_SIDE)
    side = torch.lerp(least, most, drawn[:, 0])
    root = torch.exp((drawn[:, 1] - 0.5) * _STRETCHED_ASPECT)
    extents = torch.stack([side / root, side * root], dim=1).minimum(grids)
    return torch.cat([drawn[:, 2:] * (grids - extents), extents], dim=1)


def generator_of(*seeds: int) -> torch.Generator:
    """A generator seeded by several numbers, mixed into one: a CPU generator heeds 32 bits of its seed alone."""
    mixed = np.random.SeedSequence(seeds).generate_state(1)[0]
    return torch.Generator().manual_seed(int(mixed))
