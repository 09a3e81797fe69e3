"""Photos as they are measured on: resized by the protocol's rule, a batch at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from chromantic.colour.lab import to_levels
from chromantic.colour.upsampling import upsample_chroma
from chromantic.data.classes import VOID
from chromantic.data.example import Example
from chromantic.data.shrink import shrink
from chromantic.photo import join_chroma
from chromantic.progress import track

Resize = Literal["squash128", "crop128"]
_BATCH = 16


@dataclass(frozen=True)
class Truth:
    """A batch of photos as they are measured on.

    Attributes:
        examples: Where they come from.
        rgb: Pixels in sRGB, 0..255, whole numbers.
        lightness: L in [0, 100].
        chroma: On the grid.
        labels: Void where there are none.
        colourful: False for near-grey photos.
    """

    examples: tuple[Example, ...]
    rgb: Float[Tensor, "batch 3 128 128"]
    lightness: Float[Tensor, "batch 1 128 128"]
    chroma: Float[Tensor, "batch 2 32 32"]
    labels: Int64[Tensor, "batch 32 32"]
    colourful: Bool[Tensor, "batch"]

    @classmethod
    def read(cls, examples: Sequence[Example], resize: Resize = "squash128") -> "Truth":
        """Reads photos by a resize rule.

        Raises:
            ChromanticError: A file is missing or unreadable.
        """
        photos = [shrink(example, squash=True, crop=resize == "crop128") for example in examples]
        unlabelled = torch.full(photos[0].chroma.shape[1:], VOID)
        return cls(
            tuple(examples),
            to_levels(torch.stack([photo.rgb for photo in photos])),
            torch.stack([photo.lightness for photo in photos]),
            torch.stack([photo.chroma for photo in photos]),
            torch.stack([unlabelled if photo.labels is None else photo.labels.long() for photo in photos]),
            torch.tensor([photo.colourful for photo in photos]),
        )

    @property
    def in_colour(self) -> list[int]:
        """Which photos have colours."""
        return [photo for photo, colourful in enumerate(self.colourful.tolist()) if colourful]

    @property
    def labelled(self) -> list[int]:
        """Which photos have labels."""
        return [photo for photo, example in enumerate(self.examples) if example.labels is not None]

    def part(self, photos: Sequence[int]) -> "Truth":
        """Some of the photos."""
        chosen = list(photos)
        return Truth(
            tuple(self.examples[photo] for photo in chosen),
            self.rgb[chosen],
            self.lightness[chosen],
            self.chroma[chosen],
            self.labels[chosen],
            self.colourful[chosen],
        )

    def draw(self, chroma: Float[Tensor, "batch 2 h w"]) -> Float[Tensor, "batch 3 128 128"]:
        """What a user would get of chroma in CIE units: sRGB in 0..255, whole numbers."""
        pictures = [
            torch.from_numpy(
                join_chroma(light, small if small.shape[1:] == light.shape else upsample_chroma(small, light))
            )
            for light, small in zip(self.lightness[:, 0].numpy(), chroma.numpy(), strict=True)
        ]
        return torch.stack(pictures).movedim(-1, 1).float()

    def draw_grey(self) -> Float[Tensor, "batch 3 128 128"]:
        """The photos without their colours: sRGB in 0..255, whole numbers."""
        return self.draw(torch.zeros_like(self.chroma))


def read_in_batches(examples: Sequence[Example], resize: Resize = "squash128") -> Iterator[Truth]:
    """All photos, some at a time, with a progress bar.

    Raises:
        ChromanticError: A file is missing or unreadable.
    """
    for start in track(range(0, len(examples), _BATCH), "Measuring"):
        yield Truth.read(examples[start : start + _BATCH], resize)


def read_colourful(examples: Sequence[Example], resize: Resize = "squash128") -> Iterator[Truth]:
    """The photos that have colours, some at a time, with a progress bar.

    Raises:
        ChromanticError: A file is missing or unreadable.
    """
    for truth in read_in_batches(examples, resize):
        if truth.in_colour:
            yield truth.part(truth.in_colour)
