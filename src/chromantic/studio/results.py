"""One request's work, in a thread: from a photo's file to the files of its results."""

import io
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from PIL import Image

from chromantic.colorizer import Colorization, Colorizer, Segmentation
from chromantic.errors import ChromanticError
from chromantic.photo import FORMATS, Photo, grey_image, read_photo, result_format
from chromantic.studio.answers import ClassShare, DrawProgress, EventData, Kind, PhotoFacts, ResultPicture, Summary
from chromantic.studio.limits import Limits
from chromantic.studio.order import Order
from chromantic.studio.upload import check_photo
from chromantic.studio.workers import Work

MEDIA_TYPES = {name: f"image/{name}" for name in FORMATS}
_TELL_EVERY = 0.05  # seconds between two reports of progress


def colorize_upload(colorizer: Colorizer, order: Order, limits: Limits, folder: Path, work: Work[EventData]) -> None:
    """Tells the progress, each picture as it is ready, and the end.

    Args:
        colorizer: Colours the photo.
        order: What is asked for.
        limits: What a request may ask for.
        folder: For temporary files.
        work: Told of the events, and asked whether they are still wanted.

    Raises:
        ChromanticError: The photo cannot be read, or the results not be written in the format asked for.
        HTTPException: The photo is none, or too large.
        CancelledWorkError: Nobody waits for the work any longer.
        LateError: It has taken too long.
    """
    check_photo(order.photo, limits)
    if order.segmentation and not colorizer.class_names:
        raise ChromanticError("segmentation: these weights know none; leave it out")
    with tempfile.TemporaryDirectory(dir=folder) as name:
        files = Path(name)
        photo = _read(order.photo, files / "photo")
        work.check()
        result = colorizer.colorize(photo, order.options, callback=_progress_of(work))
        if order.max_side:
            result = replace(result, photo=_shrunk(photo, order.max_side))
        for picture in _pictures(result, order, files):
            work.tell(picture)
            work.check()
    width, height = photo.size
    draws = order.options.draws
    work.tell(
        Summary(
            photo=PhotoFacts(width=width, height=height, format=photo.format),
            model=result.model,
            seed=draws.seed if draws else None,
            temperature=draws.temperature if draws else None,
        )
    )


def _read(content: bytes, path: Path) -> Photo:
    path.write_bytes(content)
    try:
        return read_photo(path)
    except ChromanticError as error:
        raise ChromanticError(str(error).replace(str(path), path.name)) from error
    finally:
        path.unlink()


def _progress_of(work: Work[EventData]) -> Callable[[int, int], None]:
    last = 0.0

    def report(rows: int, of: int) -> None:
        nonlocal last
        work.check()
        if rows == of or time.monotonic() - last > _TELL_EVERY:
            last = time.monotonic()
            work.tell(DrawProgress(rows=rows, of=of))

    return report


def _pictures(result: Colorization, order: Order, files: Path) -> Iterator[ResultPicture]:
    height, width = result.size

    def picture(kind: Kind, format: str, content: bytes, **details: Any) -> ResultPicture:
        media_type = MEDIA_TYPES[format]
        return ResultPicture(kind=kind, width=width, height=height, media_type=media_type, content=content, **details)

    shown = "jpeg" if order.max_side and result.photo.alpha is None else None  # browsers are quickest with JPEG
    if order.grey:
        format = shown or "png"
        yield picture("grey", format, _encoded(grey_image(result.photo), format))
    format = order.options.format or shown or result_format(result.photo.format)
    for number in range(len(result.chroma)):
        path = files / f"{number}{FORMATS[format].suffix}"
        try:
            result.save(path, number, format)
        except ChromanticError as error:
            raise ChromanticError(str(error).replace(str(path), "format").replace("--format", "format")) from error
        details: dict[str, object] = {"sample": number + 1} if order.options.draws else {}
        if result.log_likelihoods:
            details["log_likelihood"] = result.log_likelihoods[number]
        yield picture("sample" if order.options.draws else "expected", format, _taken(path), **details)
    if order.segmentation:
        assert result.segmentation
        yield picture("segmentation", "png", _encoded(result.segmentation.image), classes=_classes(result.segmentation))
    if order.uncertainty:
        yield picture("uncertainty", "png", _encoded(result.uncertainty_image))


def _classes(segmentation: Segmentation) -> list[ClassShare]:
    """The classes that are in the photo, the largest first."""
    indices, counts = np.unique(segmentation.classes, return_counts=True)
    palette = segmentation.image.getpalette() or []
    return [
        ClassShare(
            index=index,
            name=segmentation.names[index],
            colour="#{:02x}{:02x}{:02x}".format(*palette[3 * index : 3 * index + 3]),
            share=round(count / segmentation.classes.size, 4),
        )
        for count, index in sorted(zip(counts.tolist(), indices.tolist(), strict=True), reverse=True)
    ]


def _encoded(image: Image.Image, format: str = "png") -> bytes:
    file = io.BytesIO()
    image.save(file, format, **({"quality": 95} if format == "jpeg" else {}))
    return file.getvalue()


def _taken(path: Path) -> bytes:
    content = path.read_bytes()
    path.unlink()
    return content


def _shrunk(photo: Photo, max_side: int) -> Photo:
    """The photo at a size for showing, its proportions kept; one that is small enough as it is."""
    scale = max_side / max(photo.size)
    if scale >= 1:
        return photo
    width, height = (max(1, round(side * scale)) for side in photo.size)

    def resize(samples: np.ndarray) -> np.ndarray:
        image = pyvips.Image.new_from_array(np.ascontiguousarray(samples))
        options = {"vscale": height / image.height, "kernel": "linear"}  # which stays within the samples' range
        resized: np.ndarray = image.resize(width / image.width, **options).numpy()
        return resized

    pixels = resize(photo.pixels)
    alpha = None if photo.alpha is None else resize(photo.alpha)
    return replace(photo, pixels=pixels[..., None] if pixels.ndim == 2 else pixels, alpha=alpha)
