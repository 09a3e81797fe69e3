"""The classes that photos are labelled with: PASCAL VOC's, or those and the stuff around VOC's objects."""

import tomllib
from importlib import resources

CLASS_NAMES = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable",
    "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip
"""PASCAL VOC's, by label."""
VOID = 255
"""The label of pixels that belong to no class: they are neither trained on nor measured."""
BACKGROUND = 0
"""The label of what is none of VOC's objects."""

_STUFF: dict[str, list[str]] = tomllib.loads(resources.files(__package__).joinpath("stuff.toml").read_text())
STUFF_NAMES = tuple(_STUFF)
VOC_AND_STUFF = (*CLASS_NAMES, *STUFF_NAMES)


def stuff_class(name: str) -> int | None:
    """The class, by its number among VOC's and stuff's, of what a segmenter calls `name`; None if that is no stuff."""
    for stuff, names in _STUFF.items():
        if name in names:
            return VOC_AND_STUFF.index(stuff)
    return None
