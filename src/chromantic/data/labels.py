"""Checks of label maps, before any long work."""

from collections.abc import Iterable, Sequence

from chromantic.data.classes import CLASS_NAMES, VOID
from chromantic.data.example import Example
from chromantic.data.images import photo_size, read_labels
from chromantic.errors import ChromanticError
from chromantic.progress import track


def class_names_of(examples: Iterable[Example]) -> tuple[str, ...]:
    """The classes of all labelled photos; PASCAL VOC's where none is labelled.

    Raises:
        ChromanticError: Their label maps have different classes.
    """
    labelled = [example for example in examples if example.labels is not None]
    for example in labelled:
        if example.class_names != labelled[0].class_names:
            raise ChromanticError(
                f"{example.labels}: its {len(example.class_names)} classes are not the {len(labelled[0].class_names)} "
                f"of {labelled[0].labels}; take collections of one label set at a time"
            )
    return labelled[0].class_names if labelled else CLASS_NAMES


def check_labels(examples: Sequence[Example]) -> None:
    """Checks that every label map is of its photo's size and holds classes of its collection alone.

    Raises:
        ChromanticError: One is unreadable or of another size, or has a label that is neither a class nor void.
    """
    for example in track(examples, "Checking labels"):
        if example.labels is None:
            continue
        labels, classes = read_labels(example.labels), len(example.class_names)
        strange = labels[(labels >= classes) & (labels != VOID)]
        if strange.size:
            first, void = (1, 0) if example.labels.suffix == ".mat" else (0, VOID)  # as the file itself counts
            raise ChromanticError(
                f"{example.labels}: label {strange[0] + first} is no class; use {first}..{classes - 1 + first}, "
                f"or {void} for void"
            )
        size, photos = labels.shape[::-1], photo_size(example.photo)
        if size != photos:
            raise ChromanticError(
                f"{example.labels}: is {size[0]} x {size[1]}, its photo {example.photo} {photos[0]} x {photos[1]}; "
                "restore the file"
            )
