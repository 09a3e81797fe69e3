"""The calls that docs/guides/rest.md prints, run as they are against a server; only its address differs."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from served import Client, serving

from chromantic.cli import main
from chromantic.colorizer import Colorizer

ROOT = Path(__file__).parents[2]
PHOTO = ROOT / "examples" / "horses.jpg"
TOKEN = "correct-horse-battery-staple"
GUIDE = (ROOT / "docs" / "guides" / "rest.md").read_text()
BLOCKS = re.findall(r"^```(sh|python)\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
CALLS = [(language, text) for language, text in BLOCKS if "/v1/" in text]


@pytest.fixture(scope="module")
def address(load: Callable[[], Colorizer]) -> Iterator[str]:
    with serving(load, token=TOKEN) as client:
        yield client.url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(PHOTO, tmp_path / "photo.jpg")
    return tmp_path


def run(wanted: str, studio_url: str, folder: Path, **environment: str) -> str:
    """Runs the only call that has the words in it, as printed; what it prints itself comes back."""
    ((language, text),) = [(language, text) for language, text in CALLS if wanted in text]
    if language == "sh" and shutil.which("curl") is None:
        pytest.skip("no curl; install it to try the calls of docs/guides/rest.md")
    text = re.sub(r"http://(127\.0\.0\.1|HOST):8000", studio_url, text)
    command = ["bash", "-euo", "pipefail", "-c"] if language == "sh" else [sys.executable, "-c"]
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", **environment}
    done = subprocess.run([*command, text], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def command_writes(folder: Path, weights: Path, *options: str) -> dict[str, bytes]:
    output = folder / "command"
    assert (
        main(["colorize", str(folder / "photo.jpg"), "--model", str(weights), "--output", str(output), *options]) == 0
    )
    return {file.name: file.read_bytes() for file in output.iterdir()}


def test_all_calls_are_tried() -> None:
    assert len(CALLS) == 5
    assert all("curl" in text for language, text in CALLS if language == "sh")


def test_a_picture_as_a_file(studio: Client, folder: Path, tiny_weights: Path) -> None:
    run("-o photo.color.png", studio.url, folder)
    written = command_writes(folder, tiny_weights, "--seed", "3")
    assert (folder / "photo.color.png").read_bytes() == written["photo.color.png"]


def test_server_sent_events(studio: Client, folder: Path) -> None:
    names = re.findall(r"^event: (\w+)$", run("text/event-stream", studio.url, folder), re.MULTILINE)
    assert [name for name in names if name != "progress"] == ["picture"] * 3 + ["done"]


def test_a_form_from_python(studio: Client, folder: Path, tiny_weights: Path) -> None:
    run("files=", studio.url, folder)
    written = command_writes(folder, tiny_weights, "--samples", "3", "--segmentation")
    for number in (1, 2, 3):
        assert (folder / f"sample-{number}.png").read_bytes() == written[f"photo.color-{number}.png"]
    assert (folder / "segmentation-.png").read_bytes() == written["photo.segmentation.png"]


def test_json_from_python(studio: Client, folder: Path, tiny_weights: Path) -> None:
    run("json=order", studio.url, folder)
    written = command_writes(folder, tiny_weights, "--seed", "3", "--format", "tiff")
    assert (folder / "photo.color.tif").read_bytes() == written["photo.color.tif"]


def test_a_token(address: str, folder: Path) -> None:
    run("Bearer", address, folder, CHROMANTIC_TOKEN=TOKEN)
    (picture,) = json.loads((folder / "answer.json").read_text())["pictures"]
    assert picture["kind"] == "expected"
    run("Bearer", address, folder, CHROMANTIC_TOKEN="guessed")
    assert "token" in json.loads((folder / "answer.json").read_text())["detail"]
