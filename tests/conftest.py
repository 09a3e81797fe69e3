"""Fixtures that all tests share."""

import os
from pathlib import Path

import pytest

_BESIDE_THE_CLONE = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def photos_root() -> Path:
    """A folder of real photographs (VOCdevkit, COCO, color_photos, full_resolution), such as one beside the clone."""
    root = Path(os.environ.get("CHROMANTIC_DATA", _BESIDE_THE_CLONE))
    if not (root / "VOCdevkit").is_dir():
        pytest.skip(f"no photographs in {root}; set CHROMANTIC_DATA to the folder that holds VOCdevkit")
    return root


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights file of the tiny preset, untrained, with three classes."""
    import torch

    from chromantic.model import pretrained
    from chromantic.model.config import preset
    from chromantic.model.network import Chromantic

    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Chromantic(preset("tiny", ("background", "cat", "dog")))
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    pretrained.save(network, path, {})
    return path
