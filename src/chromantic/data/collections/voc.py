"""PASCAL VOC2012 in its published layout, with SBD's additional masks where they have been put beside it.

VOCdevkit/VOC2012/JPEGImages/*.jpg
                 /ImageSets/Segmentation/{train,val,train_aug,...}.txt   one photo name a line
                 /ImageSets/Segmentation/near_gray.txt                   optional: photos without colour
                 /SegmentationClass/*.png        as published: palette PNG, 255 along the borders of objects
                 /SegmentationClassAug/*.png     SBD's masks and copies of the above, palette or grey PNG
"""

from pathlib import Path

from chromantic.data.classes import CLASS_NAMES
from chromantic.data.collections.lists import find_file, read_list
from chromantic.data.example import Example
from chromantic.errors import ChromanticError

_MASK_FOLDERS = ("SegmentationClass", "SegmentationClassAug")  # VOC's own first: only they have a void border


def voc_examples(root: Path, split: str) -> list[Example]:
    """The photos of a split with their masks.

    Args:
        root: The `VOCdevkit` folder or the `VOC2012` folder in it.
        split: A list in `ImageSets/Segmentation`, such as `train_aug` or `val`.

    Raises:
        ChromanticError: The layout, the list, a photo or a mask is missing.
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
