"""Small collections in the published formats."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chromantic.data.cache import PhotoCache, load_cache
from chromantic.data.collect import Collections
from chromantic.data.prepare import prepare

BLUE, RED, GREY = (40, 80, 200), (220, 30, 30), (90, 90, 90)
SQUARE = (slice(40, 72), slice(56, 104))
"""The rows and columns of the object in `write_photo` and `write_labels`, in pixels."""


def write_photo(path: Path, ground: tuple[int, int, int] = BLUE, size: tuple[int, int] = (128, 168)) -> None:
    """A red rectangle on a plain ground."""
    pixels = np.empty((*size, 3), np.uint8)
    pixels[:] = ground
    pixels[SQUARE] = GREY if ground == GREY else RED
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, quality=98, subsampling=0)


def write_labels(path: Path, label: int, size: tuple[int, int] = (128, 168), palette: bool = True) -> None:
    """The rectangle's label on background, with a void row at the bottom."""
    labels = np.zeros(size, np.uint8)
    labels[SQUARE] = label
    labels[-4:] = 255
    image = Image.fromarray(labels)
    if palette:
        image.putpalette([value for index in range(256) for value in (index, 255 - index, index // 2)])
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


@pytest.fixture
def devkit(tmp_path: Path) -> Path:
    """A VOCdevkit: train_aug holds a, b (grey mask in SegmentationClassAug) and listed (near-grey); val holds c."""
    voc = tmp_path / "VOCdevkit" / "VOC2012"
    lists = voc / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    (lists / "train_aug.txt").write_text("a\nb\nlisted\n")
    (lists / "val.txt").write_text("c\n")
    (lists / "near_gray.txt").write_text("listed\n")
    for name, label in {"a": 1, "b": 12, "listed": 12, "c": 20}.items():
        write_photo(voc / "JPEGImages" / f"{name}.jpg")
        folder = "SegmentationClassAug" if name == "b" else "SegmentationClass"
        write_labels(voc / folder / f"{name}.png", label, palette=name != "b")
    return voc.parent


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    """A COCO folder with one upright photo."""
    root = tmp_path / "COCO"
    write_photo(root / "images" / "000000000009.jpg", size=(200, 128))
    write_labels(root / "voc_labels" / "000000000009.png", 15, size=(200, 128), palette=False)
    (root / "voc_labels.txt").write_text("000000000009\n")
    return root


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one colour photo, and a grey one in a sub-folder."""
    write_photo(tmp_path / "album" / "colour.png")
    write_photo(tmp_path / "album" / "attic" / "grey.JPG", ground=GREY)
    (tmp_path / "album" / "notes.txt").write_text("not a photo")
    return tmp_path / "album"


@pytest.fixture
def cache(devkit: Path, coco: Path, folder: Path, tmp_path: Path) -> PhotoCache:
    """All three collections, packed and loaded: a, b, listed, the COCO photo, the colour photo."""
    prepare(Collections(voc=devkit, coco=coco, folders=(folder,)), output=tmp_path / "train.safetensors")
    return load_cache(tmp_path / "train.safetensors")
