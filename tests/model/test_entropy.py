import math

import pytest
import torch

from chromantic.lab import CHROMA_MAX, CHROMA_MIN
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


def test_entropy_is_that_of_the_whole_grid(parameters):
    levels = torch.arange(CHROMA_MIN, CHROMA_MAX + 1).float()
    grid = torch.stack(torch.meshgrid(levels, levels, indexing="ij"))[None]
    for y in range(3):
        for x in range(4):
            pixel = parameters[:, :, y : y + 1, x : x + 1].expand(-1, -1, 256, 256)
            nats = mixture.log_likelihood(pixel, grid)
            exact = -(nats.exp() * nats).sum() / math.log(2)
            assert entropy(parameters)[0, y, x].item() == pytest.approx(exact.item(), abs=0.4)


def test_certain_pixels_have_no_entropy_and_neighbours_no_noise(parameters):
    certain = torch.zeros(1, 60, 2, 2)
    certain[:, 0] = 50
    certain[:, 10:30] = 1 / 255  # on the grid, not between two of its colours
    certain[:, 30:50] = -7
    assert entropy(certain).max() < 1
    assert entropy(parameters[:, :, :1, :1].expand(-1, -1, 5, 5)).std() < 1e-5


def test_the_same_every_time(parameters):
    torch.testing.assert_close(entropy(parameters), entropy(parameters), atol=0, rtol=0)
