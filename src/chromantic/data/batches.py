"""Training batches: each is a pure function of seed and step, so an interrupted training goes on with the same ones."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.data.augment import age, draw_ageing
from chromantic.data.cache import Batch, PhotoCache

CROP = 32
"""Cells along a side of a training crop: 128 pixels."""


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
) -> Batch:
    """Random square crops, half of them mirrored, some of them aged.

    Args:
        cache: the photos.
        step: number of the training step.
        batch_size: photos of all processes together, a multiple of `world`; which ones does not depend on `world`.
        seed: the training's seed.
        rank: this process, which gets the batch's `rank`-th part.
        world: number of processes.
        weights: how often to draw every photo (`PhotoCache.sampling_weights`); drawn with replacement.
        age_probability: share of photos that are made to look old (see `augment`).
    """
    if batch_size % world:
        raise ValueError(f"a batch of {batch_size} photos cannot be shared by {world} processes")
    generator = _generator(seed, step)
    photos = torch.multinomial(weights, batch_size, replacement=True, generator=generator)
    room = cache.grids[photos] - CROP + 1
    corners = (torch.rand(batch_size, 2, generator=generator) * room).long()
    mirrored = torch.rand(batch_size, generator=generator) < 0.5
    ageing = draw_ageing(batch_size, age_probability, generator)

    mine = slice(rank * batch_size // world, (rank + 1) * batch_size // world)
    batch = cache.crop(photos[mine], corners[mine], (CROP, CROP), mirrored[mine])
    return Batch(age(batch.lightness, batch.chroma, ageing[mine]), batch.chroma, batch.labels, batch.colourful)


def _generator(seed: int, step: int) -> torch.Generator:
    """Mixes seed and step into one number, because a CPU generator heeds 32 bits of its seed alone."""
    mixed = np.random.SeedSequence((seed, step)).generate_state(1)[0]
    return torch.Generator().manual_seed(int(mixed))
