"""Photos and what became of them side by side, one row a photo."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from chromantic.colorization import Segmentation
from chromantic.colorizer import Colorizer
from chromantic.parallel import map_in_threads
from chromantic.photo import colour_image, grey_image, read_photo
from chromantic.picture_grid import CAPTION_HEIGHT, INK, PAPER, SIDE, Cell, fit_picture, pen_on, picture_grid

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
    on_error: Callable[[Path, Exception], None] | None = None,
) -> Image.Image:
    """Colorizes photos and shows each as grey, in the colours expected, as samples, and segmented.

    Args:
        colorizer: What colorizes.
        photos: Files.
        samples: Samples of each photo, at least 1.
        seed: Of the samples of each photo.
        originals: Show the photos in their own colours, too.
        callback: Called with the number of finished photos; may raise to cancel.
        on_error: Called with a photo that cannot be shown and the error, which is raised without it.

    Raises:
        ChromanticError: A photo cannot be read, or an argument is out of range.
    """
    titles = ["grey", "expected", *(f"sample {number + 1}" for number in range(samples))]
    titles[:0] = ["original"] if originals else []
    titles += ["segmentation"] if colorizer.class_names else []

    def row_of(path: Path) -> list[Cell]:
        photo = read_photo(path)
        grey = grey_image(photo).convert("RGB" if photo.alpha is None else "RGBA")
        expected = colorizer.colorize(photo)
        pictures = [grey, *expected.images, *colorizer.colorize(photo, samples=samples, seed=seed).images]
        pictures[:0] = [colour_image(photo)] if originals else []
        first, *others = [Cell(fit_picture(picture)) for picture in pictures]
        row = [Cell(first.picture, path.stem), *others]
        if expected.segmentation:
            row.append(Cell(_tinted(fit_picture(grey), expected.segmentation), _legend(expected.segmentation)))
        return row

    def row_or_error(path: Path) -> list[Cell] | Exception:
        try:
            return row_of(path)
        except Exception as error:  # whatever is wrong with one photo must not end the work on the others
            if on_error is None:
                raise
            return error

    def rows() -> Iterator[list[Cell]]:
        ended = zip(photos, map_in_threads(row_or_error, photos), strict=True)
        for finished, (path, row) in enumerate(ended, start=1):
            if not isinstance(row, Exception):
                yield row
            elif on_error:
                on_error(path, row)
            if callback:
                callback(finished)

    return picture_grid(titles, rows())


def _tinted(grey: Image.Image, segmentation: Segmentation) -> Image.Image:
    """The grey picture, tinted in the classes' colours; a background stays grey."""
    classes = segmentation.image.resize(grey.size, Image.Resampling.NEAREST)
    tinted = Image.blend(grey, classes.convert("RGB"), _TINT)
    return Image.composite(tinted, grey, Image.fromarray(np.asarray(classes) != _background(segmentation)))


def _legend(segmentation: Segmentation) -> Image.Image:
    """Names the classes that cover most, as many as fit; a background only where it is alone."""
    shares = np.bincount(segmentation.classes.ravel(), minlength=len(segmentation.names)) / segmentation.classes.size
    covering = [index for index in np.argsort(-shares, kind="stable").tolist() if shares[index] >= _SHOWN_SHARE]
    palette = segmentation.image.getpalette() or []
    legend = Image.new("RGB", (SIDE, CAPTION_HEIGHT), PAPER)
    pen = pen_on(legend)
    x = 0
    for index in [index for index in covering if index != _background(segmentation)] or covering:
        text = segmentation.names[index]
        end = x + 20 + int(pen.textlength(text))
        if end > SIDE:
            break
        pen.rectangle((x, 5, x + 11, 16), fill=tuple(palette[3 * index : 3 * index + 3]), outline=INK)
        pen.text((x + 16, 1), text, INK)
        x = end + 6
    return legend


def _background(segmentation: Segmentation) -> int:
    """The class of what is no object, as PASCAL VOC has one; -1 where all is named, as in COCO-Stuff."""
    return segmentation.names.index("background") if "background" in segmentation.names else -1
