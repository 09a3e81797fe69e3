"""Fixtures that all tests share."""

import gc
import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tiny

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_NEEDED = {  # packages of extras, without which these files and folders are skipped
    "archive/test_cluster.py": ("psutil", "ray"),
    "archive/test_hostile.py": ("tifffile",),
    "colour/test_lab.py": ("skimage", "torch"),
    "colour/test_upsampling.py": ("torch",),
    "data": ("scipy", "torch"),
    "deploy": ("fastapi", "python_multipart", "uvicorn", "yaml"),
    "docs/test_extend.py": ("accelerate", "scipy", "torch", "torchmetrics"),
    "evaluation": ("jinja2", "scipy", "skimage", "torch", "torchmetrics"),
    "evaluation/test_segmenter.py": ("onnx",),
    "model": ("torch",),
    "paper": ("accelerate", "matplotlib", "skimage", "torch"),
    "photo/test_formats.py": ("openjpeg", "skimage", "tifffile"),
    "photo/test_lightness.py": ("skimage", "torch"),
    "photo/test_metadata.py": ("tifffile",),
    "photo/test_tiff.py": ("imagecodecs", "skimage", "tifffile"),
    "photo/test_tiff_unread.py": ("imagecodecs",),
    "photo/test_tones.py": ("imagecodecs",),
    "photo/test_unread.py": ("imagecodecs", "openjpeg"),
    "sampling/test_sampling.py": ("torch",),
    "studio": ("docstring_parser", "fastapi", "prometheus_client", "requests", "uvicorn"),
    "studio/test_proxy.py": ("playwright",),
    "studio/test_schema.py": ("jsonschema",),
    "studio/test_studio_looks.py": ("axe_playwright_python", "playwright"),
    "studio/test_studio_page.py": ("playwright",),
    "studio/test_studio_sitting.py": ("playwright",),
    "study": ("fastapi", "uvicorn"),
    "study/test_page.py": ("playwright",),
    "test_engine.py": ("torch",),
    "test_parallel.py": ("torch",),
    "training": ("accelerate", "scipy", "skimage", "torch"),
    "web": ("fastapi", "httpx2", "uvicorn"),
}
_BESIDE_THE_CLONE = Path(__file__).parents[2] / "shared" / "data"


class _Skipped(pytest.Collector):
    """Stands for files and folders that need packages which are not installed."""

    missing: str

    def collect(self) -> list[pytest.Item]:
        pytest.skip(f"no {self.missing}; pip install '.[dev]'")


def _skipped(path: Path, parent: pytest.Collector) -> _Skipped | None:
    needed = _NEEDED.get(path.relative_to(Path(__file__).parent).as_posix(), ())
    missing = ", ".join(package for package in needed if find_spec(package) is None)
    if not missing:
        return None
    skipped: _Skipped = _Skipped.from_parent(parent, name=path.name)
    skipped.missing = missing
    return skipped


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> _Skipped | None:
    return _skipped(path, parent)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> _Skipped | None:
    return _skipped(module_path, parent)


def pytest_configure() -> None:
    gc.disable()  # imports make a million objects that stay: looking through them again and again takes seconds


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def photos_root() -> Path:
    """A folder of real photographs (VOCdevkit, COCO, color_photos, full_resolution), such as one beside the clone."""
    root = Path(os.environ.get("CHROMANTIC_DATA", _BESIDE_THE_CLONE))
    if not (root / "VOCdevkit").is_dir():
        pytest.skip(f"no photographs in {root}; set CHROMANTIC_DATA to the folder that holds VOCdevkit")
    return root


@pytest.fixture(scope="session")
def cases() -> Path:
    """A folder of files of kinds that photo software stumbles over; its README says what is right."""
    folder = Path(os.environ.get("CHROMANTIC_DATA", _BESIDE_THE_CLONE)).parent / "cases"
    if not folder.is_dir():
        pytest.skip(f"no files in {folder}; set CHROMANTIC_DATA to a folder beside that of the cases")
    return folder


@pytest.fixture(scope="session")
def tiny_weights() -> Path:
    """Exported weights: small, untrained, with three classes."""
    return tiny.EXPORTED


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights that `tiny_weights` were exported from."""
    pytest.importorskip("torch", reason="no torch; pip install '.[dev]'")
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    tiny.save(path)
    return path


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives networks of the tiny preset a quarter of their channels."""
    from chromantic.model import config

    monkeypatch.setitem(config._PRESETS, "tiny", config.preset("tiny", (), width=1 / 32))


@pytest.fixture(scope="session")
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
