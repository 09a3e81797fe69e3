"""COCO photos whose label maps hold the VOC classes.

COCO/voc_labels.txt       one photo id a line
    /images/*.jpg
    /voc_labels/*.png     grey or palette PNG: VOC class index, 255 void (crowds, look-alike classes)
"""

from pathlib import Path

from chromantic.data.classes import CLASS_NAMES
from chromantic.data.collections.lists import find_file, read_list
from chromantic.data.example import Example


def coco_examples(root: Path) -> list[Example]:
    """The listed photos with their label maps.

    Raises:
        ChromanticError: The list, a photo or a label map is missing.
    """
    return [
        Example(
            f"COCO/{name}",
            find_file((root / "images",), f"{name}.jpg"),
            find_file((root / "voc_labels",), f"{name}.png"),
            class_names=CLASS_NAMES,
        )
        for name in read_list(root / "voc_labels.txt")
    ]
