"""Grey photographs to colour: the whole way a photo takes."""

import os
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32
from PIL import Image

from chromantic.colorization import Colorization
from chromantic.colour.contrast import Levels, find_levels
from chromantic.colour.lab import NEAR_GREY_CHROMA
from chromantic.devices import DeviceName
from chromantic.engine import Engine, StepCallback
from chromantic.errors import ChromanticError, GuidanceError
from chromantic.grid import CELL, grid_of
from chromantic.guidance.carrying import Carrier
from chromantic.guidance.guide import Guide, read_guide
from chromantic.guidance.reference import match
from chromantic.options import Options
from chromantic.parallel import check_process
from chromantic.photo import (
    Photo,
    PhotoFile,
    develop,
    read_photo,
    shrink_chroma,
    shrink_lightness,
)
from chromantic.understanding import Understanding


class Colorizer:
    """A network that is ready to colorize photos."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reference: _Reference | None = None  # the last one: a series has but one

    @classmethod
    def from_pretrained(
        cls, name_or_path: str | os.PathLike[str] = "default", device: DeviceName = "cpu"
    ) -> "Colorizer":
        """Loads shipped weights by name, or a user's file.

        Args:
            name_or_path: The weights.
            device: `cpu`, `cuda`, or `auto` for a GPU where there is one.

        Raises:
            ChromanticError: There are no such weights, they are damaged or of another network, or there is no such
                device.
        """
        return cls(Engine.from_pretrained(os.fspath(name_or_path), device))

    def __repr__(self) -> str:
        return f"<Colorizer {self.name}>"

    @property
    def name(self) -> str:
        """Name and fingerprint of the weights, which results carry."""
        return self.engine.name

    @property
    def class_names(self) -> tuple[str, ...]:
        """Of the network's segmentation; empty where it has none."""
        return self.engine.class_names

    def colorize(
        self,
        photo: PhotoFile | Image.Image | np.ndarray | Photo,
        options: Options | None = None,
        *,
        callback: StepCallback | None = None,
        **choices: Any,
    ) -> Colorization:
        """Colorizes a photo; its lightness stays, and only it is read of a colour photo.

        Args:
            photo: What `chromantic.photo.read_photo` reads.
            options: How to colorize; None gives the expected colours.
            callback: Called with the finished and all steps of the draws; may raise to cancel.
            **choices: Fields of `Options`, in place of those of `options`: `samples=3`.

        Raises:
            GuidanceError: What is said of its colours does not fit it.
            ChromanticError: The photo cannot be read, or a choice is out of range.
        """
        check_process()
        options = replace(options or Options(), **choices)
        read = read_photo(photo, strict=options.strict)
        original = develop(read, invert=options.invert, descreen=options.descreen)
        lightness = resize_lightness(original)
        levels = find_levels(lightness) if options.restore_contrast or options.apply_contrast else Levels()
        lightness = levels.stretch(lightness)
        guide, reference = self._said(options, read, original) if options.guided else (None, None)
        understanding = self.engine.understand(lightness)
        if guide and reference:
            guide = replace(guide, cells=match(understanding, reference.seen, reference.chroma).under(guide.cells))
        chroma, log_likelihoods = understanding.expected_chroma[None], tuple[float, ...]()
        if options.draws:
            known = guide.cells.certain if guide else None
            chroma, log_likelihoods = self.engine.draw(understanding, options.draws, callback, known)
        carrier = None
        if guide and guide.cells.known.any():
            carrier = Carrier(understanding, guide.cells)
            chroma = carrier.carry(chroma)
        return Colorization(
            photo=original,
            chroma=chroma,
            log_likelihoods=log_likelihoods,
            options=options,
            model=self.name,
            understanding=understanding,
            small_lightness=lightness,
            levels=levels,
            class_names=self.class_names,
            guide=guide,
            carrier=carrier,
        )

    def _said(self, options: Options, read: Photo, original: Photo) -> "tuple[Guide, _Reference | None]":
        """What is said of the colours of a photo, before the network looks at it."""
        try:
            guide = read_guide(options, read, original, grid_of(*reversed(original.size)))
            reference = None if options.reference is None else self._learn(options.reference, guide.origin["reference"])
        except ChromanticError as error:
            raise GuidanceError(str(error)) from error
        return guide, reference

    def _learn(self, picture: PhotoFile, digest: object) -> "_Reference":
        """What the network understands of a reference; of the last one it is kept."""
        last = self._reference  # photos that are colorized side by side may have others
        if last is None or last.digest != digest:
            reference = read_photo(picture, "reference")
            seen = self.engine.understand(resize_lightness(reference))
            chroma = shrink_chroma(reference, seen.lightness.shape)
            if not np.hypot(*chroma).max() > NEAR_GREY_CHROMA:
                raise ChromanticError(f"{reference.source or 'reference'}: has no colours; give a colour photo")
            self._reference = last = _Reference(digest, seen, chroma)
        return last


class _Reference(NamedTuple):
    """A photo that others learn from.

    Attributes:
        digest: Of its file or pixels.
        seen: What the network understands of it.
        chroma: Of its cells, in CIE units.
    """

    digest: object
    seen: Understanding
    chroma: Float32[np.ndarray, "2 h w"]


def resize_lightness(photo: Photo) -> Float32[np.ndarray, "h w"]:
    """Lightness as the network reads it: shorter side 128, multiples of 4, the aspect kept up to 8 to 1."""
    width, height = photo.size
    rows, columns = grid_of(height, width)
    return shrink_lightness(photo, (rows * CELL, columns * CELL))


def colorize(
    photo: PhotoFile | Image.Image | np.ndarray | Photo,
    options: Options | None = None,
    *,
    model: str | os.PathLike[str] = "default",
    device: DeviceName = "cpu",
    **choices: Any,
) -> Colorization:
    """Colorizes one photo as `Colorizer.colorize` does; for several photos keep a `Colorizer`."""
    return Colorizer.from_pretrained(model, device).colorize(photo, options, **choices)
