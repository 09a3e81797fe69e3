"""Metadata of photos and of results, whatever file they are in."""

import logging
from dataclasses import dataclass, field, replace
from typing import BinaryIO

import chromantic
from chromantic.photo.metadata import exif as exif_fields
from chromantic.photo.metadata import iptc, jpeg, png, text, webp
from chromantic.photo.metadata import xmp as xmp_properties
from chromantic.photo.metadata.blobs import Blobs
from chromantic.photo.metadata.exif import Exif
from chromantic.photo.metadata.text import Text
from chromantic.photo.metadata.tiff import Field
from chromantic.photo.metadata.xmp import Xmp
from chromantic.photo.seal import sealed

MILLIMETRES_PER_INCH = 25.4

_USUAL_RESOLUTION = 72 / MILLIMETRES_PER_INCH  # where the photo's file states none
_LEAST, _MOST = 1e-2, 1e5  # pixels per millimetre that are no mistake
_READERS = {"jpeg": jpeg.read_jpeg, "png": png.read_png, "webp": webp.read_webp}
_MEDIA_TYPES = {"png": "image/png", "tiff": "image/tiff", "webp": "image/webp", "jpeg": "image/jpeg"}
_OF_THE_FILE = {"Software", "date:create", "date:modify", "date:timestamp"}  # keywords of PNG's texts
_BYTE, _UNDEFINED = 1, 7  # types of fields
_log = logging.getLogger("chromantic.photo.metadata")


@dataclass(frozen=True, eq=False)
class Metadata:
    """What a file says of its photo.

    Attributes:
        exif: Fields that hold for a result.
        xmp: Properties.
        iptc: IPTC-IIM records; None where there are none.
        comments: Of a JPEG or GIF file.
        chunks: Types and data of a PNG file's texts.
        resolution: Pixels per millimetre across and down; None where the file says nothing of it.
        turned: Whether the photo's pixels were stored in another direction.
    """

    exif: Exif = field(default_factory=Exif)
    xmp: Xmp = field(default_factory=Xmp)
    iptc: bytes | None = None
    comments: tuple[bytes, ...] = ()
    chunks: tuple[tuple[bytes, bytes], ...] = ()
    resolution: tuple[float, float] | None = None
    turned: bool = False

    @property
    def resolution_or_usual(self) -> tuple[float, float]:
        """Pixels per millimetre across and down; 72 an inch where the file says nothing of it."""
        return self.resolution or (_USUAL_RESOLUTION, _USUAL_RESOLUTION)

    @property
    def chunk_texts(self) -> list[Text]:
        """Keywords and texts of the chunks."""
        parts = (text.read_chunk(*chunk) for chunk in self.chunks)
        return [Text(keyword.decode("latin-1"), content.decode(code, "replace")) for keyword, content, code in parts]


@dataclass(frozen=True)
class Provenance:
    """How a result was made.

    Attributes:
        model: Name and fingerprint of the weights.
        options: Seed, temperature and the like, by name.
    """

    model: str
    options: dict[str, object]

    @property
    def parameters(self) -> str:
        """The model and the options in one line."""
        return "; ".join(f"{name}={value}" for name, value in {"model": self.model, **self.options}.items())


def read_metadata(
    kind: str, file: BinaryIO, name: str, resolution: tuple[float, float] | None = None, orientation: int = 1
) -> Metadata:
    """Reads the metadata of a JPEG, PNG, TIFF or WebP file. Broken ones are left out, with warnings in the log.

    Args:
        kind: `jpeg`, `png`, `tiff` or `webp`.
        file: From its start.
        name: Of the file, for warnings.
        resolution: Pixels per millimetre across and down as they are stored; None leaves it to EXIF.
        orientation: Of the pixels, as EXIF numbers them.
    """
    problems: list[str] = []
    if kind != "tiff":
        return _metadata_of(_READERS[kind](file, problems), name, problems, resolution, orientation)
    exif, fields = exif_fields.read_exif(file, problems)
    blobs = {tag: field.data for tag, field in fields.items()}
    records = blobs.get(exif_fields.IPTC)
    records = iptc.from_tiff(records) if records else iptc.from_resources(blobs.get(exif_fields.PHOTOSHOP, b""))
    packet = Blobs(xmp=blobs.get(exif_fields.XMP), iptc=records)
    return _metadata_of(packet, name, problems, resolution, orientation, exif)


def metadata_of(
    blobs: Blobs, name: str, resolution: tuple[float, float] | None = None, orientation: int = 1
) -> Metadata:
    """What the blobs of any file say. Broken ones are left out, with warnings in the log.

    Args:
        blobs: Of the file.
        name: Of the file, for warnings.
        resolution: As `read_metadata` takes it.
        orientation: As `read_metadata` takes it.
    """
    return _metadata_of(blobs, name, [], resolution, orientation)


