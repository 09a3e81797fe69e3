import math

import pytest
import torch

from chromantic.colour.lab import CHROMA_MAX, CHROMA_MIN
from chromantic.model import mixture
from chromantic.model.entropy import entropy


@pytest.fixture
def parameters() -> torch.Tensor:
    """Ten-component mixtures of twelve pixels, sharp and broad ones."""
    rng = torch.Generator().manual_seed(0)
    draw = torch.randn(1, 60, 3, 4, generator=rng)
    draw[:, 10:30] *= 0.15
    draw[:, 30:50] -= 3
    return draw


def test_entropy_is_that_of_the_whole_grid_without_bias(parameters):
    levels = torch.arange(CHROMA_MIN, CHROMA_MAX + 1).float()
    grid = torch.stack(torch.meshgrid(levels, levels, indexing="ij"))[None]
    exact = []
    for pixel in parameters.flatten(2).unbind(2):
        nats = mixture.log_likelihood(pixel[:, :, None, None].expand(-1, -1, 256, 256), grid)
        exact.append(-(nats.exp() * nats).sum() / math.log(2))
    error = entropy(parameters).flatten() - torch.stack(exact)
    assert error.abs().max() < 0.1
    assert error.mean().abs() < 0.02


def test_certain_pixels_have_no_entropy_and_neighbours_no_noise(parameters):
    certain = torch.zeros(1, 60, 2, 2)
    certain[:, 0] = 50
    certain[:, 10:30] = 1 / 255  # on the grid, not between two of its colours
    certain[:, 30:50] = -7
    assert entropy(certain).max() < 1
    assert entropy(parameters[:, :, :1, :1].expand(-1, -1, 5, 5)).std() < 1e-5


def test_the_same_every_time(parameters):
    torch.testing.assert_close(entropy(parameters), entropy(parameters), atol=0, rtol=0)
