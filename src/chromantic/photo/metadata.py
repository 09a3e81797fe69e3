"""What a file says of its photo besides pixels: read, kept for the results, and completed with their origin.

Kept: the descriptive EXIF fields with their Exif and GPS directories, XMP, IPTC-IIM and the resolution. Dropped: what
describes the old file (its layout, thumbnail, orientation and colour profile).
"""

import logging
import re
import struct
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import IO, Any

from PIL import ExifTags, Image, TiffTags
from PIL.TiffImagePlugin import ImageFileDirectory_v2

import chromantic

ENHANCED = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced"
"""IPTC's digital source type of a photograph that an algorithm has added to."""
MILLIMETRES_PER_INCH = 25.4

_SOFTWARE = ExifTags.Base.Software
_DIRECTORIES = (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)
_SRGB = 1  # of the field ColorSpace
_EXIF_FIELDS = {
    ExifTags.Base.DocumentName, ExifTags.Base.ImageDescription, ExifTags.Base.Make, ExifTags.Base.Model,
    ExifTags.Base.PageName, ExifTags.Base.Software, ExifTags.Base.DateTime, ExifTags.Base.Artist,
    ExifTags.Base.HostComputer, ExifTags.Base.Rating, ExifTags.Base.RatingPercent, ExifTags.Base.Copyright,
    ExifTags.Base.XPTitle, ExifTags.Base.XPComment, ExifTags.Base.XPAuthor, ExifTags.Base.XPKeywords,
    ExifTags.Base.XPSubject,
}  # fmt: skip
_ENTRY_TYPES = {3: "H", 4: "L", 16: "Q"}  # of TIFF: SHORT, LONG, LONG8
_STRIP_OFFSETS = 273
_IPTC = 33723
_PHOTOSHOP = b"Photoshop 3.0\0"  # starts the segment of a JPEG file that holds image resources
_IPTC_RESOURCE = struct.pack(">4sHH", b"8BIM", 0x0404, 0)  # of which IPTC's is one, without a name
_NAMESPACES = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "stEvt": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
}
_log = logging.getLogger(__name__)
for _prefix, _uri in _NAMESPACES.items():
    ET.register_namespace(_prefix, _uri)


@dataclass(frozen=True, eq=False)
class Metadata:
    """What a file says of its photo.

    Attributes:
        exif: The fields that are kept; None where there are none.
        xmp: An XMP packet; None where there is none.
        iptc: IPTC-IIM records, as TIFF holds them; None where there are none.
        resolution: Pixels per millimetre across and down; None where the file says nothing of it.
    """

    exif: Image.Exif | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    resolution: tuple[float, float] | None = None


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


def kept_exif(source: Image.Exif) -> Image.Exif | None:
    """The fields of an EXIF block that still hold for a result; broken fields are left out."""
    kept, empty = Image.Exif(), True
    for tag in _EXIF_FIELDS & set(source):
        if _can_be_written(tag, source[tag]):
            kept[tag], empty = source[tag], False
    for directory in _DIRECTORIES:
        fields = {tag: value for tag, value in source.get_ifd(directory).items() if _can_be_written(tag, value)}
        if directory == ExifTags.IFD.Exif:
            fields.pop(ExifTags.Base.ExifInteroperabilityOffset, None)
            if ExifTags.Base.ColorSpace in fields:
                fields[ExifTags.Base.ColorSpace] = _SRGB
        if fields:
            kept.get_ifd(directory).update(fields)
            empty = False
    return None if empty else kept


def read_exif(block: bytes) -> Image.Exif | None:
    """The kept fields of an EXIF block as JPEG, PNG and WebP files hold it; None if it is broken."""
    exif = Image.Exif()
    return _kept_or_none(lambda: exif.load(block), exif)


def read_jpeg_iptc(segment: bytes) -> bytes | None:
    """The IPTC-IIM records among the image resources of a JPEG file; None if there are none or they are broken."""
    place = len(_PHOTOSHOP)
    while segment.startswith(_PHOTOSHOP) and segment[place : place + 4] == b"8BIM" and place + 12 <= len(segment):
        name = segment[place + 6] // 2 * 2 + 2  # its length and the name, filled up to even
        start = place + 6 + name + 4
        size = int.from_bytes(segment[start - 4 : start], "big")
        if segment[place : place + 6] == _IPTC_RESOURCE[:6]:
            return segment[start : start + size]
        place = start + size + size % 2
    return None


def jpeg_iptc(records: bytes) -> bytes:
    """A segment of a JPEG file with IPTC-IIM records."""
    return _PHOTOSHOP + _IPTC_RESOURCE + struct.pack(">I", len(records)) + records + bytes(len(records) % 2)


def read_tiff_exif(file: IO[bytes]) -> Image.Exif | None:
    """The kept fields of a TIFF file, whose first directory is an EXIF block by its nature; None if it is broken."""
    head = _tiff_head(file)
    exif = Image.Exif()
    exif.endian = "<" if head.startswith(b"II") else ">"
    exif.bigtiff = _is_big(head)
    return _kept_or_none(lambda: exif.load_from_fp(file, ImageFileDirectory_v2(head).next), exif)