def _metadata_of(
    blobs: Blobs,
    name: str,
    problems: list[str],
    resolution: tuple[float, float] | None,
    orientation: int,
    exif: Exif | None = None,
) -> Metadata:
    if exif is None:
        block = (blobs.exif or b"").removeprefix(b"Exif\0\0")
        exif = exif_fields.read_exif(block, problems)[0] if block else Exif()
    xmp = xmp_properties.read_xmp(blobs.xmp, blobs.extended, problems)
    chunks = tuple(chunk for chunk in blobs.chunks if text.read_chunk(*chunk)[0].decode("latin-1") not in _OF_THE_FILE)
    for problem in dict.fromkeys(problems):
        _log.warning("%s: %s", name, problem)
    resolution = resolution or exif.resolution
    if resolution and not all(_LEAST < dots < _MOST for dots in resolution):
        resolution = None
    if resolution and orientation > 4:  # by a quarter
        resolution = resolution[::-1]
    return Metadata(exif, xmp, blobs.iptc, blobs.comments, chunks, resolution, orientation > 1)


def embed(
    format: str,
    encoded: BinaryIO,
    target: BinaryIO,
    metadata: Metadata,
    provenance: Provenance,
    size: tuple[int, int],
    name: str,
) -> None:
    """Copies a result's file with the metadata that hold for it, and its origin.

    Args:
        format: A key of `FORMATS`.
        encoded: The file, without metadata, from its start.
        target: Takes the copy; of a TIFF file, which is completed in place, the file itself.
        metadata: Of the photo.
        provenance: How the result was made.
        size: Of the result, width and height in pixels.
        name: Of the result, for the warning that a format has no room for a field.
    """
    software = f"Chromantic {chromantic.__version__}"
    dots = metadata.resolution_or_usual
    inch = (dots[0] * MILLIMETRES_PER_INCH, dots[1] * MILLIMETRES_PER_INCH)
    exif = exif_fields.of_result(metadata.exif, software, size, inch, metadata.turned)
    xmp = _xmp_of_result(metadata, provenance, software, size, _MEDIA_TYPES[format])
    if format == "tiff":
        fields = {exif_fields.XMP: Field(_BYTE, xmp_properties.xmp_packet(xmp))}
        fields |= {exif_fields.IPTC: Field(_UNDEFINED, metadata.iptc)} if metadata.iptc else {}
        exif_fields.add_to_tiff(encoded, exif, fields)
    elif format == "jpeg":
        block, dropped = exif_fields.exif_block(exif, jpeg.EXIF_LIMIT)
        if dropped:
            _log.warning("%s: JPEG has no room for the EXIF fields %s; write TIFF or PNG", name, _listed(dropped))
        packet, extended, guid = xmp_properties.split_packet(xmp, jpeg.XMP_LIMIT)
        comments = tuple(each.text.encode() for each in metadata.chunk_texts if each.keyword == text.COMMENT)
        jpeg.embed_in_jpeg(
            encoded, target, Blobs(block, packet, extended, metadata.iptc, metadata.comments + comments), guid
        )
    else:
        blobs = Blobs(exif_fields.exif_block(exif)[0], xmp_properties.xmp_packet(xmp), None, metadata.iptc)
        if format == "webp":
            webp.embed_in_webp(encoded, target, blobs)
        else:
            chunks = tuple(text.chunk_of(text.COMMENT, text.decoded(each)) for each in metadata.comments)
            png.embed_in_png(encoded, target, replace(blobs, chunks=metadata.chunks + chunks), dots)


def sidecar_of_result(
    packet: bytes, metadata: Metadata, provenance: Provenance, size: tuple[int, int], format: str
) -> bytes | None:
    """What an XMP file beside a photo says of the result, sealed; None where it is broken.

    Args:
        packet: The content of the XMP file.
        metadata: Of the photo.
        provenance: How the result was made.
        size: Of the result, width and height in pixels.
        format: Of the result, a key of `FORMATS`.
    """
    problems: list[str] = []
    beside = Metadata(xmp=xmp_properties.read_xmp(packet, None, problems), turned=metadata.turned)
    software = f"Chromantic {chromantic.__version__}"
    xmp = _xmp_of_result(beside, provenance, software, size, _MEDIA_TYPES[format])
    return None if problems else sealed(xmp_properties.xmp_packet(xmp))


def _xmp_of_result(
    metadata: Metadata, provenance: Provenance, software: str, size: tuple[int, int], media_type: str
) -> Xmp:
    width, height = map(str, size)
    values = {
        "tiff:ImageWidth": width,
        "tiff:ImageLength": height,
        "exif:PixelXDimension": width,
        "exif:PixelYDimension": height,
        "dc:format": media_type,
    }
    xmp = xmp_properties.of_result(metadata.xmp, values, metadata.turned, provenance.parameters, software)
    texts = [Text(text.COMMENT, text.decoded(comment)) for comment in metadata.comments] + metadata.chunk_texts
    for more in (iptc.as_xmp(metadata.iptc) if metadata.iptc else {}, text.as_xmp(texts)):
        xmp = xmp_properties.with_missing(xmp, more)
    return xmp


def _listed(tags: list[int]) -> str:
    return ", ".join(map(str, tags[:5])) + (" ..." if len(tags) > 5 else "")
