"""Fixtures of the studio's tests."""

import io
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from proxies import program
from served import LIMITS, Client, serving

from chromantic.colorizer import Colorizer
from chromantic.studio.worker import load_colorizer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page


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


@pytest.fixture
def context(browser: "Browser") -> "Iterator[BrowserContext]":
    from browsing import DESKTOP

    context = browser.new_context(**DESKTOP)
    yield context
    context.close()


@pytest.fixture
def errors() -> list[str]:
    """What the page's console says."""
    return []


@pytest.fixture
def page(context: "BrowserContext", studio: Client, errors: list[str]) -> "Page":
    page = context.new_page()
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(studio.url)
    return page


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost; its key lies beside it."""
    program("openssl")
    path = tmp_path_factory.mktemp("tls") / "colors.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-out", str(path), "-keyout", str(path.with_suffix(".key"))]
    subprocess.run(command, check=True, capture_output=True)
    return path
