"""Hints for training: how many photos get any, and what they know."""

import torch

from chromantic.data.cache import Batch
from chromantic.data.hint_draws import MOST_HINTS, draw_hints


def batch_of(photos: int) -> Batch:
    labels = torch.zeros(photos, 32, 32, dtype=torch.long)
    labels[:, 10:20, 10:20] = 8
    labels[:, :4] = 255
    return Batch(
        lightness=torch.rand(photos, 1, 128, 128) * 100,
        chroma=torch.randint(-50, 50, (photos, 2, 32, 32)).float(),
        labels=labels,
        colourful=torch.ones(photos, dtype=torch.bool),
        coarse=torch.zeros(21, dtype=torch.bool),
    )


def test_half_of_the_photos_get_hints_few_as_often_as_many() -> None:
    batch = batch_of(600)
    hints = draw_hints(batch, 0.5, seed=1, step=0)
    assert torch.equal(hints.chroma, batch.chroma)
    counts = hints.known.flatten(1).sum(1)
    assert 0.42 < (counts > 0).float().mean() < 0.58
    assert (counts == 1).any()
    assert (counts > MOST_HINTS).any()  # whole regions
    few = ((counts > 0) & (counts <= 10)).sum()
    many = ((counts > 10) & (counts <= MOST_HINTS)).sum()
    assert few > 30
    assert many > 30


def test_some_hints_are_whole_objects() -> None:
    batch = batch_of(200)
    known = draw_hints(batch, 1.0, seed=2, step=0).known
    whole = (known == (batch.labels == 8)).flatten(1).all(1)
    assert whole.any()


def test_they_depend_on_seed_step_and_place_alone() -> None:
    batch = batch_of(8)
    together = draw_hints(batch, 0.5, seed=3, step=4).known
    halves = [draw_hints(batch_of(4), 0.5, seed=3, step=4, first=first).known for first in (0, 4)]
    assert torch.equal(together, torch.cat(halves))
    assert not torch.equal(together, draw_hints(batch, 0.5, seed=3, step=5).known)
