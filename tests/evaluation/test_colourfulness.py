import numpy as np
import pytest
import torch
from skimage import data

from chromantic.evaluation.measures.colourfulness import colourfulness


def test_grey_has_none():
    grey = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 255
    torch.testing.assert_close(colourfulness(grey.expand(-1, 3, -1, -1)), torch.zeros(2), atol=1e-4, rtol=0)


def test_worked_example_keeps_signs():
    # Half red, half green: rg = 100, -100 and yb = 50, 50, so the spread is 100 and the shift 50.
    picture = torch.tensor([[[100.0, 0.0]], [[0.0, 100.0]], [[0.0, 0.0]]])[None]
    assert colourfulness(picture).item() == pytest.approx(100 + 0.3 * 50, abs=1e-4)


def test_agrees_with_its_definition_on_a_photograph():
    photo = data.astronaut().astype(np.float64)
    red, green, blue = photo[..., 0], photo[..., 1], photo[..., 2]
    rg, yb = red - green, (red + green) / 2 - blue
    expected = np.sqrt(rg.var() + yb.var()) + 0.3 * np.sqrt(rg.mean() ** 2 + yb.mean() ** 2)
    assert colourfulness(torch.from_numpy(photo).movedim(-1, 0)[None]).item() == pytest.approx(expected, abs=1e-4)
