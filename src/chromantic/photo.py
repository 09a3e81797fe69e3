"""Photographs in and out: files, images and arrays to pixels, pixels to lightness, lightness and chroma to files.

Nothing else decodes a picture that a user brings.
"""

import io
import logging
import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image, ImageCms, ImageOps
from torch import Tensor

from chromantic.errors import ChromanticError
from chromantic.files import write_whole
from chromantic.lab import LIGHTNESS_MAX, fit_chroma_to_gamut, lab_to_rgb, rgb_to_lightness

MAX_PIXELS = 1_000_000_000
"""A header that promises more is taken for a mistake or an attack, before anything is decoded."""

_PHOTO_SUFFIXES = {
    ".avif", ".bmp", ".gif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".jpx", ".pbm", ".pgm", ".png", ".pnm",
    ".ppm", ".tga", ".tif", ".tiff", ".webp",
}  # fmt: skip
_RESULT_NAME = re.compile(r"(.+)\.(color(-\d+)?|segmentation|uncertainty)\.png")
_GREY_MODES = {"1", "L", "LA"}
_TIFF_PHOTOMETRIC = 262  # tag PhotometricInterpretation; 0: white is zero
_STRIP_PIXELS = 1 << 16
_pillow_limit = threading.Lock()
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Photo:
    """A decoded photograph, upright and in sRGB.

    Attributes:
        pixels: height width channels, one channel (grey) or three (red, green, blue), sRGB-encoded, at the depth it
            came with: uint8, uint16, or float32 in [0, 1].
        alpha: height width, uint8, opacity; None for an opaque photo.
        source: the file it was read from; None for an image or an array.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None = None
    source: Path | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def white(self) -> float:
        """The pixels' value of white; black is 0."""
        return float(np.iinfo(self.pixels.dtype).max) if self.pixels.dtype.kind == "u" else 1.0


def read_photo(photo: str | os.PathLike[str] | Image.Image | np.ndarray | Photo) -> Photo:
    """Reads a photograph at its own depth, applies its EXIF orientation and converts its ICC profile to sRGB.

    A 16-bit grey file keeps its 16 bits, without its ICC profile and transparency; 16-bit files with colour or
    transparency are read at 8 bits. Of several frames or pages the first is read.

    Args:
        photo: a file; a Pillow image; or an sRGB-encoded array, height width or height width 1, 3 or 4 (the last:
            opacity) of uint8, uint16, or floats in [0, 1]; or a photo that has been read, which comes back.

    Raises:
        ChromanticError: the file is missing, empty, damaged, no picture or above `MAX_PIXELS`; the array has another
            shape, type or range.
    """
    if isinstance(photo, Photo):
        return photo
    if isinstance(photo, np.ndarray):
        return _from_array(photo)
    if isinstance(photo, Image.Image):
        return _from_image(photo, "image", None)
    path = Path(photo)
    with _open(path) as file:  # given a path, Pillow maps an uncompressed TIFF and garbles it where EXIF turns it
        try:
            with _unlimited_pillow():
                image = Image.open(file)
        except Image.UnidentifiedImageError as error:
            raise ChromanticError(f"{path}: not a picture, or a damaged one; give a JPEG, PNG, TIFF or WebP") from error
        except Exception as error:  # Pillow's readers meet damaged headers with exceptions of every kind
            raise ChromanticError(f"{path}: cannot be opened ({_one_line(error)}); get a fresh copy") from error
        return _from_image(image, str(path), path)


