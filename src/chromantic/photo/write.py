"""Writes results, whole or not at all, and encodes them in memory."""

import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyvips
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from chromantic.errors import ChromanticError
from chromantic.files import write_whole
from chromantic.parallel import check_process
from chromantic.photo.bands import KINDS
from chromantic.photo.formats import FORMATS
from chromantic.photo.header import one_line
from chromantic.photo.metadata import Provenance, embed
from chromantic.photo.photo import Photo
from chromantic.photo.read import IN_MEMORY_PIXELS
from chromantic.photo.seal import BLANK, seal

_OPTIONS: dict[str, dict[str, object]] = {
    "png": {"compression": 6, "filter": "paeth"},
    "tiff": {"compression": "deflate"},
    "webp": {"lossless": True, "exact": True},
    "jpeg": {"Q": 95, "subsample_mode": "off"},
}
_BIG_TIFF = 1 << 31  # bytes before compression from which a TIFF file gets 64-bit offsets
_SPACES = {"uint8": "srgb", "uint16": "rgb16", "float32": "scrgb"}  # libvips takes floats as they are


def write_picture(image: Image.Image, path: str | os.PathLike[str]) -> None:
    """Writes a Pillow image in the format of the path's suffix: whole or, when something fails, not at all.

    A PNG file is sealed (`chromantic.photo.seal`).

    Raises:
        ChromanticError: The file cannot be written.
    """
    path = Path(path)
    try:
        with write_whole(path) as partial:
            if path.suffix.lower() == ".png":
                partial.write_bytes(encode_picture(image, "png"))
            else:
                image.save(partial)
    except ValueError as error:
        raise ChromanticError(f"{path}: cannot be written ({error}); choose another suffix") from error


def encode_picture(image: Image.Image, format: str) -> bytes:
    """The file of a Pillow image, in a format of `FORMATS`; a JPEG has the quality of results, a PNG is sealed."""
    file, options = io.BytesIO(), dict[str, object]()
    if format == "png":
        options["pnginfo"] = note = PngInfo()
        note.add(b"tEXt", b"Seal\0" + BLANK)
    elif format == "jpeg":
        options["quality"] = _OPTIONS["jpeg"]["Q"]
    image.save(file, format, **options)
    seal(file)
    return file.getvalue()


def write_rows(
    path: Path,
    format: str,
    rows: Iterable[np.ndarray],
    depth: np.dtype,
    like: Photo,
    provenance: Provenance,
) -> None:
    """Writes a result from its rows: whole or, when something fails, not at all. A large one needs little memory.

    Args:
        path: The file.
        format: A key of `FORMATS`.
        rows: Bands of rows from top to bottom, each rows width 3, or 4 with opacity, of the depth.
        depth: A type of samples that the format can hold.
        like: The photo that the result is of: its size, whether it has opacity, and its metadata.
        provenance: How the result was made.

    Raises:
        ChromanticError: The file cannot be written, or the format cannot hold opacity.
    """
    check_process()
    _check_opacity(format, like, str(path))
    try:
        with write_whole(path) as partial, _gathered(rows, depth, like, partial.parent) as image:
            encoded = partial.with_name("encoded")
            with encoded.open("w+b") as file, partial.open("wb") as whole:
                _encode(image, pyvips.Target.new_to_descriptor(file.fileno()), format, depth, like)
                file.seek(0)
                embed(format, file, whole, like.metadata, provenance, like.size, str(path))
            if format == "tiff":  # completed in place
                encoded.replace(partial)
            with partial.open("r+b") as file:
                seal(file)
    except pyvips.Error as error:
        raise ChromanticError(f"{path}: cannot be written ({one_line(error)}); choose another output") from error


def encode_rows(format: str, rows: Iterable[np.ndarray], depth: np.dtype, like: Photo, provenance: Provenance) -> bytes:
    """The bytes that `write_rows` writes.

    Raises:
        ChromanticError: The result cannot be encoded, or the format cannot hold opacity.
    """
    check_process()
    _check_opacity(format, like, "result")
    try:
        with _gathered(rows, depth, like) as image:
            target = pyvips.Target.new_to_memory()
            _encode(image, target, format, depth, like)
            file = io.BytesIO(target.get("blob"))
            whole = file if format == "tiff" else io.BytesIO()  # TIFF is completed in place
            embed(format, file, whole, like.metadata, provenance, like.size, "result")
            seal(whole)
            return whole.getvalue()
    except pyvips.Error as error:
        raise ChromanticError(f"result: cannot be encoded ({one_line(error)}); choose another format") from error


def _check_opacity(format: str, like: Photo, name: str) -> None:
    if like.alpha is not None and not FORMATS[format].alpha:
        clear = ", ".join(name for name, other in FORMATS.items() if other.alpha)
        raise ChromanticError(f"{name}: {format} has no transparency, which the photo has; choose one of {clear}")


def _encode(image: pyvips.Image, target: pyvips.Target, format: str, depth: np.dtype, like: Photo) -> None:
    """Encodes the pixels, with the profile of sRGB and nothing else beside them."""
    options = dict(_OPTIONS[format])
    if format == "tiff":
        options["bigtiff"] = image.width * image.height * image.bands * depth.itemsize >= _BIG_TIFF
        options["predictor"] = "float" if depth.kind == "f" else "horizontal"
    xres, yres = like.metadata.resolution_or_usual
    image = image.copy(xres=xres, yres=yres)
    pyvips.Operation.call(f"{format}save_target", image, target, profile="srgb", keep="icc", **options)


@contextmanager
def _gathered(
    rows: Iterable[np.ndarray], depth: np.dtype, like: Photo, folder: Path | None = None
) -> Iterator[pyvips.Image]:
    """An image of the rows, which are kept in memory or, of a large image, in a file in the folder."""
    width, height = like.size
    bands, kind, space = 3 if like.alpha is None else 4, KINDS[depth.name], _SPACES[depth.name]
    if height * width <= IN_MEMORY_PIXELS:
        pixels, top = np.empty((height, width, bands), depth), 0
        for strip in rows:
            pixels[top : top + len(strip)] = strip
            top += len(strip)
        yield pyvips.Image.new_from_memory(pixels.data, width, height, bands, kind).copy(interpretation=space)
    else:
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            for strip in rows:
                file.write(np.ascontiguousarray(strip).data)
            file.flush()
            yield pyvips.Image.rawload(file.name, width, height, bands, format=kind).copy(interpretation=space)
