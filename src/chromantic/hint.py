"""A hint: the colour of a place of a photo."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real

from chromantic.errors import ChromanticError

KEEP = "keep"
"""In place of a colour: what the photo itself has there."""
MOST_HINTS = 1000
"""Of a photo."""
_CHROMA_REACH = 128


@dataclass(frozen=True)
class Hint:
    """A colour that is known at a point, and around it as far as its radius reaches.

    The lightness stays the photo's: of the colour its hue and its chroma count.

    Attributes:
        x: Pixels from the left edge of the photo, upright, from 0.
        y: Pixels from its upper edge, from 0.
        colour: What Pillow's `ImageColor` reads, such as `#a02020`, `navy` or `rgb(160, 32, 32)`; or a and b in CIE
            units; or `keep`, for the photo's own colours.
        radius: In pixels, at least 0, the point alone.

    Raises:
        ChromanticError: A number or the colour is none, or out of range.
    """

    x: float
    y: float
    colour: str | tuple[float, float]
    radius: float = 0.0

    def __post_init__(self) -> None:
        for name in ("x", "y", "radius"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) < math.inf:
                raise ChromanticError(f"hint: {name} {value!r} is no number from 0 up; give pixels of the photo")
        if not isinstance(self.colour, str):
            object.__setattr__(self, "colour", _checked_chroma(self.colour))
        if self.colour != KEEP:
            _chroma_of(self.colour)

    @property
    def chroma(self) -> tuple[float, float] | None:
        """Chroma, a and b in CIE units; None where the photo's own are kept."""
        return None if self.colour == KEEP else _chroma_of(self.colour)

    def __str__(self) -> str:
        colour = self.colour if isinstance(self.colour, str) else "ab({:g},{:g})".format(*self.colour)
        return f"{self.x:g},{self.y:g}={colour}" + (f",{self.radius:g}" if self.radius else "")


def hint_of(value: object) -> Hint:
    """A hint from what people write: `120,80=#a02020,5`, a mapping, or x, y, colour and radius in a row.

    Raises:
        ChromanticError: It is none of these.
    """
    if isinstance(value, Hint):
        return value
    try:
        if isinstance(value, str):
            return _from_text(value)
        if isinstance(value, Mapping):
            return Hint(**value)
        if isinstance(value, Sequence):
            return Hint(*value)
    except (TypeError, ValueError) as error:
        raise ChromanticError(f"hint {value!r}: cannot be read; write x,y=colour or x,y=colour,radius") from error
    raise ChromanticError(f"hint {value!r}: give x, y and a colour")


def hints_of(values: object) -> tuple[Hint, ...]:
    """Hints from a sequence of what `hint_of` reads.

    Raises:
        ChromanticError: It is no sequence, it has more than `MOST_HINTS`, or one is no hint.
    """
    if isinstance(values, str | Mapping) or not isinstance(values, Sequence):
        raise ChromanticError(f"hints {values!r}: give a list of them")
    if len(values) > MOST_HINTS:
        raise ChromanticError(f"hints: {len(values)} are too many; give at most {MOST_HINTS}, or strokes")
    return tuple(hint_of(value) for value in values)


def _from_text(text: str) -> Hint:
    place, equals, what = text.partition("=")
    if not equals:
        raise ValueError("no colour")
    x, y = (float(number) for number in place.split(","))
    colour, comma, radius = what.rpartition(",")
    if not comma or what.endswith(")"):
        colour, radius = what, "0"
    return Hint(x, y, _ab_of(colour) or colour.strip(), float(radius))


def _ab_of(colour: str) -> tuple[float, float] | None:
    """The chroma of `ab(40,30)`, which is how `Hint` writes them; None of other text."""
    inside = colour.strip().removeprefix("ab(").removesuffix(")")
    if len(inside) != len(colour.strip()) - 4:
        return None
    a, b = (float(number) for number in inside.split(","))
    return a, b


def _checked_chroma(colour: object) -> tuple[float, float]:
    if isinstance(colour, Sequence) and len(colour) == 2 and all(isinstance(each, Real) for each in colour):
        a, b = float(colour[0]), float(colour[1])
        if max(abs(a), abs(b)) <= _CHROMA_REACH:
            return a, b
    raise _no_colour(colour)


def _no_colour(colour: object) -> ChromanticError:
    return ChromanticError(f"hint: {colour!r} is no colour; give a name, #rrggbb, or a and b from -128 to 128")


def _chroma_of(colour: str | tuple[float, float]) -> tuple[float, float]:
    if not isinstance(colour, str):
        return colour
    import numpy as np
    from PIL import ImageColor  # here: `--help` reads no colour

    from chromantic.colour.lab import rgb_to_lab

    try:
        levels = ImageColor.getrgb(colour)[:3]
    except ValueError as error:
        raise _no_colour(colour) from error
    _, a, b = rgb_to_lab(np.array(levels, np.float32)[:, None, None] / 255).ravel()
    return float(a), float(b)
