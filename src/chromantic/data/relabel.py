"""Joins people's labels and segmenters' verdicts to one label a cell."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from jaxtyping import Bool, UInt8
from scipy import ndimage
from torch import Tensor

from chromantic.data.classes import BACKGROUND, CLASS_NAMES, VOID, stuff_class
from chromantic.data.verdicts import Verdict

SURE = 0.6
"""The least probability at which a segmenter's word is taken."""
SPECK = 4
"""The fewest cells of a patch of one label that is taken from a segmenter."""


def join_labels(
    labels: UInt8[Tensor, "rows columns"] | None,
    verdicts: Sequence[tuple[Verdict, tuple[str, ...]]],
    *,
    stuff: bool,
) -> UInt8[Tensor, "rows columns"] | None:
    """The labels of a photo.

    A segmenter of VOC's classes labels photos that nobody labelled. Any other names the stuff where no object is: in
    people's background and where nothing is known. Both are believed where they are sure, but for specks.

    Args:
        labels: People's, VOC's classes and void; None for a photo without.
        verdicts: Segmenters' words with their classes, in the order in which they are heard.
        stuff: Whether stuff is among the classes.

    Returns:
        The labels; None where there is nothing to say.
    """
    joined = None if labels is None else labels.numpy().copy()
    for verdict, class_names in verdicts:
        sure = verdict.confidence >= SURE * 255
        if class_names == CLASS_NAMES:
            if labels is None:
                joined = np.where(sure & ~_specks(verdict.classes), verdict.classes, VOID).astype(np.uint8)
        elif stuff:
            classes = _stuff_classes(class_names)[verdict.classes]
            joined = np.full(classes.shape, VOID, np.uint8) if joined is None else joined
            open_to_stuff = (joined == VOID) if labels is None else np.zeros(classes.shape, bool)
            taken = sure & (classes != VOID) & ~_specks(classes) & ((joined == BACKGROUND) | open_to_stuff)
            joined = np.where(taken, classes, joined)
    return None if joined is None or (joined == VOID).all() else torch.from_numpy(joined)


@cache
def _stuff_classes(class_names: tuple[str, ...]) -> UInt8[np.ndarray, "classes"]:
    """The stuff that each of a segmenter's classes is; void for what is none."""
    found = [stuff_class(name) for name in class_names]
    return np.array([VOID if stuff is None else stuff for stuff in found], np.uint8)


def _specks(classes: UInt8[np.ndarray, "rows columns"]) -> Bool[np.ndarray, "rows columns"]:
    """Cells in patches of one class that are too small to be believed."""
    specks = np.zeros(classes.shape, bool)
    for value in np.unique(classes):
        patches, count = ndimage.label(classes == value)
        sizes = np.bincount(patches.ravel(), minlength=count + 1)
        specks |= (patches > 0) & (sizes[patches] < SPECK)
    return specks