def find_photos(paths: Sequence[str | os.PathLike[str]]) -> list[Path]:
    """The photo files among the paths; a folder stands for the photos directly inside it, in order of name.

    Raises:
        ChromanticError: a path does not exist, or a folder holds no photo.
        OSError: a folder cannot be read.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if not path.exists():
            raise ChromanticError(f"{path}: no such file or folder; check the path")
        found.extend(photos_in(path) if path.is_dir() else [path])
    once: dict[Path, Path] = {}
    for file in found:
        once.setdefault(file.resolve(), file)
    return list(once.values())


def photos_in(folder: Path, *, subfolders: bool = False) -> list[Path]:
    """The photos in a folder, in order of path, and a warning in the log of how many files are none.

    Hidden files are passed over, and so are results of an earlier run: NAME.color.png and the like where the photo NAME
    lies beside them.

    Args:
        folder: an existing folder.
        subfolders: look into its sub-folders, too.

    Raises:
        ChromanticError: there is no photo.
        OSError: the folder cannot be read.
    """
    paths = sorted(folder.rglob("*") if subfolders else folder.iterdir())
    files = [path for path in paths if not path.name.startswith(".") and path.is_file()]
    photos = [file for file in files if file.suffix.lower() in _PHOTO_SUFFIXES]
    if not photos:
        raise ChromanticError(f"{folder}: no photos in this folder; give a folder with JPEG, PNG, TIFF or WebP files")
    if others := len(files) - len(photos):
        _log.warning("%s: files skipped that are no photos: %d", folder, others)
    names = {file.with_suffix("") for file in photos}
    return [
        file
        for file in photos
        if not ((result := _RESULT_NAME.fullmatch(file.name)) and file.with_name(result[1]) in names)
    ]


def write_photo(image: Image.Image, path: str | os.PathLike[str]) -> None:
    """Writes an image in the format of the path's suffix: whole or, when something fails, not at all.

    Raises:
        ChromanticError: the file cannot be written.
    """
    path = Path(path)
    try:
        with write_whole(path) as partial:
            image.save(partial)
    except ValueError as error:
        raise ChromanticError(f"{path}: cannot be written ({_one_line(error)}); choose another suffix") from error


def split_lightness(photo: Photo) -> Float[Tensor, "1 1 height width"]:
    """The CIE lightness of a grey or colour photo, in [0, 100], at its own size and depth."""
    width, height = photo.size
    lightness = torch.empty(1, 1, height, width)
    for rows in row_strips(height, width):
        rgb = torch.from_numpy(photo.pixels[rows].astype(np.float32) / np.float32(photo.white)).movedim(-1, 0)[None]
        lightness[:, :, rows] = rgb_to_lightness(rgb.expand(-1, 3, -1, -1)).clamp(0, LIGHTNESS_MAX)
    return lightness


def join_chroma(
    lightness: Float[Tensor, "1 1 height width"], chroma: Float[Tensor, "1 2 height width"]
) -> UInt8[np.ndarray, "height width 3"]:
    """8-bit sRGB that keeps the lightness: where a colour leaves sRGB its chroma shrinks, its lightness does not.

    Args:
        lightness: L in [0, 100].
        chroma: a and b in CIE units.
    """
    height, width = lightness.shape[-2:]
    pixels = np.empty((height, width, 3), np.uint8)
    for rows in row_strips(height, width):
        inside = fit_chroma_to_gamut(lightness[:, :, rows], chroma[:, :, rows])
        rgb = lab_to_rgb(torch.cat([lightness[:, :, rows], inside], dim=1))
        pixels[rows] = (rgb * 255).round().clamp(0, 255)[0].movedim(0, -1).numpy().astype(np.uint8)
    return pixels


def to_image(pixels: UInt8[np.ndarray, "height width 3"], like: Photo) -> Image.Image:
    """A Pillow image of the pixels, as opaque as the photo they were made from."""
    image = Image.fromarray(pixels)
    if like.alpha is not None:
        image.putalpha(Image.fromarray(like.alpha))
    return image


def row_strips(height: int, width: int) -> Iterator[slice]:
    """Bands of rows that fit a cache: no step needs many times the memory of a large photo, and all are quicker."""
    rows = max(1, _STRIP_PIXELS // width)
    return (slice(top, min(top + rows, height)) for top in range(0, height, rows))


def _open(path: Path) -> BinaryIO:
    try:
        if not path.exists():
            raise ChromanticError(f"{path}: no such file; check the path")
        if not path.is_file():
            raise ChromanticError(f"{path}: not a file; give a photo")
        if path.stat().st_size == 0:
            raise ChromanticError(f"{path}: the file is empty; get a fresh copy")
        return path.open("rb")
    except OSError as error:
        raise ChromanticError(f"{path}: cannot be opened ({error.strerror}); check its permissions") from error


def _from_array(array: np.ndarray) -> Photo:
    pixels = array[..., None] if array.ndim == 2 else array
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3, 4) or pixels.size == 0:
        raise ChromanticError(f"array: shape {array.shape}; give height width or height width 1, 3 or 4")
    _check_pixels(pixels.shape[1], pixels.shape[0], "array")
    if np.issubdtype(pixels.dtype, np.floating):
        pixels = pixels.astype(np.float32)
        if not (pixels.min() >= 0 and pixels.max() <= 1):  # NaN fails too
            raise ChromanticError("array: values outside [0, 1] or not numbers; scale them to [0, 1]")
    elif pixels.dtype not in (np.uint8, np.uint16):
        raise ChromanticError(f"array: type {pixels.dtype}; give uint8, uint16 or floats in [0, 1]")
    if pixels.shape[2] < 4:
        return Photo(pixels)
    photo = Photo(pixels[..., :3])
    return replace(photo, alpha=np.rint(pixels[..., 3] / photo.white * 255).astype(np.uint8))


def _from_image(image: Image.Image, name: str, source: Path | None) -> Photo:
    _check_pixels(image.width, image.height, name)
    try:
        with _unlimited_pillow():
            image.load()
        pixels, alpha = _decode(image)
    except MemoryError:
        raise
    except Exception as error:  # as above: broken data raise OSError, SyntaxError, struct.error, zlib.error ...
        raise ChromanticError(f"{name}: damaged or truncated ({_one_line(error)}); get a fresh copy") from error
    if pixels.dtype in (np.uint8, np.uint16):
        return Photo(pixels, alpha, source)
    if pixels.dtype == np.int32 and pixels.min() >= 0 and pixels.max() <= 65535:
        return Photo(pixels.astype(np.uint16), alpha, source)
    if pixels.dtype == np.float32 and pixels.min() >= 0 and pixels.max() <= 1:
        return Photo(pixels, alpha, source)
    raise ChromanticError(f"{name}: {pixels.dtype} values outside the range of a photo; save it with 8 or 16 bits")


def _decode(image: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
    white_is_zero = getattr(image, "tag_v2", {}).get(_TIFF_PHOTOMETRIC) == 0
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):
        levels = np.asarray(image).astype(np.uint16)[..., None]
        return (np.iinfo(np.uint16).max - levels if white_is_zero else levels), None  # Pillow inverts 8 bits, not 16
    if image.mode in ("I", "F"):
        return np.array(image)[..., None], None
    alpha = np.array(image.convert("RGBA").getchannel("A")) if image.has_transparency_data else None
    profile = image.info.get("icc_profile")
    image = image.convert("L" if image.mode in _GREY_MODES else "CMYK" if image.mode == "CMYK" else "RGB")
    if profile:
        image = _to_srgb(image, profile)
    pixels = np.array(image.convert("RGB") if image.mode == "CMYK" else image)
    return (pixels[..., None] if pixels.ndim == 2 else pixels), alpha


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Converts from an embedded profile; one that is broken or of another colour space than its pixels is ignored."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image
    return image if converted is None else converted


def _check_pixels(width: int, height: int, name: str) -> None:
    if width * height > MAX_PIXELS:
        raise ChromanticError(f"{name}: {width} x {height} is more than 1 gigapixel; make the photo smaller")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


@contextmanager
def _unlimited_pillow() -> Iterator[None]:
    """Lifts Pillow's own pixel limit, which is far below ours and the same for all threads."""
    with _pillow_limit:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit
