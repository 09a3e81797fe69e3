"""The central square of photos and label maps."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from chromantic.data.example import Example
from chromantic.data.shrink import central_square, shows_colours, shrink


def test_the_square_is_in_the_middle() -> None:
    wide = torch.arange(12.0).view(1, 2, 6)
    assert central_square(wide).tolist() == [[[2, 3], [8, 9]]]
    assert central_square(wide[0].T.numpy()).tolist() == [[2, 8], [3, 9]]


def test_photo_and_labels_are_cropped_alike(tmp_path: Path) -> None:
    pixels, labels = np.zeros((128, 256, 3), np.uint8), np.zeros((128, 256), np.uint8)
    pixels[:, 64:128], labels[:, 64:128] = (200, 30, 30), 1
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    Image.fromarray(labels).save(tmp_path / "labels.png")
    example = Example("x", tmp_path / "photo.png", tmp_path / "labels.png", class_names=("background", "cat"))
    small = shrink(example, squash=True, crop=True)
    assert small.labels is not None
    assert small.labels[:, :16].eq(1).all()
    assert small.labels[:, 16:].eq(0).all()
    assert small.rgb[0, :, :64].min() > 0.7
    assert small.rgb[0, :, 64:].max() == 0


def test_photos_with_a_mean_chroma_of_four_show_colours() -> None:
    example = Example("x", Path("photo.png"))
    for length, shown in ((3.99, False), (4.01, True)):
        chroma = np.float32([[0.6, 0.0], [0.8, 2.0]])[:, None] * np.float32([1.0, 0.5]) * length  # 1 and 1 long
        assert shows_colours(example, chroma) == shown
    assert not shows_colours(replace(example, near_grey=True), np.full((2, 1, 1), 50, np.float32))
