"""Fixtures of the studio's tests."""

import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from served import LIMITS, Client, serving

from chromantic.colorizer import Colorizer
from chromantic.studio.worker import load_colorizer


@pytest.fixture(scope="session")
def load(tiny_weights: Path) -> Callable[[], Colorizer]:
    """Loads the tiny weights, in any process."""
    return partial(load_colorizer, str(tiny_weights), "cpu")


@pytest.fixture(scope="session")
def studio(load: Callable[[], Colorizer]) -> Iterator[Client]:
    with serving(load, limits=LIMITS) as client:
        yield client


@pytest.fixture(scope="session")
def photo() -> bytes:
    """A grey JPEG with a title in its metadata."""
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8), np.uint8)
    image = Image.fromarray(pixels).resize((80, 60), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[0x010E] = "Grandmother"  # ImageDescription
    file = io.BytesIO()
    image.save(file, "jpeg", exif=exif)
    return file.getvalue()
