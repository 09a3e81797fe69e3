"""The best, typical and worst pictures of a measurement, of all photos and of each class, for a page."""

import base64
import io
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from chromantic.evaluation.colorized import Colorized
from chromantic.evaluation.measures.chroma_error import chroma_of, chroma_rmse, classes_in

SHOWN = 8
"""Photos under each heading."""
_WAYS = ("preview", "sample", "result")
"""Ways of colorizing that are shown, as far as there are any; the last one is judged."""


@dataclass(frozen=True)
class ShownPhoto:
    """A photo and pictures of it.

    Attributes:
        name: Of the photo.
        error: RMSE of a and b of the last picture, in CIE units.
        classes: Names of the classes in the photo.
        pictures: By way of colorizing, the original first; 48 KiB each.
    """

    name: str
    error: float
    classes: tuple[str, ...]
    pictures: dict[str, UInt8[Tensor, "3 128 128"]]

    @cached_property
    def addresses(self) -> dict[str, str]:
        """The pictures as PNG in `data:` addresses."""
        return {way: _data_address(rgb) for way, rgb in self.pictures.items()}


class Gallery:
    """Keeps the pictures of a measurement until it is known which of them to show."""

    def __init__(self) -> None:
        self._photos: list[ShownPhoto] = []

    def add(self, colorized: Colorized) -> None:
        """Takes one picture of every photo and way that is shown."""
        truth = colorized.truth
        columns = {way: colorized.pictures[way][0] for way in _WAYS if way in colorized.pictures}
        *_, judged = columns.values()
        errors = chroma_rmse(chroma_of(judged), chroma_of(truth.rgb)).tolist()
        columns = {"original": truth.rgb, **columns}
        for photo, (example, error) in enumerate(zip(truth.examples, errors, strict=True)):
            classes = tuple(example.class_names[label] for label in classes_in(truth.labels[photo]))
            pictures = {way: rgb[photo].byte() for way, rgb in columns.items()}
            self._photos.append(ShownPhoto(example.name, error, classes, pictures))

    def ranks(self) -> dict[str, list[ShownPhoto]]:
        """The best, typical and worst photos, by heading; the worst one first."""
        ranked = self._ranked()
        middle = max(0, len(ranked) // 2 - SHOWN // 2)
        return {
            "Best": ranked[:SHOWN],
            "Typical": ranked[middle : middle + SHOWN],
            "Worst": ranked[: -SHOWN - 1 : -1],
        }

    def by_class(self) -> dict[str, list[ShownPhoto]]:
        """The best and the worst photo of every class, by its name; nothing where no photo is labelled."""
        photos: dict[str, list[ShownPhoto]] = defaultdict(list)
        for photo in self._ranked():
            for name in photo.classes:
                photos[name].append(photo)
        return {name: of_class[:1] + of_class[1:][-1:] for name, of_class in sorted(photos.items())}

    def _ranked(self) -> list[ShownPhoto]:
        return sorted(self._photos, key=lambda photo: (photo.error, photo.name))


def _data_address(rgb: UInt8[Tensor, "3 128 128"]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(rgb.movedim(0, -1).numpy()).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
