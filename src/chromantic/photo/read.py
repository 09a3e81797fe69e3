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
from chromantic.photo.bands import all_but_the_end, by_tone, clipped, depth_of, divided, least_bytes, with_samples
from chromantic.photo.frames import count_frames, png_chunks
from chromantic.photo.header import (
    HEAD,
    PhotoFile,
    Source,
    UnknownKindError,
    check_support,
    damaged,
    forget_complaints,
    kind_of,
    not_read,
    one_line,
    open_in_pillow,
    orientation_of,
    tiff_page,
)
from chromantic.photo.heif import read_heif
from chromantic.photo.metadata import MILLIMETRES_PER_INCH, Blobs, Metadata, metadata_of, read_metadata
from chromantic.photo.photo import Photo, check_pixels, white_of
from chromantic.photo.profile import to_srgb, warn_of_profile
from chromantic.photo.tiff import CIELAB, FLOAT, ICCLAB, ITULAB, MIN_IS_WHITE, PALETTE, Page
from chromantic.photo.tiff_samples import read_samples
from chromantic.photo.tones import exif_tone, heif_tone, png_tone, tiff_tone
from chromantic.photo.unread import unread_jpeg

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


def read_photo(
    photo: PhotoFile | Image.Image | np.ndarray | Photo, name: str = "photo", *, strict: bool = False
) -> Photo:
    """Reads a photograph at its own depth, applies its EXIF orientation and converts its ICC profile to sRGB.

    Of several frames or pages the first is read, with a warning in the log.

    Args:
        photo: A path, the content of a file, or an open one, which is read to its end; a Pillow image; or an
            sRGB-encoded array, height width or height width 1, 3 or 4 (the last: opacity) of uint8, uint16, or floats
            in [0, 1]; or a photo that has been read, which comes back.
        name: What messages call a photo that has no path.
        strict: Refuse a JPEG file that lacks its end. Else one is read, with a warning, that has nine of ten rows.

    Raises:
        UnknownKindError: The file is no picture, or of a kind that is not read here or needs what is not installed.
        ChromanticError: The file is missing, empty, damaged, above `MAX_PIXELS` or claims more pixels than its bytes
            can hold; the array has another shape, type or range.
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
    page = tiff_page(source) if kind == "tiff" else None
    if page and not page.by_libvips:
        return _from_page(source, page)
    return _from_heif(source) if kind == "heic" else _from_vips(kind, source, page, strict)


def _from_array(array: np.ndarray) -> Photo:
    pixels = array[..., None] if array.ndim == 2 else array
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3, 4) or pixels.size == 0:
        raise ChromanticError(f"array: shape {array.shape}; give height width or height width 1, 3 or 4")
    check_pixels(pixels.shape[1], pixels.shape[0], "array")
    if np.issubdtype(pixels.dtype, np.floating):
        pixels = clipped(pixels.astype(np.float32), "array")
    elif pixels.dtype not in (np.uint8, np.uint16):
        raise ChromanticError(f"array: type {pixels.dtype}; give uint8, uint16 or floats in [0, 1]")
    return Photo(pixels) if pixels.shape[2] < 4 else Photo(pixels[..., :3], pixels[..., 3])


def _from_vips(kind: str, source: Source, page: Page | None, strict: bool) -> Photo:
    metadata: Metadata | None = None
    size = source.size

    def attempt(**options: object) -> Photo:
        nonlocal metadata
        image = source.open_in_vips(kind, access="sequential", **options)
        check_pixels(image.width, image.height, source.name, size if kind in ("avif", "webp") else None)
        if least_bytes(kind, page, image) > size:
            raise damaged(source.name, f"{image.width} x {image.height} pixels in too few bytes")
        metadata = metadata or _vips_metadata(image, kind, source)  # whose warnings come once
        with source.open() as file:
            frames = count_frames(kind, file, image)
        if orientation_of(image) > 1 or options:
            image = source.open_in_vips(kind, **options)  # turning needs rows in any order
            if options:
                image = all_but_the_end(image.copy_memory(), source.name)
            image = image.autorot()
        depth = depth_of(image)
        image = _told_tones(kind, source, page, _wanted_bands(image, page, source.name), metadata)
        photo = _from_bands(image, source.path, source.name, kind, metadata, depth)
        _warn_of_frames(frames, source.name)
        return photo

    try:
        try:
            return attempt()
        except pyvips.Error as error:
            if kind != "jpeg":
                raise
            with source.open() as file:
                if what := unread_jpeg(file):
                    raise not_read(source.name, what) from error
            if "premature end" not in str(error) or strict:
                raise
            return attempt(fail_on="none")
    except pyvips.Error as error:
        raise damaged(source.name, one_line(error)) from error
    finally:
        forget_complaints()


def _wanted_bands(image: pyvips.Image, page: Page | None, name: str) -> pyvips.Image:
    """The colours and opacity of an image that libvips read from a TIFF file."""
    if not (page and page.extra):
        return image
    colours = 3 if page.photometric == PALETTE else page.colours
    kept = image[:colours]
    if page.opacity is not None:
        kept = kept.bandjoin(image[colours + page.opacity - page.colours])
    _warn_of_channels(page, name)
    return kept.copy(interpretation={1: "b-w", 3: "srgb", 4: "cmyk"}[colours]) if image.format == "uchar" else kept


def _warn_of_channels(page: Page, name: str) -> None:
    if spare := len(page.extra) - (page.opacity is not None):
        _log.warning("%s: has channels besides its colours that are no opacity; left out: %d", name, spare)


def _warn_of_frames(frames: int, name: str) -> None:
    if frames > 1:
        _log.warning("%s: has %d pages or frames; the first is taken", name, frames)


def _told_tones(kind: str, source: Source, page: Page | None, image: pyvips.Image, metadata: Metadata) -> pyvips.Image:
    """An image with the profile that says what the file says elsewhere of its tones."""
    profiled, tone, stated = bool(image.get_typeof("icc-profile-data")), None, False
    if image.interpretation in ("cmyk", "lab", "labs", "xyz"):
        return image
    with source.open() as file:
        if kind == "png":
            chunks = png_chunks(file)
            stated = b"iCCP" in chunks
            first = b"cICP" in chunks
            tone = png_tone(chunks) if first or not stated else None
            if first and profiled:
                image, profiled = image.copy(), False
                image.remove("icc-profile-data")
        elif kind in ("avif", "heic") and not profiled:
            tone = heif_tone(file.read(1 << 20))
    if stated and not profiled and not tone and b"cICP" not in chunks:
        warn_of_profile(source.name)
    if profiled:
        return image
    if page:
        tone = tiff_tone(page)
    elif kind in ("jpeg", "webp"):
        tone = exif_tone(metadata.exif)
    if tone is None:
        return image
    if tone.hdr:
        _log.warning("%s: is HDR; what is lighter than its reference white becomes white", source.name)
    return by_tone(image, tone)


def _from_page(source: Source, page: Page) -> Photo:
    """Decodes a TIFF file that libvips does not read as it is meant."""
    check_pixels(*page.size, source.name)
    try:
        with source.open() as file:
            samples = read_samples(file, page, IN_MEMORY_PIXELS)
            metadata = read_metadata("tiff", file, source.name, orientation=page.orientation)
        lab = page.photometric in (CIELAB, ICCLAB, ITULAB)
        space = "lab" if lab else {1: "b-w", 3: "srgb", 4: "cmyk"}[page.colours]
        depths = {np.dtype(np.uint16): {"b-w": "grey16", "srgb": "rgb16"}}
        image = pyvips.Image.new_from_array(samples)
        image = image.copy(interpretation=depths.get(samples.dtype, {}).get(space, space))
        image.set_type(pyvips.GValue.gint_type, "orientation", page.orientation)
        if profile := page.blob(34675):
            image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
        if page.premultiplied:
            image = divided(image, 255 if lab else white_of(samples.dtype), page.photometric == MIN_IS_WHITE)
        image = _told_tones("tiff", source, page, image.autorot(), metadata)
        depth = np.dtype(np.uint8 if page.bits <= 8 else np.uint16) if lab and page.kind != FLOAT else samples.dtype
        photo = _from_bands(image, source.path, source.name, "tiff", metadata, depth)
    except (pyvips.Error, OSError, ValueError, OverflowError, MemoryError) as error:
        raise damaged(source.name, one_line(error)) from error
    _warn_of_channels(page, source.name)
    _warn_of_frames(page.pages, source.name)
    return photo


def _vips_metadata(image: pyvips.Image, kind: str, source: Source) -> Metadata:
    orientation = orientation_of(image)
    stated = image.get_typeof("resolution-unit") or (image.xres, image.yres) != (1, 1)  # 1: libvips knows none
    of_libvips = stated and kind not in ("tiff", "webp")  # of which libvips knows less than EXIF
    resolution = (image.xres, image.yres) if of_libvips else None
    if kind != "avif":
        with source.open() as file:
            return read_metadata(kind, file, source.name, resolution, orientation)
    exif, xmp = (bytes(image.get(each)) if image.get_typeof(each) else None for each in ("exif-data", "xmp-data"))
    return metadata_of(Blobs(exif, xmp), source.name, resolution, orientation)


def _from_heif(source: Source) -> Photo:
    heif = read_heif(source)
    metadata = metadata_of(Blobs(heif.exif, heif.xmp), source.name)
    try:
        image = _to_vips(heif.pixels, _HEIC_MODES.get(heif.mode, "L"), heif.profile)
        depth = depth_of(image)
        image = _told_tones("heic", source, None, image, metadata)
        photo = _from_bands(image, source.path, source.name, "heic", metadata, depth)
    except (ValueError, pyvips.Error) as error:
        raise damaged(source.name, one_line(error)) from error
    _warn_of_frames(heif.frames, source.name)
    return photo


def _from_image(image: Image.Image, name: str, source: Source | None) -> Photo:
    check_pixels(image.width, image.height, name, source.size if source else None)
    try:
        image.load()
        if source:
            _warn_of_frames(getattr(image, "n_frames", 1), name)
        metadata = _pillow_metadata(image, name)
        deep = _deep_colours(image, source) if source and image.format == "JPEG2000" else None
        samples, mode = _array_of(ImageOps.exif_transpose(image)) if deep is None else (deep, image.mode)
        bands = _to_vips(samples, mode, image.info.get("icc_profile"))
        format = image.format.lower() if image.format else None
        return _from_bands(bands, source.path if source else None, name, format, metadata)
    except (ChromanticError, MemoryError):
        raise
    except Exception as error:  # as above: broken data raise OSError, SyntaxError, struct.error, zlib.error ...
        raise damaged(name, one_line(error)) from error


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
    depth: np.dtype | None = None,
) -> Photo:
    """Decodes an upright image of any depth and colour space.

    Raises:
        ChromanticError: Its samples are outside the range of a photo.
        pyvips.Error: It is damaged.
    """
    depth = depth or depth_of(image)
    alpha = image.hasalpha()
    if image.format in ("float", "double") and image.interpretation not in ("lab", "xyz"):
        image = with_samples(image, clipped(decoded(image).astype(np.float32, copy=False), name))
    samples = decoded(to_srgb(image, name))
    if samples.dtype not in (np.uint8, np.uint16, np.float32):
        if not (samples.min() >= 0 and samples.max() <= np.iinfo(np.uint16).max):
            message = f"{samples.dtype} values outside the range of a photo; save it with 8 or 16 bits"
            raise ChromanticError(f"{name}: {message}")
        samples = samples.astype(np.uint16, copy=False)
    pixels, opacity = (samples[..., :-1], samples[..., -1]) if alpha else (samples, None)
    return Photo(pixels, opacity, source, depth, metadata, format)


def decoded(image: pyvips.Image) -> np.ndarray:
    """Height width bands; a large image is decoded row by row into a temporary file, which is mapped."""
    if image.width * image.height <= IN_MEMORY_PIXELS:
        samples: np.ndarray = image.numpy()
        return samples.reshape(image.height, image.width, image.bands)  # which pyvips leaves out where they are 1
    with tempfile.TemporaryFile() as file:
        image.rawsave_target(pyvips.Target.new_to_descriptor(file.fileno()))
        type_of = pyvips.vimage.FORMAT_TO_TYPESTR[image.format]
        return np.memmap(file, type_of, mode="r", shape=(image.height, image.width, image.bands))
