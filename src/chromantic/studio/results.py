"""One request's work, in a thread: from a photo's file to the files of its results."""

import base64
import io
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyvips
from PIL import Image

from chromantic.colorizer import Colorization, Colorizer, Segmentation
from chromantic.errors import ChromanticError
from chromantic.photo import FORMATS, Photo, grey_image, read_photo, result_format
from chromantic.studio.limits import MEDIA_TYPES, Limits, Options
from chromantic.studio.upload import check_photo
from chromantic.studio.workers import Work

_TELL_EVERY = 0.05  # seconds between two reports of progress


@dataclass(frozen=True)
class Progress:
    """Rows of the draws that are done, of all rows."""

    rows: int
    of: int

    def to_json(self) -> dict[str, object]:
        return {"rows": self.rows, "of": self.of}


@dataclass(frozen=True)
class Picture:
    """A file of the results.

    Attributes:
        kind: `expected`, `sample`, `grey`, `segmentation` or `uncertainty`.
        media_type: Of the content.
        content: The file.
        details: What else there is to say of it, JSON values.
    """

    kind: str
    media_type: str
    content: bytes
    details: dict[str, object]

    def to_json(self) -> dict[str, object]:
        content = base64.b64encode(self.content).decode()
        return {"kind": self.kind, **self.details, "media_type": self.media_type, "content": content}


@dataclass(frozen=True)
class Done:
    """Told at the end: of the photo and of how it was colorized."""

    summary: dict[str, object]

    def to_json(self) -> dict[str, object]:
        return self.summary


def colorize_upload(
    colorizer: Colorizer, content: bytes, options: Options, limits: Limits, folder: Path, work: Work
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
    if options.segmentation and colorizer.network.segmentation is None:
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
        Done(
            {
                "photo": {"width": width, "height": height, "format": photo.format},
                "model": result.model,
                "seed": result.draws.seed if result.draws else None,
                "temperature": result.draws.temperature if result.draws else None,
            }
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


def _progress_of(work: Work) -> Callable[[int, int], None]:
    last = 0.0

    def report(rows: int, of: int) -> None:
        nonlocal last
        work.check()
        if rows == of or time.monotonic() - last > _TELL_EVERY:
            last = time.monotonic()
            work.tell(Progress(rows, of))

    return report


def _pictures(result: Colorization, options: Options, files: Path) -> Iterator[Picture]:
    height, width = result.size
    size: dict[str, object] = {"width": width, "height": height}
    shown = "jpeg" if options.max_side and result.photo.alpha is None else None  # no browser is quicker with others
    if options.grey:
        format = shown or "png"
        yield Picture("grey", MEDIA_TYPES[format], _encoded(grey_image(result.photo), format), size)
    format = options.format or shown or result_format(result.photo.format)
    for number in range(len(result.chroma)):
        path = files / f"{number}{FORMATS[format].suffix}"
        try:
            result.save(path, number, format)
        except ChromanticError as error:
            raise ChromanticError(str(error).replace(str(path), "format").replace("--format", "format")) from error
        details = dict(size)
        if result.draws:
            details = {"sample": number + 1} | size
        if result.log_likelihoods:
            details["log_likelihood"] = result.log_likelihoods[number]
        yield Picture("sample" if result.draws else "expected", MEDIA_TYPES[format], _taken(path), details)
    if options.segmentation:
        assert result.segmentation
        classes = {"classes": _classes(result.segmentation)}
        yield Picture("segmentation", MEDIA_TYPES["png"], _encoded(result.segmentation.image), size | classes)
    if options.uncertainty:
        yield Picture("uncertainty", MEDIA_TYPES["png"], _encoded(result.uncertainty_image), size)


def _classes(segmentation: Segmentation) -> list[dict[str, object]]:
    """The classes that are in the photo, the largest first."""
    indices, counts = np.unique(segmentation.classes, return_counts=True)
    palette = segmentation.image.getpalette() or []
    return [
        {
            "index": int(index),
            "name": segmentation.names[index],
            "colour": "#{:02x}{:02x}{:02x}".format(*palette[3 * index : 3 * index + 3]),
            "share": round(float(count) / segmentation.classes.size, 4),
        }
        for count, index in sorted(zip(counts, indices, strict=True), reverse=True)
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
        return image.resize(width / image.width, **options).numpy()

    pixels = resize(photo.pixels)
    alpha = None if photo.alpha is None else resize(photo.alpha)
    return replace(photo, pixels=pixels[..., None] if pixels.ndim == 2 else pixels, alpha=alpha)
