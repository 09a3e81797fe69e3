"""The choices of a colorization: one field each, for the API, the command line, the archive and REST alike."""

import operator
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Annotated, Any, NamedTuple

from cyclopts import Parameter, Token

from chromantic.errors import ChromanticError
from chromantic.hint import Hint, hint_of, hints_of

COLOURED = "coloured"
"""In place of a mask: what has colours in the photo."""


def _whole(_: type, tokens: Sequence[Token]) -> int:
    try:
        return int(tokens[0].value)  # cyclopts itself would round
    except ValueError as error:
        raise ValueError(f"{tokens[0].value} is no whole number") from error


Whole = Annotated[int, Parameter(converter=_whole)]
"""A whole number on the command line, which refuses fractions."""


def _hints(_: type, tokens: Sequence[Token]) -> tuple[Hint, ...]:
    try:
        return tuple(hint_of(token.value) for token in tokens)
    except ChromanticError as error:
        raise ValueError(str(error)) from error


def _picture(_: type, tokens: Sequence[Token]) -> str:
    return tokens[0].value


Hinted = Annotated[tuple[Hint, ...], Parameter("--hint", converter=_hints, n_tokens=1)]
Picture = Annotated[Any, Parameter(converter=_picture, n_tokens=1)]
"""What `chromantic.photo.read_photo` reads; on the command line a path."""


class Draws(NamedTuple):
    """How different colorizations are drawn; see `Options`."""

    samples: int
    seed: int
    temperature: float
    candidates: int | None


@dataclass(frozen=True)
class Options:
    """How photos are colorized.

    Without samples, seed, temperature and candidates nothing is drawn: the result has the colours that the model
    expects, as vivid as photographs. With any of them it is drawn.

    Attributes:
        samples: Draw so many different colorizations of each photo, at least 1.
        seed: Draw, from 0 to 2^63 - 1; the same seed gives the same pictures.
        temperature: Draw, at least 0; 1 draws what the model believes in, less is calmer.
        candidates: Draw so often from the generator, pixel by pixel, and take what is nearest to the expected colours.
            1 gives plain draws of the model. Without it each thing is drawn in one colour.
        hints: Colours that are known at points, such as `120,80=#a02020` or, with a radius in pixels, `120,80=navy,9`;
            `120,80=keep,30` leaves a part as the photo has it. May be repeated.
        strokes: A picture of the photo's size with coloured strokes, transparent or grey elsewhere. Their colours
            spread.
        keep: A mask of the photo's size, white or opaque where the photo's own colours stay; or `coloured`, to keep
            whatever has colours.
        reference: A photo whose colours are carried over to what looks alike, such as one of the same series.
        saturation: Factor on all colours, from 0 to 2.
        warmth: From -1, bluer, to 1, yellower.
        restore_contrast: Read faded photos with their levels stretched; results keep the photo's own lightness.
        apply_contrast: Stretch the levels of the results, too.
        format: png, tiff, webp (lossless) or jpeg; else like the photo, if that is lossless, or png.
        invert: Make positives of negatives first.
        descreen: Smooth printing screens and 1-bit scans to grey first; results are smooth, too.
        strict: Refuse JPEG files that break off; else those are read that lack at most a tenth of their rows.

    Raises:
        ChromanticError: A value is of another type or out of range.
    """

    samples: Whole | None = None
    seed: Whole | None = None
    temperature: float | None = None
    candidates: Whole | None = None
    hints: Hinted = ()
    strokes: Picture = None
    keep: Picture = None
    reference: Annotated[Picture, Parameter(("--reference", "--like"))] = None
    saturation: float = 1.0
    warmth: float = 0.0
    restore_contrast: bool = False
    apply_contrast: bool = False
    format: str | None = None
    invert: bool = False
    descreen: bool = False
    strict: bool = False

    def __post_init__(self) -> None:
        for name in ("samples", "seed", "candidates"):
            self._check_whole(name, least=0 if name == "seed" else 1)
        if self.seed is not None and self.seed >= 2**63:
            raise ChromanticError(f"seed {self.seed}: give a whole number from 0 to 2^63 - 1")
        if self.temperature is not None:
            self._check_number("temperature", 0, sys.float_info.max, "from 0 up; 1 is the model's own")
        self._check_number("saturation", 0, 2, "from 0 to 2; 1 changes nothing")
        self._check_number("warmth", -1, 1, "from -1 to 1; 0 changes nothing")
        object.__setattr__(self, "hints", hints_of(self.hints))
        for name in ("strokes", "keep", "reference"):
            picture = getattr(self, name)
            if isinstance(picture, os.PathLike):
                object.__setattr__(self, name, os.fspath(picture))
            elif hasattr(picture, "read"):
                object.__setattr__(self, name, picture.read())
        if self.format is not None:
            from chromantic.photo import check_format  # here: `--help` reads no photo

            check_format(self.format)

    def _check_number(self, name: str, least: float, most: float, wanted: str) -> None:
        value = getattr(self, name)
        if not isinstance(value, Real) or isinstance(value, bool) or not least <= float(value) <= most:
            raise ChromanticError(f"{name} {value}: give a number {wanted}")
        object.__setattr__(self, name, float(value))

    def _check_whole(self, name: str, least: int) -> None:
        """Turns NumPy's whole numbers into Python's."""
        value = getattr(self, name)
        if value is None:
            return
        try:
            whole = operator.index(value)
        except TypeError as error:
            raise ChromanticError(f"{name} {value!r}: give a whole number") from error
        if isinstance(value, bool) or whole < least:
            raise ChromanticError(f"{name} {value}: give a whole number from {least} up")
        object.__setattr__(self, name, whole)

    @property
    def guided(self) -> bool:
        """Whether anything is said of the colours themselves."""
        said = self.hints or (self.saturation, self.warmth) != (1, 0)
        return bool(said) or any(each is not None for each in (self.strokes, self.keep, self.reference))

    @property
    def keeps_coloured(self) -> bool:
        """Whether all stays that has colours in the photo."""
        return isinstance(self.keep, str) and self.keep == COLOURED

    @property
    def draws(self) -> Draws | None:
        """What is to be drawn; None where nothing is."""
        if (self.samples, self.seed, self.temperature, self.candidates) == (None,) * 4:
            return None
        temperature = 1.0 if self.temperature is None else self.temperature
        return Draws(self.samples or 1, self.seed or 0, temperature, self.candidates)
