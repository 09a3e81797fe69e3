"""Decodes files, images and arrays.

libvips reads JPEG, PNG, TIFF, WebP and AVIF, at any depth and size; pi-heif, where it is installed, HEIC, in a process
of its own; and Pillow what is left, but for JPEG 2000 in more than 8 bits a channel, which is openjpeg's.
"""

import logging
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyvips
from PIL import Image, ImageOps

from chromantic.errors import ChromanticError
from chromantic.parallel import check_process
from chromantic.photo.heif import read_heif
from chromantic.photo.metadata import (
    MILLIMETRES_PER_INCH,
    Metadata,
    kept_exif,
    read_exif,
    read_jpeg_iptc,
    read_tiff_exif,
)
from chromantic.photo.photo import Photo, check_pixels
from chromantic.photo.profile import to_srgb

IN_MEMORY_PIXELS = 1 << 26
"""Photos with more pixels are decoded to a temporary file and mapped."""

_LOADERS = {
    b"\xff\xd8\xff": "jpegload_source",
    b"\x89PNG\r\n\x1a\n": "pngload_source",
    b"II*\0": "tiffload_source",
    b"MM\0*": "tiffload_source",
    b"II+\0": "tiffload_source",
    b"MM\0+": "tiffload_source",
    b"RIFF": "webpload_source",
}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_SPACES = {"L": "b-w", "LA": "b-w", "RGB": "srgb", "RGBA": "srgb", "CMYK": "cmyk"}  # of Pillow's modes
_HEIC_MODES = {"LA": "LA", "RGB": "RGB", "RGBA": "RGBA", "RGB;16": "RGB", "RGBA;16": "RGBA"}  # else grey
_GREY_MODES = {"1", "L", "LA"}
_ORIENTATION = 274  # EXIF tag
_TIFF_PHOTOMETRIC = 262  # tag PhotometricInterpretation; 0: white is zero
_UNRECOGNIZED = "not a picture, or a damaged one; give a JPEG, PNG, TIFF or WebP"
_pillow_limit = threading.Lock()
_log = logging.getLogger(__name__)

logging.getLogger("pyvips").setLevel(logging.ERROR)  # its warnings name no file
pyvips.cache_set_max(0)  # every photo is read once; libvips would keep the last hundred operations alive


