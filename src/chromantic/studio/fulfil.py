"""The work on one order, in a thread: from a photo's file to the files of its results."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from chromantic.colorizer import Colorization, Colorizer, Segmentation
from chromantic.errors import ChromanticError
from chromantic.photo import FORMATS, encode_picture, grey_image, read_photo, shrink_photo
from chromantic.studio.answers import ClassShare, DrawProgress, EventData, Kind, PhotoFacts, ResultPicture, Summary
from chromantic.studio.order import Order
from chromantic.studio.workers import Work

MEDIA_TYPES = {name: f"image/{name}" for name in FORMATS}
_TELL_EVERY = 0.05  # seconds between two reports of progress


def fulfil_order(colorizer: Colorizer, order: Order, work: Work[EventData]) -> None:
    """Tells the progress, each picture as it is ready, and the end.

    Args:
        colorizer: Colours the photo.
        order: What is asked for.
        work: Told of the events, and asked whether they are still wanted.

    Raises:
        ChromanticError: The photo cannot be read, or the results not be written in the format asked for.
        CancelledWorkError: Nobody waits for the work any longer.
        LateError: It has taken too long.
    """
    if order.segmentation and not colorizer.class_names:
        raise ChromanticError("segmentation: these weights know none; leave it out")
    photo = read_photo(order.photo)
    work.check()
    result = colorizer.colorize(photo, order.options, callback=_progress_of(work))
    if order.max_side:
        result = replace(result, photo=shrink_photo(photo, order.max_side))
    for picture in _pictures(result, order):
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


def _progress_of(work: Work[EventData]) -> Callable[[int, int], None]:
    last = 0.0

    def report(rows: int, of: int) -> None:
        nonlocal last
        work.check()
        if rows == of or time.monotonic() - last > _TELL_EVERY:
            last = time.monotonic()
            work.tell(DrawProgress(rows=rows, of=of))

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
