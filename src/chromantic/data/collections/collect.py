"""Finds the photos of any mix of collections."""

from collections.abc import Sequence
from pathlib import Path

from chromantic.data.collections.coco import coco_examples
from chromantic.data.collections.cocostuff import cocostuff_examples
from chromantic.data.collections.folder import folder_examples
from chromantic.data.collections.voc import voc_examples
from chromantic.data.example import Example
from chromantic.errors import ChromanticError


def collect(
    *,
    voc: Path | None = None,
    split: str = "train_aug",
    coco: Path | None = None,
    cocostuff: Path | None = None,
    folders: Sequence[Path] = (),
) -> dict[str, list[Example]]:
    """The photos of every collection, by its name.

    Args:
        voc: a VOCdevkit or VOC2012 folder.
        split: the list of VOC or COCO-Stuff photos to take.
        coco: a folder of COCO photos with VOC labels.
        cocostuff: a folder of COCO-Stuff.
        folders: folders of unlabelled colour photos.

    Raises:
        ChromanticError: no collection is named, or a list, photo or label map is missing.
    """
    collections: dict[str, list[Example]] = {}
    if voc is not None:
        collections[f"VOC2012 {split}"] = voc_examples(voc, split)
    if coco is not None:
        collections["COCO with VOC labels"] = coco_examples(coco)
    if cocostuff is not None:
        collections[f"COCO-Stuff {split}"] = cocostuff_examples(cocostuff, split)
    for folder in folders:
        collections.setdefault(f"folder {folder.resolve().name}", []).extend(folder_examples(folder))
    if not collections:
        raise ChromanticError("no photos to read; name a VOC, a COCO, a COCO-Stuff or a photo folder")
    return collections
