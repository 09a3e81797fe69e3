"""`configs/tiny-examples.toml`, by the commands of its head."""

import json
import re
import shutil
from pathlib import Path

import pytest

from chromantic.cli import main

pytestmark = pytest.mark.usefixtures("narrow")
ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "configs" / "tiny-examples.toml"


@pytest.mark.parametrize(
    ("photos", "steps"), [(2, 3), pytest.param(8, None, marks=pytest.mark.slow)], ids=["shortened", "as it is"]
)
def test_it_learns(photos: int, steps: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = CONFIG.read_text()
    commands = re.findall(r"^#   chromantic (.*)$", text, re.MULTILINE)
    assert [command.split()[0] for command in commands] == ["colorize", "prepare", "train"]
    if steps is not None:
        text = re.sub(r"^steps = .*$", f"steps = {steps}", text, flags=re.MULTILINE)
    text = re.sub(r"^metrics_every = .*$", "metrics_every = 1", text, flags=re.MULTILINE)
    for folder in ("configs", "examples"):
        (tmp_path / folder).mkdir()
    (tmp_path / "configs" / CONFIG.name).write_text(text)
    for photo in sorted([*ROOT.glob("examples/*.jpg"), *ROOT.glob("examples/*.png")])[:photos]:
        shutil.copy(photo, tmp_path / "examples")
    monkeypatch.chdir(tmp_path)

    for command in commands:
        assert main(command.split()) == 0, command
    losses = [json.loads(line)["train/embedding"] for line in Path("runs/tiny/metrics.jsonl").read_text().splitlines()]
    if steps is not None:
        assert losses[-1] < losses[0]
    else:
        assert losses[-1] < 5.3 < 6.2 < losses[0]
