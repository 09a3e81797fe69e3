"""`configs/cocostuff.toml`, by the commands of its head, on a few photos in COCO-Stuff 10K's layout."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from accelerate.state import AcceleratorState
from PIL import Image
from scipy.io import savemat
from skimage import data

from chromantic.cli import main
from chromantic.data.collections.cocostuff import CLASS_NAMES
from chromantic.model import pretrained

pytestmark = pytest.mark.usefixtures("narrow")
CONFIG = Path(__file__).parents[2] / "configs" / "cocostuff.toml"
SHORTENED = {"preset": '"tiny"', "steps": "3", "batch_size": "2", "decay_steps": "1", "compile": "false"}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with `cocostuff-10k-v1.1`: three photos to train on and one to test."""
    root = tmp_path / "cocostuff-10k-v1.1"
    for folder in ("imageLists", "images", "annotations"):
        (root / folder).mkdir(parents=True)
    splits = {"train": ("astronaut", "coffee", "rocket"), "test": ("cat",)}
    for split, names in splits.items():
        (root / "imageLists" / f"{split}.txt").write_text("\n".join(names))
        for number, name in enumerate(names):
            pixels = getattr(data, name)()
            Image.fromarray(pixels).save(root / "images" / f"{name}.jpg")
            labels = np.zeros(pixels.shape[:2])
            labels[: len(labels) // 2] = 182 - number
            savemat(root / "annotations" / f"{name}.mat", {"S": labels})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commands_of_its_head_run(here: Path) -> None:
    text = CONFIG.read_text()
    commands = re.findall(r"^#   chromantic (.*)$", text, re.MULTILINE)
    assert [command.split()[0] for command in commands] == ["prepare", "prepare", "train", "evaluate"]
    for key, value in SHORTENED.items():
        text, replaced = re.subn(rf"^{key} = .*$", f"{key} = {value}", text, flags=re.MULTILINE)
        assert replaced == 1, key
    (here / "configs").mkdir()
    (here / "configs/cocostuff.toml").write_text(text + "\n[log]\nvalidate_every = 3\n")
    AcceleratorState._reset_state(reset_partial_state=True)
    for command in commands:
        assert main(command.split()) == 0, command
    assert pretrained.load(here / "runs/cocostuff/weights.safetensors").config.classes == CLASS_NAMES
    lines = (here / "runs/cocostuff/metrics.jsonl").read_text().splitlines()
    losses = [line["validation/segmentation"] for line in map(json.loads, lines) if "validation/segmentation" in line]
    assert [0 < loss < 0.1 for loss in losses] == [True]  # ln 182 / 182 is 0.029
