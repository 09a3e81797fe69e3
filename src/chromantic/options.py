"""The choices of a colorization: one field each, for the API, the command line, the archive and REST alike."""

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Annotated, NamedTuple

from cyclopts import Parameter, Token

from chromantic.errors import ChromanticError


def _whole(_: type, tokens: Sequence[Token]) -> int:
    try:
        return int(tokens[0].value)  # cyclopts itself would round
    except ValueError as error:
        raise ValueError(f"{tokens[0].value} is no whole number") from error


Whole = Annotated[int, Parameter(converter=_whole)]
"""A whole number on the command line, which refuses fractions."""


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
            number = isinstance(self.temperature, Real) and not isinstance(self.temperature, bool)
            if not (number and math.isfinite(self.temperature) and self.temperature >= 0):
                raise ChromanticError(f"temperature {self.temperature}: give a number from 0 up; 1 is the model's own")
            object.__setattr__(self, "temperature", float(self.temperature))
        if self.format is not None:
            from chromantic.photo import check_format  # here: `--help` reads no photo

            check_format(self.format)

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
    def draws(self) -> Draws | None:
        """What is to be drawn; None where nothing is."""
        if (self.samples, self.seed, self.temperature, self.candidates) == (None,) * 4:
            return None
        temperature = 1.0 if self.temperature is None else self.temperature
        return Draws(self.samples or 1, self.seed or 0, temperature, self.candidates)
