import math

import pytest
import torch

from chromantic.errors import ChromanticError
from chromantic.evaluation.measures.floor import UNIFORM_SHARE, fit_floor, floor_log_likelihood


def test_floor_sums_to_one():
    chroma = torch.randint(-128, 128, (2, 5000), generator=torch.Generator().manual_seed(0)).float()
    assert fit_floor(chroma).exp().sum().item() == pytest.approx(1, abs=1e-4)


def test_floor_counts_pairs_of_a_and_b():
    chroma = torch.tensor([[3.0, 3, 3, -128], [-7.0, -7, -7, 127]])
    log_likelihood = floor_log_likelihood(fit_floor(chroma), torch.tensor([[3.0, -128, 3], [-7.0, 127, 127]])[None])
    unseen = UNIFORM_SHARE / 256**2
    expected = [0.75 * (1 - UNIFORM_SHARE) + unseen, 0.25 * (1 - UNIFORM_SHARE) + unseen, unseen]
    torch.testing.assert_close(log_likelihood, torch.tensor([[math.log(p) for p in expected]]))


def test_floor_keeps_the_pixels_places():
    chroma = torch.randint(-20, 20, (3, 2, 4, 5), generator=torch.Generator().manual_seed(0)).float()
    floor = fit_floor(chroma.transpose(0, 1).flatten(1))
    log_likelihood = floor_log_likelihood(floor, chroma)
    assert log_likelihood.shape == (3, 4, 5)
    a, b = chroma[2, :, 3, 1].int().tolist()
    assert log_likelihood[2, 3, 1] == floor[a + 128, b + 128]


def test_floor_of_nothing_is_an_error():
    with pytest.raises(ChromanticError, match="no colourful"):
        fit_floor(torch.empty(2, 0))
