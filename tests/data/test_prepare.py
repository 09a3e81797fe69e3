import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from chromantic.colour.lab import rgb_to_lab
from chromantic.data.cache import load_cache
from chromantic.data.classes import VOID
from chromantic.data.collect import Collections
from chromantic.data.collections.voc import voc_examples
from chromantic.data.images import read_rgb
from chromantic.data.prepare import prepare
from chromantic.errors import ChromanticError


def test_counts_what_it_packs(devkit: Path, coco: Path, folder: Path, tmp_path: Path) -> None:
    collections = Collections(voc=devkit, coco=coco, folders=(folder,))
    packed = prepare(collections, output=tmp_path / "new" / "train.safetensors")
    assert (packed.photos, packed.labelled, packed.near_grey, packed.dropped) == (5, 4, 1, 1)
    assert packed.bytes == (tmp_path / "new" / "train.safetensors").stat().st_size
    assert str(packed).startswith("5 photos (4 labelled, 1 near-grey), 1 near-grey dropped, ")


def test_same_photos_same_bytes(devkit: Path, coco: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        prepare(Collections(voc=devkit, coco=coco), output=tmp_path / f"{name}.safetensors")
    assert (tmp_path / "one.safetensors").read_bytes() == (tmp_path / "two.safetensors").read_bytes()


def test_keeps_the_aspect_in_whole_cells(tmp_path: Path) -> None:
    for name, size in {"wide": (333, 250), "tall": (250, 500), "small": (70, 60), "ribbon": (2000, 2)}.items():
        Image.new("RGB", size, "orange").save(tmp_path / f"{name}.png")
    prepare(Collections(folders=(tmp_path,)), output=tmp_path / "cache.safetensors")
    cache = load_cache(tmp_path / "cache.safetensors")
    sizes = {name.split("/")[-1]: grid for name, grid in zip(cache.names, cache.grids.tolist(), strict=True)}
    assert sizes == {"wide": [32, 43], "tall": [64, 32], "small": [32, 37], "ribbon": [32, 256]}


def test_squash(devkit: Path, tmp_path: Path) -> None:
    prepare(Collections(voc=devkit), split="val", squash=True, output=tmp_path / "val.safetensors")
    batch = load_cache(tmp_path / "val.safetensors").tensors(torch.tensor([0]))
    assert batch.lightness.shape == (1, 1, 128, 128)
    assert batch.chroma.shape == (1, 2, 32, 32)
    assert batch.labels.shape == (1, 32, 32)


def test_a_cell_takes_its_commonest_label(devkit: Path, tmp_path: Path) -> None:
    labels = np.zeros((128, 168), np.uint8)
    labels[:4, :4] = 12
    labels[:4, 0] = 255  # a quarter of the first cell
    labels[4:8, :3] = 255  # three quarters of the cell below
    Image.fromarray(labels).save(devkit / "VOC2012/SegmentationClass/c.png")
    prepare(Collections(voc=devkit), split="val", output=tmp_path / "val.safetensors")
    cells = load_cache(tmp_path / "val.safetensors").labels.view(32, 42)
    assert cells[:3, :2].tolist() == [[12, 0], [VOID, 0], [0, 0]]


@pytest.mark.parametrize("content", [b"", b"not a photo"])
def test_unreadable_photo_stops_it_and_leaves_nothing(folder: Path, tmp_path: Path, content: bytes) -> None:
    (folder / "zz_broken.jpg").write_bytes(content)
    output = tmp_path / "out" / "cache.safetensors"
    with pytest.raises(ChromanticError, match=r"zz_broken\.jpg"):
        prepare(Collections(folders=(folder,)), output=output)
    assert not output.parent.exists()


def test_failed_writing_leaves_the_old_cache(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "out" / "cache.safetensors"
    output.parent.mkdir()
    output.write_bytes(b"old")

    def full_disk(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(ChromanticError, match=r"cache\.safetensors: cannot be written.*No space"):
        prepare(Collections(folders=(folder,)), output=output)
    assert [path.read_bytes() for path in output.parent.iterdir()] == [b"old"]


def test_strange_label_is_named_before_photos_are_read(devkit: Path, tmp_path: Path) -> None:
    Image.fromarray(np.full((128, 168), 21, np.uint8)).save(devkit / "VOC2012/SegmentationClass/a.png")
    (devkit / "VOC2012/JPEGImages/a.jpg").write_bytes(b"never read")
    with pytest.raises(ChromanticError, match=r"a\.png: label 21 is no class"):
        prepare(Collections(voc=devkit), output=tmp_path / "cache.safetensors")


def test_labels_of_another_size_are_named_before_any_photo_is_packed(
    devkit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chromantic.data.prepare.shrink", lambda *_: pytest.fail("packed"))
    Image.new("L", (100, 100)).save(devkit / "VOC2012/SegmentationClass/listed.png")
    with pytest.raises(
        ChromanticError, match=r"listed\.png: is 100 x 100, its photo \S+listed\.jpg 168 x 128; restore"
    ):
        prepare(Collections(voc=devkit), output=tmp_path / "cache.safetensors")


def test_labels_are_as_the_upright_photo(devkit: Path, tmp_path: Path) -> None:
    path, exif = devkit / "VOC2012/JPEGImages/a.jpg", Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    with Image.open(path) as image:
        image.save(path, exif=exif)
    with pytest.raises(ChromanticError, match=r"a\.png: is 168 x 128, its photo \S+a\.jpg 128 x 168"):
        prepare(Collections(voc=devkit), output=tmp_path / "cache.safetensors")
    Image.new("L", (128, 168), 1).save(devkit / "VOC2012/SegmentationClass/a.png")
    assert prepare(Collections(voc=devkit), output=tmp_path / "cache.safetensors").labelled == 3


def test_useless_requests_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ChromanticError, match="no photos to read"):
        prepare(Collections(), output=tmp_path / "cache.safetensors")
    with pytest.raises(ChromanticError, match="rename the output"):
        prepare(Collections(folders=(folder,)), output=folder / "colour.png")
    with pytest.raises(ChromanticError, match="attic: all photos are near-grey"):
        prepare(Collections(folders=(folder / "attic",)), output=tmp_path / "cache.safetensors")


def test_real_photos_keep_their_values_in_little_space(photos_root: Path, tmp_path: Path) -> None:
    root = tmp_path / "VOC2012"
    lists = root / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    for folder in ("JPEGImages", "SegmentationClassAug"):
        (root / folder).symlink_to(photos_root / "VOCdevkit" / "VOC2012" / folder)
    names = [example.photo.stem for example in voc_examples(photos_root / "VOCdevkit", "val")[:40]]
    (lists / "some.txt").write_text("\n".join(names))
    packed = prepare(Collections(voc=root), split="some", squash=True, output=tmp_path / "cache.safetensors")
    assert packed.bytes / packed.photos < 14 * 1024  # 3,500 photos in 48 MiB

    cache = load_cache(tmp_path / "cache.safetensors")
    batch = cache.tensors(torch.arange(len(cache)))
    for index, name in enumerate(names[:5]):
        rgb = read_rgb(root / "JPEGImages" / f"{name}.jpg")[None]
        small = torch.nn.functional.interpolate(rgb, (128, 128), mode="bilinear", antialias=True)
        truth = torch.from_numpy(rgb_to_lab(small.numpy()))[0]
        chroma = torch.nn.functional.avg_pool2d(truth[1:], 4)
        assert (batch.lightness[index, 0] - truth[0]).abs().mean() < 1
        assert (batch.chroma[index] - chroma).abs().max() <= 0.501
