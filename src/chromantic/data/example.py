"""What every reader of a collection yields."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Example:
    """One photo of a collection.

    Attributes:
        name: Collection and photo, for messages and reports: `VOC2012/2007_000032`.
        photo: The photo's file.
        labels: The file of its label map, of the photo's size; None for an unlabelled photo.
        near_grey: The collection lists it as a photo without colour.
        class_names: Of the label map's classes, by label; empty for an unlabelled photo.
    """

    name: str
    photo: Path
    labels: Path | None = None
    near_grey: bool = False
    class_names: tuple[str, ...] = ()
