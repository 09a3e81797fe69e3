"""What segmenters of colour photos say of photos, cell by cell, kept on disk as it is found.

A large segmenter takes a second a photo, so it must be possible to interrupt the labelling of many thousand photos:
every verdict is a small file of its own, and those that are there are not asked for again.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from chromantic.data.example import Example
from chromantic.data.images import read_rgb
from chromantic.errors import ChromanticError
from chromantic.files import write_whole
from chromantic.grid import grid_of
from chromantic.photo import read_stored
from chromantic.progress import track


@runtime_checkable
class Segmenter(Protocol):
    """Segments colour pictures.

    Attributes:
        name: Stands in measures' names and in caches, so it holds a hash of the weights.
        classes: Names of the classes, by label.
    """

    name: str
    classes: tuple[str, ...]

    def __call__(self, rgb: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch classes h w"]:
        """Class logits, of any size, of pictures, sRGB in [0, 1]."""
        ...


@dataclass(frozen=True)
class Verdict:
    """A segmenter's opinion of one photo.

    Attributes:
        classes: The likeliest class of every cell, by the segmenter's own numbers.
        confidence: Its probability, 0..255 for 0..1.
    """

    classes: UInt8[np.ndarray, "rows columns"]
    confidence: UInt8[np.ndarray, "rows columns"]


class VerdictStore:
    """A folder of one segmenter's verdicts, one small PNG a photo."""

    def __init__(self, folder: Path, segmenter: str) -> None:
        self.segmenter = segmenter
        self.folder = folder / segmenter

    def _file(self, example: Example) -> Path:
        return self.folder / f"{example.name}.png"

    def __contains__(self, example: Example) -> bool:
        return self._file(example).is_file()

    def read(self, example: Example) -> Verdict | None:
        """The verdict on a photo; None if there is none yet.

        Raises:
            ChromanticError: The file is damaged.
        """
        path = self._file(example)
        if not path.is_file():
            return None
        remedy = "delete it, to have it made again"
        mode, layers = read_stored(path, remedy)
        if mode != "LA":
            raise ChromanticError(f"{path}: is no verdict of a segmenter; {remedy}")
        return Verdict(layers[..., 0], layers[..., 1])

    def write(self, example: Example, verdict: Verdict) -> None:
        """Keeps a verdict."""
        with write_whole(self._file(example)) as partial:
            Image.fromarray(np.dstack([verdict.classes, verdict.confidence]), "LA").save(partial, "PNG")


def judge(segmenter: Segmenter, example: Example) -> Verdict:
    """Asks a segmenter of one photo.

    Raises:
        ChromanticError: The photo cannot be read.
    """
    rgb = read_rgb(example.photo)
    shares = F.adaptive_avg_pool2d(segmenter(rgb[None]).float().softmax(dim=1), grid_of(*rgb.shape[1:]))
    confidence, classes = (layer[0].numpy() for layer in shares.max(dim=1))
    return Verdict(classes.astype(np.uint8), np.rint(confidence * 255).astype(np.uint8))


def collect_verdicts(
    segmenter: Segmenter, examples: Sequence[Example], store: VerdictStore, minutes: float | None
) -> int:
    """Asks a segmenter of the photos that it has not seen yet, in an order that covers all collections evenly.

    Args:
        segmenter: To be asked.
        examples: The photos.
        store: Where verdicts are kept.
        minutes: Stop after this time; None goes through all photos.

    Returns:
        The number of photos that have a verdict now.

    Raises:
        ChromanticError: A photo cannot be read, or a verdict cannot be written.
    """
    deadline = None if minutes is None else time.monotonic() + 60 * minutes
    order = torch.randperm(len(examples), generator=torch.Generator().manual_seed(0)).tolist()
    missing = [examples[place] for place in order if examples[place] not in store]
    done = len(examples) - len(missing)
    for example in track(missing, f"Labelling by {segmenter.name}"):
        if deadline is not None and time.monotonic() > deadline:
            break
        store.write(example, judge(segmenter, example))
        done += 1
    return done
