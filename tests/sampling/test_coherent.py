"""Coherent draws: regions, the update of a mixture by an observation, and what a seed promises."""

from dataclasses import replace

import numpy as np
import pytest

from chromantic.sampling.coherent import GAIN, sample_coherently
from chromantic.sampling.noise import random
from chromantic.sampling.regions import REGIONS, find_regions
from chromantic.understanding import Components, Understanding

RED, BLUE, GREEN = (50.0, 30.0), (10.0, -50.0), (-40.0, 40.0)


def understanding_of(means: np.ndarray, embedding: np.ndarray, scale: float = 7.0) -> Understanding:
    """Equally likely colours of each cell, [2 components h w]."""
    means, embedding = means.astype(np.float32), embedding.astype(np.float32)
    log_weights = np.full(means.shape[1:], -np.log(means.shape[1]), np.float32)
    size = means.shape[2:]
    return Understanding(
        lightness=np.zeros(size, np.float32),
        embedding=embedding,
        scene=embedding,
        chroma_parameters=np.zeros((12, *size), np.float32),
        components=Components(log_weights, means, np.full_like(means, scale**2)),
        mean_chroma=means.mean(axis=1),
        class_probabilities=None,
        find_entropy=lambda parameters: parameters[0],
    )


@pytest.fixture
def seen() -> Understanding:
    """The left half is something red or blue, nobody knows; the right half is green."""
    unsure, sure = np.array([RED, BLUE]).T, np.array([GREEN, GREEN]).T
    means = np.stack([unsure] * 16 + [sure] * 16, axis=2)[:, :, None].repeat(32, axis=2)
    embedding = np.zeros((8, 32, 32))
    embedding[0, :, :16] = embedding[1, :, 16:] = 1
    return understanding_of(means, embedding)


def draws(seen: Understanding, samples: int, seed: int = 0, temperature: float = 1.0) -> np.ndarray:
    drawn: np.ndarray = sample_coherently(seen, samples=samples, rng=random(seed), temperature=temperature) / GAIN
    return drawn


def test_a_thing_is_of_one_colour_and_not_always_the_same(seen: Understanding) -> None:
    drawn = draws(seen, 24)[:, :, :, 1:14]
    centre = drawn.mean(axis=(2, 3))
    assert np.abs(drawn - centre[:, :, None, None]).max() < 25  # from edge to edge of parts of it
    to_red, to_blue = (np.linalg.norm(centre - np.array(colour), axis=1) for colour in (RED, BLUE))
    assert 4 < (to_red < 15).sum() < 20
    assert 4 < (to_blue < 15).sum() < 20


def test_what_is_sure_of_its_colour_keeps_it(seen: Understanding) -> None:
    right = draws(seen, 8)[:, :, :, 20:]
    assert np.abs(right - np.array(GREEN)[:, None, None]).mean() < 8


def test_regions_are_shares_that_follow_what_is_seen(seen: Understanding) -> None:
    regions = find_regions(seen)
    assert regions.shape[1:] == (32, 32)
    assert 2 <= len(regions) <= REGIONS
    np.testing.assert_allclose(regions.sum(axis=0), 1, rtol=1e-5)
    overlap = (regions[:, :, :14].mean(axis=(1, 2)) * regions[:, :, 18:].mean(axis=(1, 2))).sum()
    assert overlap < 0.01


def test_classes_make_regions_of_what_else_is_alike(seen: Understanding) -> None:
    alike = understanding_of(np.zeros((2, 2, 8, 8)), np.ones((8, 8, 8)))
    assert len(find_regions(alike)) == 1
    classes = np.zeros((2, 8, 8), np.float32)
    classes[0, :4] = classes[1, 4:] = 1
    assert len(find_regions(replace(alike, class_probabilities=classes))) > 1


def test_the_seed_decides_and_progress_is_told(seen: Understanding) -> None:
    np.testing.assert_array_equal(draws(seen, 2, seed=5), draws(seen, 2, seed=5))
    assert not np.array_equal(draws(seen, 2, seed=5), draws(seen, 2, seed=6))
    told: list[tuple[int, int]] = []
    sample_coherently(seen, samples=3, rng=random(0), callback=lambda *step: told.append(step))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_without_temperature_only_the_cell_is_chance(seen: Understanding) -> None:
    drawn = draws(seen, 8, temperature=0.0)
    assert np.isfinite(drawn).all()
    np.testing.assert_allclose(drawn[:, :, 16, 24], np.broadcast_to(GREEN, (8, 2)), atol=0.5)


def test_photos_of_few_cells_have_draws() -> None:
    assert draws(understanding_of(np.zeros((2, 3, 1, 2)), np.ones((4, 1, 2))), 2).shape == (2, 2, 1, 2)
