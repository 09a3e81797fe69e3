"""Photos and what became of them side by side, one row a photo."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from chromantic.colorizer import Colorizer, Segmentation
from chromantic.parallel import map_in_threads
from chromantic.photo import Photo, grey_image, read_photo, to_image

_CELL = 256
"""Pixels: width of a column, and greatest height of a row's pictures."""
_GAP = 6
_LINE = 20
_MARGIN = 2 * _GAP
_PAPER, _INK = "white", "#222222"
_SHOWN_SHARE = 0.02
"""Classes that cover less of a photo are not named under its segmentation."""
_TINT = 0.6


def contact_sheet(
    colorizer: Colorizer,
    photos: Sequence[Path],
    *,
    samples: int = 3,
    seed: int = 0,
    originals: bool = False,
    callback: Callable[[int], None] | None = None,
) -> Image.Image:
    """Colorizes photos and shows each as grey, in the colours expected, as samples, and segmented.

    Args:
        colorizer: what colorizes.
        photos: files.
        samples: samples of each photo, at least 1.
        seed: of the samples of each photo.
        originals: show the photos in their own colours, too.
        callback: called with the number of finished photos; may raise to cancel.

    Raises:
        ChromanticError: a photo cannot be read, or an argument is out of range.
    """
    titles = ["grey", "expected", *(f"sample {number + 1}" for number in range(samples))]
    titles[:0] = ["original"] if originals else []
    segments = bool(colorizer.class_names)

    def row_of(path: Path) -> Image.Image:
        photo = read_photo(path)
        grey = grey_image(photo).convert("RGB" if photo.alpha is None else "RGBA")
        expected = colorizer.colorize(photo)
        pictures = [grey, *expected.images, *colorizer.colorize(photo, samples=samples, seed=seed).images]
        pictures[:0] = [_own_colours(photo, grey)] if originals else []
        return _row(path.stem, pictures, grey, expected.segmentation)

    strips = [_header([*titles, "segmentation"] if segments else titles)]
    for row in map_in_threads(row_of, photos):
        strips.append(row)
        if callback:
            callback(len(strips) - 1)

    width = max(strip.width for strip in strips)
    sheet = Image.new("RGB", (width, sum(strip.height for strip in strips) + _MARGIN), _PAPER)
    top = 0
    for strip in strips:
        sheet.paste(strip, (0, top))
        top += strip.height
    return sheet


def _own_colours(photo: Photo, grey: Image.Image) -> Image.Image:
    if photo.pixels.shape[2] == 1:
        return grey
    return to_image(np.rint(photo.pixels * (255 / photo.white)).astype(np.uint8), like=photo)


def _left(column: int) -> int:
    return _MARGIN + column * (_CELL + _GAP)


def _canvas(columns: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    canvas = Image.new("RGB", (_left(columns) - _GAP + _MARGIN, height), _PAPER)
    draw = ImageDraw.Draw(canvas)
    draw.font = ImageFont.load_default(14)
    return canvas, draw


def _header(titles: Sequence[str]) -> Image.Image:
    canvas, draw = _canvas(len(titles), _MARGIN + _LINE)
    for column, title in enumerate(titles):
        draw.text((_left(column), _MARGIN), title, _INK)
    return canvas


def _row(
    name: str, pictures: Sequence[Image.Image], grey: Image.Image, segmentation: Segmentation | None
) -> Image.Image:
    cells = [_fit(picture) for picture in pictures]
    if segmentation:
        cells.append(_tinted(_fit(grey), segmentation))
    height = max(cell.height for cell in cells)
    canvas, draw = _canvas(len(cells), _GAP + height + _LINE)
    for column, cell in enumerate(cells):
        canvas.paste(cell, (_left(column), _GAP))
    below = _GAP + height + 1
    draw.text((_left(0), below), name, _INK)
    if segmentation:
        _legend(draw, segmentation, (_left(len(cells) - 1), below))
    return canvas


def _tinted(grey: Image.Image, segmentation: Segmentation) -> Image.Image:
    """The grey picture, tinted in the classes' colours; a background stays grey."""
    classes = segmentation.image.resize(grey.size, Image.Resampling.NEAREST)
    tinted = Image.blend(grey, classes.convert("RGB"), _TINT)
    return Image.composite(tinted, grey, Image.fromarray(np.asarray(classes) != _background(segmentation)))


def _legend(draw: ImageDraw.ImageDraw, segmentation: Segmentation, corner: tuple[int, int]) -> None:
    """Names the classes that cover most, as many as fit; a background only where it is alone."""
    shares = np.bincount(segmentation.classes.ravel(), minlength=len(segmentation.names)) / segmentation.classes.size
    covering = [index for index in np.argsort(-shares, kind="stable").tolist() if shares[index] >= _SHOWN_SHARE]
    palette = segmentation.image.getpalette() or []
    x, y = corner
    for index in [index for index in covering if index != _background(segmentation)] or covering:
        text = segmentation.names[index]
        end = x + _LINE + draw.textlength(text)
        if end > corner[0] + _CELL:
            break
        draw.rectangle((x, y + 4, x + 11, y + 15), fill=tuple(palette[3 * index : 3 * index + 3]), outline=_INK)
        draw.text((x + 16, y), text, _INK)
        x = int(end) + _GAP


def _background(segmentation: Segmentation) -> int:
    """The class of what is no object, as PASCAL VOC has one; -1 where all is named, as in COCO-Stuff."""
    return segmentation.names.index("background") if "background" in segmentation.names else -1


def _fit(picture: Image.Image) -> Image.Image:
    """The picture in the size of a cell, never enlarged: on paper where it is transparent."""
    if picture.mode == "RGBA":
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, _PAPER), picture)
    picture = picture.convert("RGB")
    picture.thumbnail((_CELL, _CELL), Image.Resampling.LANCZOS)
    return picture
