"""Fixtures of the studio's tests."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from served import LIMITS, Client, serving

from chromantic.colorizer import Colorizer


@pytest.fixture(scope="session")
def colorizer(tiny_weights: Path) -> Colorizer:
    return Colorizer.from_pretrained(tiny_weights)


@pytest.fixture(scope="session")
def studio(colorizer: Colorizer) -> Iterator[Client]:
    with serving(colorizer, limits=LIMITS) as client:
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