def exif_of_result(metadata: Metadata) -> Image.Exif:
    """The kept fields with the software that made the result."""
    exif = Image.Exif()
    if metadata.exif is not None:
        exif.load(metadata.exif.tobytes())
    exif[_SOFTWARE] = f"Chromantic {chromantic.__version__}"
    return exif


def xmp_of_result(packet: bytes | None, provenance: Provenance) -> bytes:
    """An XMP packet with the digital source type and an event of its history added. A broken packet is replaced."""
    try:
        root = _parse_xmp(packet) if packet else None
    except (ET.ParseError, ValueError, LookupError):
        _log.warning("an XMP packet is broken and was left out")
        root = None
    if root is None:
        root = ET.Element(_name("x", "xmpmeta"))
    rdf = root if root.tag == _name("rdf", "RDF") else root.find(_name("rdf", "RDF"))
    if rdf is None:
        rdf = ET.SubElement(root, _name("rdf", "RDF"))
    source_type = _name("Iptc4xmpExt", "DigitalSourceType")
    for description in rdf:
        description.attrib.pop(source_type, None)
        for former in description.findall(source_type):
            description.remove(former)
    added = ET.SubElement(rdf, _name("rdf", "Description"), {_name("rdf", "about"): _subject(rdf)})
    ET.SubElement(added, source_type).text = ENHANCED
    history = rdf.find(f"*/{_name('xmpMM', 'History')}/{_name('rdf', 'Seq')}")
    if history is None:
        history = ET.SubElement(ET.SubElement(added, _name("xmpMM", "History")), _name("rdf", "Seq"))
    event = ET.SubElement(history, _name("rdf", "li"), {_name("rdf", "parseType"): "Resource"})
    ET.SubElement(event, _name("stEvt", "action")).text = "colorized"
    ET.SubElement(event, _name("stEvt", "softwareAgent")).text = f"Chromantic {chromantic.__version__}"
    ET.SubElement(event, _name("stEvt", "parameters")).text = provenance.parameters
    text = ET.tostring(root, encoding="unicode")
    return f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>{text}<?xpacket end="w"?>'.encode()


def append_to_tiff(file: IO[bytes], exif: Image.Exif, iptc: bytes | None) -> None:
    """Adds EXIF and IPTC fields to a TIFF file of one page, in a new directory at its end.

    libvips writes no EXIF into TIFF, and pads IPTC.
    """
    head = _tiff_head(file)
    directory, old = ImageFileDirectory_v2(head), ImageFileDirectory_v2(head)
    file.seek(old.next)
    old.load(file)
    for tag, value in old.items():
        directory.tagtype[tag] = old.tagtype[tag]
        directory[tag] = value
    for tag in set(exif) - set(_DIRECTORIES):
        directory[tag] = exif[tag]
    for tag in _DIRECTORIES:
        if fields := exif.get_ifd(tag):
            directory[tag] = dict(fields)
    if iptc:
        directory.tagtype[_IPTC] = TiffTags.UNDEFINED
        directory[_IPTC] = iptc
    end = file.seek(0, 2)
    end = file.seek(end + end % 2)
    data = directory.tobytes(end)
    offsets = old[_STRIP_OFFSETS]
    code = _ENTRY_TYPES[old.tagtype[_STRIP_OFFSETS]] * len(offsets)
    moved = directory._pack(code, *(offset + end + len(data) for offset in offsets))  # Pillow moves what it writes
    assert data.count(moved) == 1
    file.write(data.replace(moved, directory._pack(code, *offsets)))
    file.seek(8 if _is_big(head) else 4)
    file.write(directory._pack("Q" if _is_big(head) else "L", end))


def _tiff_head(file: IO[bytes]) -> bytes:
    file.seek(0)
    head = file.read(16)
    return head if _is_big(head) else head[:8]


def _is_big(head: bytes) -> bool:
    return 43 in head[2:4]  # 42 in files with 32-bit offsets


def _kept_or_none(load: Any, exif: Image.Exif) -> Image.Exif | None:
    try:
        load()
        return kept_exif(exif)
    except Exception as error:  # Pillow meets damaged blocks with exceptions of every kind
        _log.warning("EXIF data are broken and were left out (%s)", " ".join(str(error).split()))
        return None


def _can_be_written(tag: int, value: Any) -> bool:
    try:
        trial = Image.Exif()
        trial[tag] = value
        trial.tobytes()
    except Exception:  # as above
        return False
    return True


def _name(prefix: str, name: str) -> str:
    return f"{{{_NAMESPACES[prefix]}}}{name}"


def _parse_xmp(packet: bytes) -> ET.Element:
    packet = packet.strip(b"\0 \r\n\t")
    if re.search(rb"<!\s*(DOCTYPE|ENTITY)", packet.replace(b"\0", b""), re.IGNORECASE):
        raise ValueError("XMP has no entities")
    for prefix, uri in re.findall(rb"xmlns:([A-Za-z_][\w.-]*)=[\"']([^\"']+)[\"']", packet):
        if prefix.decode() not in _NAMESPACES and not re.fullmatch(rb"ns\d+", prefix):
            ET.register_namespace(prefix.decode(), uri.decode())  # prefixes stay what they were
    return ET.fromstring(packet)


def _subject(rdf: ET.Element) -> str:
    about = _name("rdf", "about")
    return next((description.attrib[about] for description in rdf if about in description.attrib), "")
