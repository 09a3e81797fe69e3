"""Fixtures that all tests share."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

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


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A real browser that asks for nothing but what a page does."""
    from playwright.sync_api import sync_playwright

    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("no Chromium to show the page; install chromium")
    arguments = [
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()
