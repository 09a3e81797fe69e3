"""Photos in VOC's layout."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data


@pytest.fixture(scope="session")
def devkit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three labelled photos, the last of them near-grey, in VOC's layout."""
    root = tmp_path_factory.mktemp("VOCdevkit")
    for folder in ("ImageSets/Segmentation", "JPEGImages", "SegmentationClass"):
        (root / "VOC2012" / folder).mkdir(parents=True)
    pictures = {
        "astronaut": data.astronaut(),
        "coffee": data.coffee(),
        "camera": np.stack([data.camera()] * 3, axis=-1),
    }
    for name, pixels in pictures.items():
        Image.fromarray(pixels).save(root / f"VOC2012/JPEGImages/{name}.jpg")
        Image.new("L", pixels.shape[1::-1], 15).save(root / f"VOC2012/SegmentationClass/{name}.png")
    (root / "VOC2012/ImageSets/Segmentation/val.txt").write_text("\n".join(pictures))
    return root
