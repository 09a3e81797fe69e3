"""Photos with everything that a format can say of them, and what results say: both by hand, byte by byte."""

import io
import struct
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from chromantic.photo import Photo, Provenance, write_rows
from chromantic.photo.formats import format_of_suffix

EXIF, GPS = 34665, 34853
ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 2, 3, 4, 5, 7
SIZES = {1: 1, ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, UNDEFINED: 1, 9: 4, 10: 8, 16: 8}
URIS = {
    "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "ext": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "lib": "http://l/",
    "mm": "http://ns.adobe.com/xap/1.0/mm/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
}

WIDTH, HEIGHT = 40, 30
"""Of the pixels as they are stored."""


class Value(NamedTuple):
    """A field: its type, and its numbers or bytes."""

    type: int
    data: tuple[int, ...] | bytes


def packed(value: Value, order: str) -> bytes:
    if isinstance(value.data, bytes):
        return value.data
    code = {SHORT: "H", LONG: "L", RATIONAL: "L", 16: "Q"}[value.type]
    return struct.pack(f"{order}{len(value.data)}{code}", *value.data)


def tiff(order: str, main: Mapping[int, Value], subs: Mapping[int, Mapping[int, Value]], next_: bytes = b"") -> bytes:
    """A TIFF file, or an EXIF block: the directory at 8, the values after it, and the other directories after those.

    Args:
        order: `<` or `>`.
        main: The first directory.
        subs: Those that it points to, by tag.
        next_: What comes last: a thumbnail, which the first directory names as the next one's.
    """
    data = bytearray((b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "L", 8))

    def put(fields: Mapping[int, Value | None], last: int = 0) -> None:
        entries = len(data) + 2
        data.extend(struct.pack(order + "H", len(fields)) + bytes(12 * len(fields)) + struct.pack(order + "L", last))
        for number, (tag, value) in enumerate(sorted(fields.items())):
            data.extend(bytes(len(data) % 2))
            kind, content = LONG, struct.pack(order + "L", len(data))
            if value:
                kind, content = value.type, packed(value, order)
            count = len(content) // SIZES[kind]
            if len(content) > 4:
                data.extend(content)
                content = struct.pack(order + "L", len(data) - len(content))
            struct.pack_into(f"{order}HHL4s", data, entries + 12 * number, tag, kind, count, content)
            if value is None:
                put(subs[tag])

    put({**main, **dict.fromkeys(subs)})
    if next_:
        data.extend(bytes(len(data) % 2))
        entries, start = 10 + 12 * (len(main) + len(subs)), len(data)
        struct.pack_into(order + "L", data, entries, start)
        thumbnail = {513: Value(LONG, (start + 30,)), 514: Value(LONG, (len(next_),))}
        put(thumbnail)
        data.extend(next_)
    return bytes(data)


def read_tiff(content: bytes) -> tuple[str, dict[tuple[int, int], tuple[int, bytes]]]:
    """The byte order, and type and bytes of each field by directory (0, `EXIF`, `GPS`) and tag."""
    order = {b"II": "<", b"MM": ">"}[content[:2]]
    big = struct.unpack_from(order + "H", content, 2)[0] == 43
    count, entry, word = ("Q", "HHQ8s", "Q") if big else ("H", "HHL4s", "L")
    found = {}

    def read(directory: int, place: int) -> None:
        (number,) = struct.unpack_from(order + count, content, place)
        place += struct.calcsize(count)
        for index in range(number):
            at = place + index * struct.calcsize("=" + entry)
            tag, kind, items, stored = struct.unpack_from(order + entry, content, at)
            size = items * SIZES.get(kind, 0)
            (start,) = struct.unpack(order + word, stored)
            found[directory, tag] = kind, stored[:size] if size <= len(stored) else content[start : start + size]
            if tag in (EXIF, GPS):
                read(tag, start)

    read(0, struct.unpack_from(order + word, content, 8 if big else 4)[0])
    return order, found


def exif_of(path: Path) -> bytes:
    """The EXIF block of a JPEG, PNG or WebP file, or a whole TIFF file."""
    with Image.open(path) as image:
        if image.format == "TIFF":
            return path.read_bytes()
        image.load()
        return image.info["exif"].removeprefix(b"Exif\0\0")


def xmp_of(path: Path) -> bytes:
    with Image.open(path) as image:
        packet = image.info["xmp"]
        assert isinstance(packet, bytes)
        return packet


