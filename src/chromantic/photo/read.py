"""Decodes files, images and arrays.

libvips reads JPEG, PNG, TIFF, WebP and AVIF, at any depth and size. Two extras read what few need: pi-heif HEIC, in a
process of its own, and openjpeg JPEG 2000 in colours of more than 8 bits. Pillow reads what is left.
"""

import logging
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyvips
from PIL import ExifTags, Image, ImageOps

from chromantic.errors import ChromanticError
from chromantic.parallel import check_process
from chromantic.photo.header import (
    HEAD,
    PhotoFile,
    Source,
    UnknownKindError,
    check_support,
    damaged,
    kind_of,
    one_line,
    open_in_pillow,
    orientation_of,
)
from chromantic.photo.heif import read_heif
from chromantic.photo.metadata import MILLIMETRES_PER_INCH, Blobs, Metadata, metadata_of, read_metadata
from chromantic.photo.photo import Photo, check_pixels
from chromantic.photo.profile import to_srgb

IN_MEMORY_PIXELS = 1 << 26
"""Photos with more pixels are decoded to a temporary file and mapped."""

_SPACES = {"L": "b-w", "LA": "b-w", "RGB": "srgb", "RGBA": "srgb", "CMYK": "cmyk"}  # of Pillow's modes
_HEIC_MODES = {"LA": "LA", "RGB": "RGB", "RGBA": "RGBA", "RGB;16": "RGB", "RGBA;16": "RGBA"}  # else grey
_GREY_MODES = {"1", "L", "LA"}
_JPEG2000_SIZES = b"\xff\x4f\xff\x51"  # starts the stream: where channels and their bits are described
_TIFF_PHOTOMETRIC = 262  # tag PhotometricInterpretation; 0: white is zero
_log = logging.getLogger(__name__)

logging.getLogger("pyvips").setLevel(logging.ERROR)  # its warnings name no file
pyvips.cache_set_max(0)  # every photo is read once; libvips would keep the last hundred operations alive


def read_photo(photo: PhotoFile | Image.Image | np.ndarray | Photo, name: str = "photo") -> Photo:
    """Reads a photograph at its own depth, applies its EXIF orientation and converts its ICC profile to sRGB.

    Of several frames or pages the first is read, with a warning in the log.

    Args:
        photo: A path, the content of a file, or an open one, which is read to its end; a Pillow image; or an
            sRGB-encoded array, height width or height width 1, 3 or 4 (the last: opacity) of uint8, uint16, or floats
            in [0, 1]; or a photo that has been read, which comes back.
        name: What messages call a photo that has no path.

    Raises:
        UnknownKindError: The file is no picture, or of a kind that needs what is not installed.
        ChromanticError: The file is missing, empty, damaged or above `MAX_PIXELS`; the array has another shape, type
            or range.
    """
    if isinstance(photo, Photo):
        return photo
    if isinstance(photo, np.ndarray):
        return _from_array(photo)
    if isinstance(photo, Image.Image):
        return _from_image(photo, "image", None)
    check_process()
    source = Source(photo, name)
    with source.open() as file:
        kind = kind_of(file.read(HEAD))
        if kind is None:
            return _from_image(open_in_pillow(file, source.name), source.name, source)
    check_support(kind, source.name)
    return _from_heif(source) if kind == "heic" else _from_vips(kind, source)


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


def _from_vips(kind: str, source: Source) -> Photo:
    try:
        image = source.open_in_vips(kind, access="sequential")
        check_pixels(image.width, image.height, source.name)
        metadata = _vips_metadata(image, kind, source)
        pages = image.get("n-pages") if image.get_typeof("n-pages") else 1
        if orientation_of(image) > 1:
            image = source.open_in_vips(kind).autorot()  # turning needs rows in any order
        photo = _from_bands(image, source.path, source.name, kind, metadata)
    except pyvips.Error as error:
        raise damaged(source.name, one_line(error)) from error
    if pages > 1:
        _log.warning("%s: has %d pages or frames; the first is taken", source.name, pages)
    return photo


def _vips_metadata(image: pyvips.Image, kind: str, source: Source) -> Metadata:
    orientation = orientation_of(image)
    stated = image.get_typeof("resolution-unit") or (image.xres, image.yres) != (1, 1)  # 1: libvips knows none
    resolution = (
        (image.xres, image.yres) if stated and kind != "webp" else None
    )  # of which libvips knows less than EXIF
    if kind != "avif":
        with source.open() as file:
            return read_metadata(kind, file, source.name, resolution, orientation)
    exif, xmp = (bytes(image.get(each)) if image.get_typeof(each) else None for each in ("exif-data", "xmp-data"))
    return metadata_of(Blobs(exif, xmp), source.name, resolution, orientation)


