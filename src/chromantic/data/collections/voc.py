"""PASCAL VOC2012 in its published layout, with SBD's additional masks where they have been put beside it.

VOCdevkit/VOC2012/JPEGImages/*.jpg
                 /ImageSets/Segmentation/{train,val,train_aug,...}.txt   one photo name a line
                 /ImageSets/Segmentation/near_gray.txt                   optional: photos without colour
                 /SegmentationClass/*.png        as published: palette PNG, 255 along the borders of objects
                 /SegmentationClassAug/*.png     SBD's masks and copies of the above, palette or grey PNG
"""

from pathlib import Path

from chromantic.data.example import Example
from chromantic.errors import ChromanticError

CLASS_NAMES = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable",
    "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip
VOID = 255
"""The label of pixels that belong to no class: they are neither trained on nor measured."""

_MASK_FOLDERS = ("SegmentationClass", "SegmentationClassAug")  # VOC's own first: only they have a void border


def read_list(path: Path) -> list[str]:
    """The names in a list file, one a line, in its order.

    Raises:
        ChromanticError: the list is missing or empty.
    """
    if not path.is_file():
        others = ", ".join(sorted(other.stem for other in path.parent.glob("*.txt"))) or "none"
        raise ChromanticError(f"{path}: no such list of photos (lists there: {others}); name another split")
    names = path.read_text().split()
    if not names:
        raise ChromanticError(f"{path}: the list is empty; restore the file")
    return names


def find_file(folders: tuple[Path, ...], file_name: str) -> Path:
    """The first of the folders' files of this name.

    Raises:
        ChromanticError: none of the folders has it.
    """
    for folder in folders:
        if (folder / file_name).is_file():
            return folder / file_name
    raise ChromanticError(f"{folders[-1] / file_name}: listed, but missing; restore it or take it off the list")


def voc_examples(root: Path, split: str) -> list[Example]:
    """The photos of a split with their masks.

    Args:
        root: the `VOCdevkit` folder or the `VOC2012` folder in it.
        split: a list in `ImageSets/Segmentation`, such as `train_aug` or `val`.

    Raises:
        ChromanticError: the layout, the list, a photo or a mask is missing.
    """
    devkit = root / "VOC2012" if (root / "VOC2012").is_dir() else root
    lists = devkit / "ImageSets" / "Segmentation"
    if not lists.is_dir():
        raise ChromanticError(f"{root}: no VOC2012/ImageSets/Segmentation in it; name the VOCdevkit folder")
    near_grey = set(read_list(lists / "near_gray.txt")) if (lists / "near_gray.txt").is_file() else set()
    photos = (devkit / "JPEGImages",)
    masks = tuple(devkit / folder for folder in _MASK_FOLDERS)
    return [
        Example(
            f"VOC2012/{name}",
            find_file(photos, f"{name}.jpg"),
            find_file(masks, f"{name}.png"),
            name in near_grey,
            CLASS_NAMES,
        )
        for name in read_list(lists / f"{split}.txt")
    ]
