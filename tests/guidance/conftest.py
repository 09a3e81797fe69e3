"""Fixtures of the tests of guidance."""

from pathlib import Path

import numpy as np
import pytest

from chromantic.colorizer import Colorizer


@pytest.fixture(scope="session")
def colorizer(tiny_weights: Path) -> Colorizer:
    return Colorizer.from_pretrained(tiny_weights)


@pytest.fixture(scope="session")
def grey() -> np.ndarray:
    """180 x 120, of middle lightness, with an edge down the middle and some noise."""
    noise = np.random.default_rng(0).normal(0, 4, (120, 180))
    return (120 + noise + 40 * (np.arange(180) >= 90)).clip(0, 255).astype(np.uint8)