def _from_heif(source: Source) -> Photo:
    heif = read_heif(source)
    try:
        image = _to_vips(heif.pixels, _HEIC_MODES.get(heif.mode, "L"), heif.profile)
    except ValueError as error:
        raise damaged(source.name, one_line(error)) from error
    metadata = metadata_of(Blobs(heif.exif, heif.xmp), source.name)
    return _from_bands(image, source.path, source.name, "heic", metadata)


def _from_image(image: Image.Image, name: str, source: Source | None) -> Photo:
    check_pixels(image.width, image.height, name)
    try:
        image.load()
        if source and getattr(image, "n_frames", 1) > 1:
            _log.warning("%s: has %d pages or frames; the first is taken", name, image.n_frames)  # type: ignore[attr-defined]
        metadata = _pillow_metadata(image, name)
        deep = _deep_colours(image, source) if source and image.format == "JPEG2000" else None
        samples, mode = _array_of(ImageOps.exif_transpose(image)) if deep is None else (deep, image.mode)
        bands = _to_vips(samples, mode, image.info.get("icc_profile"))
    except (ChromanticError, MemoryError):
        raise
    except Exception as error:  # as above: broken data raise OSError, SyntaxError, struct.error, zlib.error ...
        raise damaged(name, one_line(error)) from error
    format = image.format.lower() if image.format else None
    return _from_bands(bands, source.path if source else None, name, format, metadata)


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


def _deep_colours(image: Image.Image, source: Source) -> np.ndarray | None:
    """Of a colour JPEG 2000 file with 9 to 16 bits, of which Pillow reads 8, all of them; None of another one.

    Raises:
        UnknownKindError: openjpeg is not installed.
    """
    if image.mode not in ("RGB", "RGBA"):
        return None
    with source.open() as file:
        sizes = file.read().partition(_JPEG2000_SIZES)[2]
    precision, signed = sizes[38] % 128 + 1, sizes[38] >= 128  # of the first channel
    if signed or not 8 < precision <= 16:
        return None
    if find_spec("openjpeg") is None:
        remedy = "save it as PNG or TIFF, or, in a clone of Chromantic, run pip install '.[jpeg2000]'"
        raise UnknownKindError(f"{source.name}: JPEG 2000 of {precision} bits needs pylibjpeg-openjpeg; {remedy}")
    from openjpeg.utils import decode, get_parameters

    with source.open() as file:
        if str(get_parameters(file)["colourspace"]) in ("YUV", "e-YCC", "CMYK"):
            return None
    with source.open() as file:
        levels: np.ndarray = np.rint(decode(file) * (65535 / (2**precision - 1))).astype(np.uint16)
    return levels


def _to_vips(array: np.ndarray, mode: str, profile: bytes | None) -> pyvips.Image:
    space = {"b-w": "grey16", "srgb": "rgb16"}.get(_SPACES[mode]) if array.dtype == np.uint16 else _SPACES[mode]
    image = pyvips.Image.new_from_array(np.ascontiguousarray(array)).copy(interpretation=space)
    if profile:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    return image


def _pillow_metadata(image: Image.Image, name: str) -> Metadata:
    dots = image.info.get("dpi")
    resolution = (dots[0] / MILLIMETRES_PER_INCH, dots[1] / MILLIMETRES_PER_INCH) if dots else None
    comment = image.info.get("comment")
    blobs = Blobs(
        _exif_of(image),
        image.info.get("xmp"),
        comments=(comment if isinstance(comment, bytes) else comment.encode(),) if comment else (),
    )
    orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    return metadata_of(blobs, name, resolution, orientation if orientation in range(1, 9) else 1)


def _exif_of(image: Image.Image) -> bytes | None:
    block: bytes | None = image.info.get("exif")
    if block is None and image.getexif():
        try:
            block = image.getexif().tobytes()
        except Exception:  # Pillow meets damaged fields with exceptions of every kind
            block = b"\0"  # broken, which a warning tells
    return block


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
        raise damaged(name, one_line(error)) from error
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
        samples: np.ndarray = image.numpy()
        return samples[..., None] if samples.ndim == 2 else samples
    with tempfile.TemporaryFile() as file:
        image.rawsave_target(pyvips.Target.new_to_descriptor(file.fileno()))
        type_of = pyvips.vimage.FORMAT_TO_TYPESTR[image.format]
        return np.memmap(file, type_of, mode="r", shape=(image.height, image.width, image.bands))