def segments(content: bytes) -> list[tuple[int, bytes]]:
    """Markers and contents of a JPEG file's segments before the first scan."""
    found, place = [], 2
    while content[place + 1] != 0xDA:
        size = int.from_bytes(content[place + 2 : place + 4], "big")
        found.append((content[place + 1], content[place + 4 : place + 2 + size]))
        place += 2 + size
    return found


def with_segments(content: bytes, *added: tuple[int, bytes]) -> bytes:
    """A JPEG file with more segments at its start."""
    parts = (struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data for marker, data in added)
    return content[:2] + b"".join(parts) + content[2:]


def write_photo(
    path: Path,
    *,
    order: str = "<",
    main: Mapping[int, Value] | None = None,
    subs: Mapping[int, Mapping[int, Value]] | None = None,
    xmp: bytes = b"",
    iptc: bytes = b"",
    comments: tuple[bytes, ...] = (),
    texts: Mapping[str, str] | None = None,
    thumbnail: bytes = b"",
) -> Path:
    """Writes a small grey photo, in the format of the suffix, that says what its format can say."""
    levels = bytes(range(40, 40 + WIDTH)) * HEIGHT
    if path.suffix == ".tif":
        layout = {256: (WIDTH,), 257: (HEIGHT,), 258: (8,), 259: (1,), 262: (1,), 277: (1,), 278: (HEIGHT,)}
        fields = {tag: Value(SHORT, value) for tag, value in layout.items()} | dict(main or {})
        fields |= {279: Value(LONG, (len(levels),))}
        fields |= {700: Value(1, xmp)} if xmp else {}
        fields |= {33723: Value(UNDEFINED, iptc)} if iptc else {}
        start = len(tiff(order, fields | {273: Value(LONG, (0,))}, subs or {}))
        path.write_bytes(tiff(order, fields | {273: Value(LONG, (start,))}, subs or {}) + levels)
        return path
    options: dict[str, object] = {}
    if main or subs:
        options["exif"] = b"Exif\0\0" + tiff(order, main or {}, subs or {}, thumbnail)
    if path.suffix == ".png":
        options["pnginfo"] = info = PngInfo()
        if xmp:
            info.add_itxt("XML:com.adobe.xmp", xmp.decode())
        for keyword, text in (texts or {}).items():
            info.add_itxt(keyword, text) if not text.isascii() else info.add_text(keyword, text, zip=len(text) > 99)
    elif path.suffix == ".webp":
        options |= {"xmp": xmp, "lossless": True}
    file = io.BytesIO()
    Image.frombytes("L", (WIDTH, HEIGHT), levels).save(
        file, {".jpg": "jpeg"}.get(path.suffix, path.suffix[1:]), **options
    )
    content = file.getvalue()
    if path.suffix == ".jpg":
        added = [(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp)] if xmp else []
        resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(iptc)) + iptc + bytes(len(iptc) % 2)
        added += [(0xED, b"Photoshop 3.0\0" + resource)] if iptc else []
        content = with_segments(content, *added, *((0xFE, comment) for comment in comments))
    path.write_bytes(content)
    return path


def data_set(number: int, value: bytes, record: int = 2) -> bytes:
    """A data set of IPTC-IIM."""
    return struct.pack(">BBBH", 0x1C, record, number, len(value)) + value


UTF8, LATIN1 = "Großmutter in Łódź".encode(), "Müller, © 1931".encode("latin-1")