def read_photo(photo: str | os.PathLike[str] | Image.Image | np.ndarray | Photo) -> Photo:
    """Reads a photograph at its own depth, applies its EXIF orientation and converts its ICC profile to sRGB.

    Of several frames or pages the first is read, with a warning in the log.

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
    check_process()
    path = Path(photo)
    with _open(path) as file:
        head = file.read(32)
        loader = next((loader for magic, loader in _LOADERS.items() if head.startswith(magic)), None)
        if head[4:8] == b"ftyp" and b"avif" in head[8:]:
            loader = "heifload_source"
        if loader:
            return _from_vips(loader, path)
        if head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS:
            return _from_heif(path)
        try:
            file.seek(0)
            with _unlimited_pillow():
                image = Image.open(file)
        except Image.UnidentifiedImageError as error:
            raise ChromanticError(f"{path}: {_UNRECOGNIZED}") from error
        except Exception as error:  # Pillow's readers meet damaged headers with exceptions of every kind
            raise ChromanticError(f"{path}: cannot be opened ({_one_line(error)}); get a fresh copy") from error
        return _from_image(image, str(path), path)


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
    check_pixels(pixels.shape[1], pixels.shape[0], "array")
    if np.issubdtype(pixels.dtype, np.floating):
        pixels = pixels.astype(np.float32)
        if not (pixels.min() >= 0 and pixels.max() <= 1):  # NaN fails too
            raise ChromanticError("array: values outside [0, 1] or not numbers; scale them to [0, 1]")
    elif pixels.dtype not in (np.uint8, np.uint16):
        raise ChromanticError(f"array: type {pixels.dtype}; give uint8, uint16 or floats in [0, 1]")
    return Photo(pixels) if pixels.shape[2] < 4 else Photo(pixels[..., :3], pixels[..., 3])


def _from_vips(loader: str, path: Path) -> Photo:
    format = loader.partition("load")[0]
    try:
        image = _load(loader, path, access="sequential")
        check_pixels(image.width, image.height, str(path))
        metadata = _vips_metadata(image, path if format == "tiff" else None)
        pages = image.get("n-pages") if image.get_typeof("n-pages") else 1
        if _orientation(image) > 1:
            image = _load(loader, path).autorot()  # turning needs rows in any order
        photo = _from_bands(image, path, str(path), "avif" if format == "heif" else format, metadata)
    except pyvips.Error as error:
        raise _damaged(str(path), error) from error
    if pages > 1:
        _log.warning("%s: has %d pages or frames; the first is taken", path, pages)
    return photo


def _load(loader: str, path: Path, **options: object) -> pyvips.Image:
    with path.open("rb") as file:
        source = pyvips.Source.new_from_descriptor(file.fileno())  # not by name: libvips reads options in names
        return pyvips.Operation.call(loader, source, fail_on="error", **options)


def _vips_metadata(image: pyvips.Image, tiff: Path | None) -> Metadata:
    def blob(name: str) -> bytes | None:
        return bytes(image.get(name)) if image.get_typeof(name) else None

    block = blob("exif-data")
    exif = read_exif(block) if block else None
    if tiff:
        with tiff.open("rb") as file:
            exif = read_tiff_exif(file)
    stated = image.get_typeof("resolution-unit") or (image.xres, image.yres) != (1, 1)  # 1: libvips knows none
    resolution = _turned((image.xres, image.yres), _orientation(image)) if stated else None
    iptc = blob("iptc-data")
    if iptc and not tiff:
        iptc = read_jpeg_iptc(iptc)
    return Metadata(exif, blob("xmp-data"), iptc, resolution)


def _orientation(image: pyvips.Image) -> int:
    return image.get("orientation") if image.get_typeof("orientation") else 1


def _turned(resolution: tuple[float, float], orientation: int) -> tuple[float, float]:
    return resolution[::-1] if orientation > 4 else resolution  # from 5 on EXIF swaps width and height


def _from_heif(path: Path) -> Photo:
    heif = read_heif(path)
    try:
        image = _to_vips(heif.pixels, _HEIC_MODES.get(heif.mode, "L"), heif.profile)
    except ValueError as error:
        raise _damaged(str(path), error) from error
    return _from_bands(image, path, str(path), "heic", Metadata(read_exif(heif.exif) if heif.exif else None, heif.xmp))


def _from_image(image: Image.Image, name: str, source: Path | None) -> Photo:
    check_pixels(image.width, image.height, name)
    try:
        with _unlimited_pillow():
            image.load()
        if source and getattr(image, "n_frames", 1) > 1:
            _log.warning("%s: has %d pages or frames; the first is taken", name, image.n_frames)  # type: ignore[attr-defined]
        metadata = _pillow_metadata(image)
        deep = _deep_colours(image, source) if source and image.format == "JPEG2000" else None
        samples, mode = _array_of(ImageOps.exif_transpose(image)) if deep is None else (deep, image.mode)
        bands = _to_vips(samples, mode, image.info.get("icc_profile"))
    except MemoryError:
        raise
    except Exception as error:  # as above: broken data raise OSError, SyntaxError, struct.error, zlib.error ...
        raise _damaged(name, error) from error
    return _from_bands(bands, source, name, image.format.lower() if image.format else None, metadata)


def _array_of(image: Image.Image) -> tuple[np.ndarray, str]:
    """Samples and the mode that they are in, one of `_SPACES` or one without a colour profile."""
    if image.mode.startswith("I;16"):
        levels = np.asarray(image).astype(np.uint16)
        white_is_zero = getattr(image, "tag_v2", {}).get(_TIFF_PHOTOMETRIC) == 0  # Pillow inverts 8 bits, not 16
        return (np.iinfo(np.uint16).max - levels if white_is_zero else levels), "L"
    if image.mode in ("I", "F"):
        return np.array(image), "L"
    mode = "L" if image.mode in _GREY_MODES else "CMYK" if image.mode == "CMYK" else "RGB"
    if image.has_transparency_data:
        mode = "LA" if mode == "L" else "RGBA"
    return np.array(image.convert(mode)), mode


def _deep_colours(image: Image.Image, source: Path) -> np.ndarray | None:
    """Of a colour JPEG 2000 file with 9 to 16 bits, of which Pillow reads 8, all of them; None of another one."""
    if image.mode not in ("RGB", "RGBA"):
        return None
    import openjpeg  # here: nothing else needs it

    stated = openjpeg.get_parameters(source)
    white = 2 ** int(stated["precision"]) - 1
    if not 255 < white < 1 << 16 or stated["is_signed"] or stated["colourspace"] in ("YUV", "e-YCC", "CMYK"):
        return None
    return np.rint(openjpeg.decode(source) * (65535 / white)).astype(np.uint16)


def _to_vips(array: np.ndarray, mode: str, profile: bytes | None) -> pyvips.Image:
    space = {"b-w": "grey16", "srgb": "rgb16"}.get(_SPACES[mode]) if array.dtype == np.uint16 else _SPACES[mode]
    image = pyvips.Image.new_from_array(np.ascontiguousarray(array)).copy(interpretation=space)
    if profile:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    return image


def _pillow_metadata(image: Image.Image) -> Metadata:
    dpi = image.info.get("dpi")
    exif, resolution = image.getexif(), None
    if dpi:
        resolution = _turned((dpi[0] / MILLIMETRES_PER_INCH, dpi[1] / MILLIMETRES_PER_INCH), exif.get(_ORIENTATION, 1))
    return Metadata(kept_exif(exif), image.info.get("xmp"), None, resolution)


def _from_bands(
    image: pyvips.Image,
    source: Path | None,
    name: str,
    format: str | None,
    metadata: Metadata,
) -> Photo:
    """Decodes an upright image of any depth and colour space."""
    depth = np.dtype({"uchar": np.uint8, "float": np.float32, "double": np.float32}.get(image.format, np.uint16))
    alpha = image.hasalpha()
    try:
        samples = _decoded(to_srgb(image, name))
    except pyvips.Error as error:
        raise _damaged(name, error) from error
    if samples.dtype not in (np.uint8, np.uint16):
        floats = samples.dtype.kind == "f"
        if not (samples.min() >= 0 and samples.max() <= (1 if floats else np.iinfo(np.uint16).max)):
            message = f"{samples.dtype} values outside the range of a photo; save it with 8 or 16 bits"
            raise ChromanticError(f"{name}: {message}")
        samples = samples.astype(np.float32 if floats else np.uint16, copy=False)
    pixels, opacity = (samples[..., :-1], samples[..., -1]) if alpha else (samples, None)
    return Photo(pixels, opacity, source, depth, metadata, format)


def _decoded(image: pyvips.Image) -> np.ndarray:
    """Height width bands; a large image is decoded row by row into a temporary file, which is mapped."""
    if image.width * image.height <= IN_MEMORY_PIXELS:
        samples = image.numpy()
        return samples[..., None] if samples.ndim == 2 else samples
    with tempfile.TemporaryFile() as file:
        image.rawsave_target(pyvips.Target.new_to_descriptor(file.fileno()))
        type_of = pyvips.vimage.FORMAT_TO_TYPESTR[image.format]
        return np.memmap(file, type_of, mode="r", shape=(image.height, image.width, image.bands))


def _damaged(name: str, error: Exception) -> ChromanticError:
    return ChromanticError(f"{name}: damaged or truncated ({_one_line(error)}); get a fresh copy")


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
