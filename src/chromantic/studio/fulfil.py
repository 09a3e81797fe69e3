"""The work on one order: from a photo's file to the files of its results."""

import time
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import asdict
from typing import Any

import numpy as np
from jaxtyping import Float32

from chromantic.colorization import Colorization, Segmentation
from chromantic.colorizer import Colorizer
from chromantic.engine import Engine, StepCallback
from chromantic.errors import ChromanticError
from chromantic.options import Draws
from chromantic.photo import (
    UnknownKindError,
    encode_picture,
    grey_image,
    kind_of,
    read_header,
    read_photo,
)
from chromantic.studio.answers import (
    MEDIA_TYPES,
    ClassShare,
    DrawProgress,
    Kind,
    PhotoFacts,
    ResultPicture,
    SuggestedColour,
    Summary,
)
from chromantic.studio.limits import Limits
from chromantic.studio.order import PICTURES, Order, TooLargeError
from chromantic.studio.worker import Job
from chromantic.understanding import KnownChroma, Understanding

_TELL_EVERY = 0.05  # seconds between two reports of progress


def warm(colorizer: Colorizer) -> None:
    """Does, before the first photo comes, what is slow the first time."""
    colorizer.colorize(np.zeros((8, 8), np.uint8)).images  # noqa: B018


def fulfil_order(colorizer: Colorizer, order: Order, limits: Limits, job: Job) -> None:
    """Tells the progress, each picture as it is ready, and the end.

    Args:
        colorizer: Colours the photo.
        order: What is asked for.
        limits: How large the photo may be.
        job: Told of the events, and asked whether they are still wanted.

    Raises:
        UnknownKindError: The photo is no picture, or of a kind that is not read here.
        TooLargeError: It has too many pixels.
        ChromanticError: It cannot be read, or the results not be written in the format asked for.
        CancelledWorkError: Nobody waits for the work any longer.
    """
    if order.segmentation and not colorizer.class_names:
        raise ChromanticError("segmentation: these weights know none; leave it out")
    with job.stage("decode"):
        _check(order.photo, "photo", limits)
        for name in PICTURES:
            if isinstance(content := getattr(order.options, name), bytes):
                _check(content, name, limits)
        photo = read_photo(order.photo, strict=order.options.strict)
    job.check()
    timed = copy(colorizer)
    timed.engine = _TimedEngine(colorizer.engine, job)
    result = timed.colorize(photo, order.options, callback=_progress_of(job))
    suggestions = _suggestions(result, order)
    if order.max_side:
        result = result.shrunk(order.max_side)
    pictures = _pictures(result, order)
    while True:
        with job.stage("write"):
            picture = next(pictures, None)
        if picture is None:
            break
        job.tell(picture)
        job.check()
    width, height = photo.size
    draws = order.options.draws
    job.tell(
        Summary(
            photo=PhotoFacts(width=width, height=height, format=photo.format),
            model=result.model,
            seed=draws.seed if draws else None,
            temperature=draws.temperature if draws else None,
            **suggestions,
        )
    )


class _TimedEngine(Engine):
    """An engine that tells a job what its stages take."""

    def __init__(self, engine: Engine, job: Job) -> None:
        vars(self).update(vars(engine))
        self._job = job

    def understand(
        self, lightness: Float32[np.ndarray, "height width"], hints: KnownChroma | None = None
    ) -> Understanding:
        """Is the stage "encode"."""
        with self._job.stage("encode"):
            return super().understand(lightness, hints)

    def draw(
        self,
        understanding: Understanding,
        draws: Draws,
        progress: StepCallback | None = None,
        known: KnownChroma | None = None,
    ) -> tuple[Float32[np.ndarray, "samples 2 h w"], tuple[float, ...]]:
        """Is the stage "sample"."""
        with self._job.stage("sample"):
            return super().draw(understanding, draws, progress, known)


def _check(content: bytes, name: str, limits: Limits) -> None:
    """Checks, before anything is decoded, that a picture is one, and not too large."""
    if content and kind_of(content) is None:  # Pillow's many decoders are not for strangers' files
        raise UnknownKindError(f"{name}: no picture of a known kind; give a JPEG, PNG, TIFF, WebP, AVIF or HEIC")
    header = read_header(content, name)
    if header.width * header.height > limits.pixels:
        most = f"{limits.pixels / 1e6:g} megapixels"
        raise TooLargeError(f"{name}: {header.width} x {header.height} pixels, more than {most}; make it smaller")


def _suggestions(result: Colorization, order: Order) -> dict[str, list[SuggestedColour]]:
    if order.suggested_point is None:
        return {}
    return {"suggestions": [SuggestedColour(**asdict(each)) for each in result.suggestions(*order.suggested_point)]}


def _progress_of(job: Job) -> Callable[[int, int], None]:
    last = 0.0

    def report(rows: int, of: int) -> None:
        nonlocal last
        job.check()
        if rows == of or time.monotonic() - last > _TELL_EVERY:
            last = time.monotonic()
            job.tell(DrawProgress(rows=rows, of=of))

    return report


def _pictures(result: Colorization, order: Order) -> Iterator[ResultPicture]:
    height, width = result.size

    def picture(kind: Kind, format: str, content: bytes, **details: Any) -> ResultPicture:
        media_type = MEDIA_TYPES[format]
        return ResultPicture(kind=kind, width=width, height=height, media_type=media_type, content=content, **details)

    shown = "jpeg" if order.max_side and result.photo.alpha is None else None  # browsers are quickest with JPEG
    if order.grey:
        format = shown or "png"
        yield picture("grey", format, encode_picture(grey_image(result.photo), format))
    format = order.options.format or shown or result.format
    for number in range(len(result.chroma)):
        content = result.encode(number, format)
        details: dict[str, object] = {"sample": number + 1} if order.options.draws else {}
        if result.log_likelihoods:
            details["log_likelihood"] = result.log_likelihoods[number]
        yield picture("sample" if order.options.draws else "expected", format, content, **details)
    if order.segmentation:
        assert result.segmentation
        yield picture(
            "segmentation",
            "png",
            encode_picture(result.segmentation.image, "png"),
            classes=_classes(result.segmentation),
        )
    if order.uncertainty:
        yield picture("uncertainty", "png", encode_picture(result.uncertainty_image, "png"))


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
