"""All that is said of one photo's colours, put together."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32

from chromantic.colour.contrast import Levels
from chromantic.errors import ChromanticError
from chromantic.guidance.adjust import adjust
from chromantic.guidance.known import KnownCells
from chromantic.guidance.layers import Kept, cells_of, kept_of, strokes_on
from chromantic.guidance.points import Points, cells_of_points
from chromantic.hint import Hint
from chromantic.options import COLOURED, Options
from chromantic.photo import Photo, read_photo, shrink_photo
from chromantic.photo.header import Source

_MOST_TOLD = 500  # characters of hints that a file names one by one
Finish = Callable[[slice, Float32[np.ndarray, "rows width"], Float32[np.ndarray, "2 rows width"]], np.ndarray]
"""Gives the chroma of a result's rows from its place, its lightness and the chroma that was enlarged."""


@dataclass(frozen=True, eq=False)
class Guide:
    """What is known of a photo's colours, cell by cell and pixel by pixel.

    Attributes:
        photo: What is colorized.
        cells: What is known of its cells.
        points: Hints of colours.
        kept: What stays as the photo has it; None where nothing does.
        saturation: Factor on all other chroma.
        warmth: Of all other chroma, from -1 to 1.
        origin: What a result's file says of all this.
    """

    photo: Photo
    cells: KnownCells
    points: tuple[Hint, ...]
    kept: Kept | None
    saturation: float
    warmth: float
    origin: Mapping[str, object]

    def shrunk(self, photo: Photo, longest: int) -> "Guide":
        """The guide for the same photo with a longer side of at most so many pixels."""
        scale = photo.size[0] / self.photo.size[0]
        points = tuple(_scaled(hint, scale, photo) for hint in self.points)
        kept = self.kept and replace(
            self.kept,
            photo=shrink_photo(self.kept.photo, longest),
            mask=self.kept.mask and shrink_photo(self.kept.mask, longest),
            discs=[_scaled(hint, scale, photo) for hint in self.kept.discs],
        )
        return replace(self, photo=photo, points=points, kept=kept)

    def finish(self, maps: Float32[np.ndarray, "8 height width"], levels: Levels) -> Finish:
        """What is done to the enlarged chroma of one sample.

        Args:
            maps: `chroma_maps` of the sample.
            levels: Between which the photo's lightness is read.
        """
        cell = min(self.photo.size) / min(self.cells.known.shape)
        points = Points(self.points, self.photo, maps, levels, cell) if self.points else None

        def finished(rows: slice, lightness: np.ndarray, chroma: np.ndarray) -> np.ndarray:
            if points:
                points.correct(chroma, lightness, rows)
            chroma = adjust(chroma, self.saturation, self.warmth)
            if self.kept:
                share, own = self.kept(rows)
                chroma = chroma + share * (own - chroma)
            return chroma

        return finished


def read_guide(options: Options, original: Photo, photo: Photo, grid: tuple[int, int]) -> Guide:
    """Reads what the options say of a photo's colours.

    Args:
        options: With pictures that are still to be read.
        original: The photo as it came, with its own colours.
        photo: What is colorized.
        grid: Rows and columns of the network's cells.

    Raises:
        ChromanticError: A hint lies outside the photo, a picture cannot be read or has another size.
    """
    for hint in options.hints:
        _check_inside(hint, photo)
    points = tuple(hint for hint in options.hints if hint.chroma is not None)
    mask = None if options.keeps_coloured or options.keep is None else read_photo(options.keep, "mask")
    kept = kept_of(original, mask, options.keeps_coloured, [hint for hint in options.hints if hint.chroma is None])
    strokes = None if options.strokes is None else strokes_on(read_photo(options.strokes, "strokes"), photo)
    cells = KnownCells.sure(np.zeros((2, *grid), np.float32), np.zeros(grid, bool))
    for layer in (strokes, kept):
        if layer:
            cells = cells.under(cells_of(layer, photo.size, grid))
    if points:
        cells = cells.under(cells_of_points(points, photo.size, grid))
    return Guide(photo, cells, points, kept, options.saturation, options.warmth, _origin(options))


def _scaled(hint: Hint, scale: float, photo: Photo) -> Hint:
    width, height = photo.size
    x, y = min(hint.x * scale, width - 1), min(hint.y * scale, height - 1)
    return replace(hint, x=x, y=y, radius=hint.radius * scale)


def _check_inside(hint: Hint, photo: Photo) -> None:
    width, height = photo.size
    if hint.x >= width or hint.y >= height:
        where = f"outside its {width} x {height} pixels; count from the upper left"
        raise ChromanticError(f"{photo.source or 'photo'}: hint {hint} lies {where}")


def _origin(options: Options) -> dict[str, object]:
    origin: dict[str, object] = {}
    if options.hints:
        text = " ".join(map(str, options.hints))
        origin["hints"] = text if len(text) <= _MOST_TOLD else f"{len(options.hints)}, sha256 {_digest(text.encode())}"
    for name in ("strokes", "keep", "reference"):
        if (picture := getattr(options, name)) is not None:
            origin[name] = COLOURED if name == "keep" and options.keeps_coloured else _digest_of(picture, name)
    usual = Options()
    adjusted = {"saturation": options.saturation, "warmth": options.warmth}
    return origin | {name: value for name, value in adjusted.items() if value != getattr(usual, name)}


def _digest_of(picture: object, name: str) -> str:
    """Of a file its SHA-256, else that of its pixels."""
    if isinstance(picture, str | bytes):
        with Source(picture, name).open() as file:
            return _digest(file.read())
    return _digest(np.ascontiguousarray(read_photo(picture).pixels).tobytes())  # type: ignore[arg-type]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
