import math

import pytest
import torch

from chromantic.evaluation.likelihood import bits_per_dimension


def test_uniform_guess_on_the_grid_costs_eight_bits():
    assert bits_per_dimension(torch.tensor(-math.log(256**2))).item() == pytest.approx(8)


def test_certainty_costs_nothing_and_every_pixel_keeps_its_place():
    bits = bits_per_dimension(torch.tensor([[0.0, -2 * math.log(2)]]))
    torch.testing.assert_close(bits, torch.tensor([[0.0, 1.0]]))
