"""Fixtures that all tests share."""

import os
from pathlib import Path

import pytest

_BESIDE_THE_REPOSITORY = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def photos_root() -> Path:
    """The folder of real photographs (VOCdevkit, COCO, color_photos, full_resolution)."""
    root = Path(os.environ.get("CHROMANTIC_DATA", _BESIDE_THE_REPOSITORY))
    if not (root / "VOCdevkit").is_dir():
        pytest.skip(f"no photographs in {root}; set CHROMANTIC_DATA to the folder that holds VOCdevkit")
    return root