KEPT = {
    (0, 269): Value(ASCII, "Käthe\0".encode()),
    (0, 270): Value(ASCII, UTF8 + b"\0"),
    (0, 271): Value(ASCII, b"Scanner & Sons\0"),
    (0, 285): Value(ASCII, b"page\0"),
    (0, 315): Value(ASCII, LATIN1 + b"\0"),
    (0, 33432): Value(ASCII, "© \0and an editor's\0".encode()),
    (0, 40091): Value(1, "Größe\0".encode("utf-16-le")),
    (0, 50000): Value(ASCII, b"unlisted\0"),
    (0, 65000): Value(SHORT, (1, 2, 3)),
    (EXIF, 36867): Value(ASCII, b"1931:05:06 07:08:09\0"),
    (EXIF, 37386): Value(RATIONAL, (50, 1)),
    (EXIF, 37500): Value(UNDEFINED, b"Maker\0" + bytes(range(256))),
    (EXIF, 60000): Value(LONG, (1 << 31, 7)),
    (GPS, 1): Value(ASCII, b"N\0"),
    (GPS, 2): Value(RATIONAL, (53, 1, 32, 1, 61, 2)),
    (GPS, 99): Value(UNDEFINED, b"unlisted"),
}
"""By directory and tag; all but texts are numbers of the file's byte order."""
CHANGED = {
    (0, 274): Value(SHORT, (6,)),
    (0, 282): Value(RATIONAL, (600, 1)),
    (0, 283): Value(RATIONAL, (300, 1)),
    (0, 296): Value(SHORT, (2,)),
    (0, 301): Value(SHORT, (0,)),
    (0, 305): Value(ASCII, b"Scanner's\0"),
    (0, 50706): Value(1, b"\1\4\0\0"),
    (EXIF, 37121): Value(UNDEFINED, b"\1\0\0\0"),
    (EXIF, 37396): Value(SHORT, (3, 4)),
    (EXIF, 37510): Value(UNDEFINED, b"UNICODE\0" + "Łódź".encode("utf-16-le")),
    (EXIF, 40961): Value(SHORT, (65535,)),
    (EXIF, 40962): Value(LONG, (40,)),
    (EXIF, 40963): Value(LONG, (30,)),
    (EXIF, 42240): Value(RATIONAL, (22, 10)),
}
IPTC = b"".join(
    [
        data_set(90, b"\x1b%G", record=1),
        data_set(5, "Ernte bei Łódź".encode()),
        data_set(25, b"harvest"),
        data_set(25, "Pferd, größer".encode()),
        data_set(55, b"19310500"),
        data_set(80, b"A. Photographer"),
        data_set(120, "Caption é ".encode() * 2000),
        data_set(231, b"unlisted"),
    ]
)
TEXTS = {
    "Title": "Ernte bei Łódź",
    "Author": "A. Photographer",
    "Description": "long " * 100,
    "Copyright": "© Archiv",
    "Creation Time": "1931:05:06 07:08:09",
    "Software": "Scanner's",
    "Shelf": "12 b",
}
COMMENTS = (UTF8, LATIN1)
XMP = """<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:lib="http://l/"
xmlns:exif="http://ns.adobe.com/exif/1.0/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
xmlns:xap="http://ns.adobe.com/xap/1.0/"><rdf:Description rdf:about="" lib:shelf="12-b &lt; ß" xap:Rating="3"
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"
xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" crs:Saturation="-100" exif:PixelXDimension="40"
xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:ColorMode="1" photoshop:City="Łódź"
xmlns:mm="http://ns.adobe.com/xap/1.0/mm/" mm:DocumentID="xmp.did:1" mm:InstanceID="xmp.iid:2"
xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/negativeFilm">
<crs:ToneCurve><rdf:Seq><rdf:li>0, 0</rdf:li></rdf:Seq></crs:ToneCurve><dc:format>image/x</dc:format>
<dc:creator><rdf:Seq><rdf:li>Müller</rdf:li></rdf:Seq></dc:creator><tiff:ImageWidth>40</tiff:ImageWidth>
<tiff:ImageLength>30</tiff:ImageLength><exif:PixelYDimension>30</exif:PixelYDimension><lib:deep><lib:er/>text</lib:deep>
<photoshop:ICCProfile>Dot Gain 20%</photoshop:ICCProfile>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()


def fields(values: dict[tuple[int, int], Value], directory: int) -> dict[int, Value]:
    return {tag: value for (where, tag), value in values.items() if where == directory}


def photo_of(path: Path, order: str, **more: object) -> Path:
    values = KEPT | CHANGED
    subs = {EXIF: fields(values, EXIF), GPS: fields(values, GPS)}
    return write_photo(path, order=order, main=fields(values, 0), subs=subs, **more)


def save_result(photo: Photo, path: Path, provenance: Provenance | None = None) -> Path:
    """Writes a result of a photo: its own pixels, the first channel three times."""
    pixels = np.repeat(photo.pixels[..., :1], 3, axis=-1)
    write_rows(path, format_of_suffix(path) or "", [pixels], pixels.dtype, photo, provenance or Provenance("m@1", {}))
    return path


def properties(packet: bytes) -> dict[str, str | list[str]]:
    """Texts of an XMP packet's properties by qualified name; lists of the items where there are some."""
    names = {uri: prefix for prefix, uri in URIS.items()}
    root = ET.fromstring(packet.strip(b"\0"))
    found: dict[str, str | list[str]] = {}

    def name(tag: str) -> str:
        uri, _, local = tag[1:].partition("}")
        return f"{names.get(uri, uri)}:{local}"

    for description in root.iter(f"{{{URIS['rdf']}}}Description"):
        found |= {name(key): value for key, value in description.attrib.items()}
        for child in description:
            items = ["".join(item.itertext()) for item in child.iter(f"{{{URIS['rdf']}}}li")]
            found[name(child.tag)] = items or "".join(child.itertext())
    return found
