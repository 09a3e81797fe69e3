from pathlib import Path

import numpy as np
import pytest
from commands import gigapixel_png
from PIL import Image


@pytest.fixture
def photo(tmp_path) -> Path:
    """A grey photo in a folder of its own, with noise that JPEG cannot compress away."""
    folder = tmp_path / "photos"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (40, 48), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "dog.jpg")
    return folder / "dog.jpg"


@pytest.fixture
def unreadable(photo) -> dict[Path, str]:
    """Files beside the photo that cannot be colorized, and words of why."""
    folder = photo.parent
    (folder / "a text.jpg").write_text("Dear photo,\nI am a letter.\n")
    (folder / "truncated.jpg").write_bytes(photo.read_bytes()[:900])
    (folder / "empty.jpg").touch()
    (folder / "giant.png").write_bytes(gigapixel_png())
    return {
        folder / "a text.jpg": "not a picture",
        folder / "empty.jpg": "is empty",
        folder / "giant.png": "more than 1 gigapixel",
        folder / "truncated.jpg": "truncated",
    }
