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
from chromantic.studio.limits import MEDIA_TYPES, Limits, Options
from chromantic.studio.upload import check_photo
from chromantic.studio.workers import Work

_TELL_EVERY = 0.05  # seconds between two reports of progress


def colorize_upload(
    colorizer: Colorizer, content: bytes, options: Options, limits: Limits, folder: Path, work: Work[EventData]
) -> None:
    """Tells the progress, each picture as it is ready, and the end.

    Args:
        colorizer: Of the colours.
        content: The photo's file.
        options: What is asked for.
        limits: To keep.
        folder: For temporary files.
        work: Told, and checked for whether anybody still waits.

    Raises:
        ChromanticError: The photo cannot be read, or the results not be written in the format asked for.
        HTTPException: The photo is none, or too large.
        CancelledWorkError: Nobody waits any more.
        LateError: It took too long.
    """
    check_photo(content, limits)
    if options.segmentation and not colorizer.class_names:
        raise ChromanticError("segmentation: these weights know none; leave it out")
    with tempfile.TemporaryDirectory(dir=folder) as name:
        files = Path(name)
        photo = _read(content, files / "photo")
        work.check()
        result = colorizer.colorize(
            photo,
            samples=options.samples,
            seed=options.seed,
            temperature=options.temperature,
            restore_contrast=options.restore_contrast,
            apply_contrast=options.apply_contrast,
            candidates=options.candidates,
            callback=_progress_of(work),
        )
        if options.max_side:
            result = replace(result, photo=_shrunk(photo, options.max_side))
        for picture in _pictures(result, options, files):
            work.tell(picture)
            work.check()
    width, height = photo.size
    work.tell(
        Summary(
            photo=PhotoFacts(width=width, height=height, format=photo.format),
            model=result.model,
            seed=result.options.draws.seed if result.options.draws else None,
            temperature=result.options.draws.temperature if result.options.draws else None,
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


def _pictures(result: Colorization, options: Options, files: Path) -> Iterator[ResultPicture]:
    height, width = result.size

    def picture(kind: Kind, format: str, content: bytes, **details: Any) -> ResultPicture:
        media_type = MEDIA_TYPES[format]
        return ResultPicture(kind=kind, width=width, height=height, media_type=media_type, content=content, **details)

    shown = "jpeg" if options.max_side and result.photo.alpha is None else None  # browsers are quickest with JPEG
    if options.grey:
        format = shown or "png"
        yield picture("grey", format, _encoded(grey_image(result.photo), format))
    format = options.format or shown or result_format(result.photo.format)
    for number in range(len(result.chroma)):
        path = files / f"{number}{FORMATS[format].suffix}"
        try:
            result.save(path, number, format)
        except ChromanticError as error:
            raise ChromanticError(str(error).replace(str(path), "format").replace("--format", "format")) from error
        details: dict[str, object] = {"sample": number + 1} if result.options.draws else {}
        if result.log_likelihoods:
            details["log_likelihood"] = result.log_likelihoods[number]
        yield picture("sample" if result.options.draws else "expected", format, _taken(path), **details)
    if options.segmentation:
        assert result.segmentation
        yield picture("segmentation", "png", _encoded(result.segmentation.image), classes=_classes(result.segmentation))
    if options.uncertainty:
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
