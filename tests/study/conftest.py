"""A small study: four photos in their own colours and by two systems, each a plain colour."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from PIL import Image

from chromantic.study.create import create_study
from chromantic.study.site import create_app
from chromantic.study.store import Study
from chromantic.web.site import configured

PHOTOS = ("boat", "cat", "dog", "tree")
COLOURS = {"originals": (200, 40, 40), "royer": (40, 200, 40), "chromantic": (40, 40, 200)}


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    """The originals' folder as JPEG, one system's as PNG, the other's as Chromantic names its results."""
    made = {}
    for system, colour in COLOURS.items():
        made[system] = tmp_path / system
        made[system].mkdir()
        suffix = {"originals": ".jpg", "royer": ".png", "chromantic": ".color.png"}[system]
        for number, photo in enumerate(PHOTOS):
            Image.new("RGB", (48 + number, 32), colour).save(made[system] / f"{photo}{suffix}")
    return made


@pytest.fixture
def study_file(folders: dict[str, Path], tmp_path: Path) -> Path:
    path = tmp_path / "study.sqlite"
    create_study(path, folders["originals"], [folders["royer"], folders["chromantic"]], seed=5)
    return path


@pytest.fixture
def url(study_file: Path) -> Iterator[str]:
    """The address at which the study is served."""
    server = uvicorn.Server(configured(create_app(Study(study_file)), port=0))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()
