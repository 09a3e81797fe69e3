from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from chromantic.data.images import read_labels, read_rgb
from chromantic.errors import ChromanticError


def test_rgb_is_channels_first_in_unit_range(tmp_path: Path) -> None:
    Image.new("RGB", (6, 4), (255, 0, 51)).save(tmp_path / "photo.png")
    rgb = read_rgb(tmp_path / "photo.png")
    assert rgb.shape == (3, 4, 6)
    assert rgb[:, 0, 0].tolist() == pytest.approx([1, 0, 0.2])


def test_photo_is_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    Image.new("RGB", (6, 4)).save(tmp_path / "photo.jpg", exif=exif)
    assert read_rgb(tmp_path / "photo.jpg").shape == (3, 6, 4)


def test_16_bit_grey_photo_keeps_its_levels(tmp_path: Path) -> None:
    levels = np.array([[0, 300], [32768, 65535]], np.uint16)
    Image.fromarray(levels).save(tmp_path / "photo.png")
    rgb = read_rgb(tmp_path / "photo.png")
    assert rgb.shape == (3, 2, 2)
    np.testing.assert_allclose(rgb[1], levels / 65535, atol=1e-6)


def test_colour_profile_is_converted_to_srgb(tmp_path: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    Image.new("RGB", (6, 4), "red").save(tmp_path / "photo.png", icc_profile=swapped)
    assert read_rgb(tmp_path / "photo.png")[:, 0, 0].tolist() == pytest.approx([0, 0, 1], abs=0.02)


@pytest.mark.parametrize("content", [b"", b"text", None])
def test_unreadable_photo_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "broken.jpg"
    if content is None:  # cut off in the middle
        Image.effect_noise((64, 64), 50).save(path)
        content = path.read_bytes()[:500]
    path.write_bytes(content)
    with pytest.raises(ChromanticError, match=r"broken\.jpg: .*; g(et|ive) a "):
        read_rgb(path)


@pytest.mark.parametrize("mode", ["P", "L"])
def test_labels_are_indices(tmp_path: Path, mode: str) -> None:
    image = Image.fromarray(np.array([[0, 20], [255, 7]], np.uint8))
    if mode == "P":
        image.putpalette([9, 8, 7] * 256)
    image.save(tmp_path / "labels.png")
    assert read_labels(tmp_path / "labels.png").tolist() == [[0, 20], [255, 7]]


def test_coloured_labels_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "labels.png")
    with pytest.raises(ChromanticError, match=r"labels\.png.*palette"):
        read_labels(tmp_path / "labels.png")
