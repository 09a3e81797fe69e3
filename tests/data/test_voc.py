from pathlib import Path

import pytest

from chromantic.data.classes import CLASS_NAMES, VOID
from chromantic.data.collections.voc import voc_examples
from chromantic.data.images import read_labels
from chromantic.errors import ChromanticError


def test_reads_a_split(devkit: Path) -> None:
    examples = voc_examples(devkit, "train_aug")
    assert [example.name for example in examples] == ["VOC2012/a", "VOC2012/b", "VOC2012/listed"]
    assert [example.near_grey for example in examples] == [False, False, True]
    assert [example.labels.parent.name for example in examples if example.labels] == [
        "SegmentationClass",
        "SegmentationClassAug",
        "SegmentationClass",
    ]
    assert voc_examples(devkit / "VOC2012", "train_aug") == examples


def test_missing_layout_is_named(tmp_path: Path) -> None:
    with pytest.raises(ChromanticError, match="name the VOCdevkit folder"):
        voc_examples(tmp_path, "val")


def test_missing_list_is_named_with_those_there(devkit: Path) -> None:
    with pytest.raises(ChromanticError, match=r"train\.txt.*near_gray, train_aug, val"):
        voc_examples(devkit, "train")


def test_empty_list_is_named(devkit: Path) -> None:
    (devkit / "VOC2012/ImageSets/Segmentation/val.txt").write_text("\n")
    with pytest.raises(ChromanticError, match=r"val\.txt: the list is empty"):
        voc_examples(devkit, "val")


@pytest.mark.parametrize("missing", ["JPEGImages/b.jpg", "SegmentationClassAug/b.png"])
def test_missing_file_is_named(devkit: Path, missing: str) -> None:
    (devkit / "VOC2012" / missing).unlink()
    with pytest.raises(ChromanticError, match=f"{missing}: listed, but missing"):
        voc_examples(devkit, "train_aug")


def test_real_voc(photos_root: Path) -> None:
    train, val = (voc_examples(photos_root / "VOCdevkit", split) for split in ("train_aug", "val"))
    assert not {example.name for example in train} & {example.name for example in val}
    labels = read_labels(val[0].labels)
    assert set(labels.flatten().tolist()) <= {*range(len(CLASS_NAMES)), VOID}
