"""A data set: photos with label maps in a layout of one's own.

ROOT/classes.txt        one class a line, in the order of the labels
    /SPLIT.txt          one photo name a line
    /photos/NAME.jpg
    /masks/NAME.png     grey PNG: the class of each pixel, 255 void
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from chromantic.data import collect
from chromantic.data.collect import Reader
from chromantic.data.collections.lists import find_file, read_list
from chromantic.data.example import Example


def masked_examples(root: Path, split: str) -> list[Example]:
    """The photos of a split with their label maps.

    Raises:
        ChromanticError: A list, a photo or a label map is missing.
    """
    classes = tuple(read_list(root / "classes.txt"))
    return [
        Example(
            f"masked/{name}",
            find_file((root / "photos",), f"{name}.jpg"),
            find_file((root / "masks",), f"{name}.png"),
            class_names=classes,
        )
        for name in read_list(root / f"{split}.txt")
    ]


@dataclass(frozen=True)
class Collections(collect.Collections):
    """The collections, and this one.

    Attributes:
        masked: A folder of photos and masks.
    """

    masked: Annotated[Path | None, Reader("masked {split}", masked_examples)] = None
