"""Pictures on one sheet: titles above their columns, and captions below them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

SIDE = 256
"""Pixels: width of a column, and greatest height of a row's pictures."""
CAPTION_HEIGHT = 20
"""Pixels."""
PAPER, INK = "white", "#222222"
_GAP = 6
_MARGIN = 2 * _GAP


@dataclass(frozen=True)
class Cell:
    """A picture and what stands below it.

    Attributes:
        picture: Of any size, kept in small sheets as `fit_picture` gives it.
        caption: A line of text, or a picture `CAPTION_HEIGHT` high.
    """

    picture: Image.Image
    caption: str | Image.Image = ""


def picture_grid(titles: Sequence[str], rows: Iterable[Sequence[Cell]], side: int = SIDE) -> Image.Image:
    """Lays pictures out, never enlarged.

    Args:
        titles: Of each column; an empty one lets the title before it reach over its column. Without any, none is shown.
        rows: Cells from left to right, row by row.
        side: Width of a column, and greatest height of a row's pictures, in pixels.
    """
    strips = [_header(titles, side)] if any(titles) else []
    strips += [_strip(row, side) for row in rows]
    width = max(strip.width for strip in strips)
    sheet = Image.new("RGB", (width, sum(strip.height for strip in strips) + _MARGIN), PAPER)
    top = 0
    for strip in strips:
        sheet.paste(strip, (0, top))
        top += strip.height
    return sheet


def fit_picture(picture: Image.Image, side: int = SIDE) -> Image.Image:
    """The picture in RGB, at most `side` wide and high, never enlarged: on paper where it is transparent."""
    if picture.mode == "RGBA":
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, PAPER), picture)
    picture = picture.convert("RGB")
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return picture


def pen_on(canvas: Image.Image) -> ImageDraw.ImageDraw:
    """What writes on a sheet or on a caption, in one font."""
    pen = ImageDraw.Draw(canvas)
    pen.font = ImageFont.load_default(14)
    return pen


def _left(column: int, side: int) -> int:
    return _MARGIN + column * (side + _GAP)


def _canvas(columns: int, height: int, side: int) -> Image.Image:
    return Image.new("RGB", (_left(columns, side) - _GAP + _MARGIN, height), PAPER)


def _header(titles: Sequence[str], side: int) -> Image.Image:
    starts = [column for column, title in enumerate(titles) if title]
    ends = [*starts[1:], len(titles)]
    pen = pen_on(Image.new("RGB", (1, 1)))
    lines = [
        _wrapped(titles[start], _left(end, side) - _left(start, side) - _GAP, pen)
        for start, end in zip(starts, ends, strict=True)
    ]
    canvas = _canvas(len(titles), _MARGIN + max(map(len, lines)) * CAPTION_HEIGHT, side)
    pen = pen_on(canvas)
    for start, of_title in zip(starts, lines, strict=True):
        for number, line in enumerate(of_title):
            pen.text((_left(start, side), _MARGIN + number * CAPTION_HEIGHT), line, INK)
    return canvas


def _wrapped(text: str, width: int, pen: ImageDraw.ImageDraw) -> list[str]:
    """Lines of whole words, as wide as may be."""
    first, *words = text.split()
    lines = [first]
    for word in words:
        longer = f"{lines[-1]} {word}"
        if pen.textlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _strip(row: Sequence[Cell], side: int) -> Image.Image:
    pictures = [fit_picture(cell.picture, side) for cell in row]
    below = _GAP + max(picture.height for picture in pictures)
    captions = CAPTION_HEIGHT if any(cell.caption for cell in row) else 0
    canvas = _canvas(len(row), below + captions, side)
    pen = pen_on(canvas)
    for column, (cell, picture) in enumerate(zip(row, pictures, strict=True)):
        left = _left(column, side)
        canvas.paste(picture, (left, _GAP))
        if isinstance(cell.caption, str):
            pen.text((left, below + 1), cell.caption, INK)
        else:
            canvas.paste(cell.caption, (left, below))
    return canvas
