"""Field by field: what of a photo's metadata is in its result."""

import logging
import struct
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import pyvips
import tifffile
from kinds import read_vips
from PIL import ExifTags, Image, IptcImagePlugin
from PIL.PngImagePlugin import PngInfo

from chromantic import __version__
from chromantic.colorizer import Colorizer
from chromantic.photo import read_photo
from chromantic.photo.metadata import ENHANCED, Provenance, jpeg_iptc, read_jpeg_iptc, xmp_of_result

IPTC_TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
EVENT = "{http://ns.adobe.com/xap/1.0/sType/ResourceEvent#}"
XMP = b"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:lib="http://library.example/ns/" lib:shelf="12-b"
xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/negativeFilm">
<dc:creator><rdf:Seq><rdf:li>A. Photographer</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""
IPTC_FIELDS = {
    (2, 5): b"Harbours",
    (2, 25): [b"sea", b"ship"],
    (2, 80): b"A. Photographer",
    (2, 120): b"Caption, " * 300,
}
"""Title, keywords, byline, caption, by record and data set."""


def iptc_records() -> bytes:
    values = [
        (key, value)
        for key, values in IPTC_FIELDS.items()
        for value in ([values] if isinstance(values, bytes) else values)
    ]
    return b"".join(struct.pack(">BBBH", 0x1C, *key, len(value)) + value for key, value in values)


FIELDS = {
    ExifTags.Base.ImageDescription: "Harbour",
    ExifTags.Base.Make: "Scanner & Sons",
    ExifTags.Base.Model: "X 9",
    ExifTags.Base.DateTime: "2001:02:03 04:05:06",
    ExifTags.Base.Artist: "A. Photographer",
    ExifTags.Base.Copyright: "The archive",
}
EXIF_FIELDS = {ExifTags.Base.DateTimeOriginal: "1931:05:06 07:08:09", ExifTags.Base.FocalLength: 50.0}
GPS_FIELDS = {ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLatitude: (53.0, 32.0, 30.5)}


@pytest.fixture(scope="module")
def colorizer(tiny_weights) -> Colorizer:
    return Colorizer.from_pretrained(tiny_weights)


def described(path: Path) -> Path:
    """Writes a photo with everything that its format can say of it; EXIF turns it by a quarter."""
    exif = Image.Exif()
    exif.update(FIELDS)
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Software] = "Scanner software"
    exif.get_ifd(ExifTags.IFD.Exif).update(EXIF_FIELDS)
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(GPS_FIELDS)
    options: dict[str, object] = {"dpi": (600, 300)}
    if path.suffix == ".png":
        options["pnginfo"] = info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    elif path.suffix == ".tif":
        exif[700], exif[33723] = XMP, iptc_records()
    else:
        options["xmp"] = XMP
    Image.new("RGB", (40, 30), "grey").save(path, exif=exif.tobytes(), **options)
    if path.suffix == ".jpg":  # another image resource, with a name, and IPTC's
        resources = b"8BIM\x0b\xb7\x05named" + struct.pack(">I", 3) + b"odd\0"
        resources += b"8BIM\x04\x04\0\0" + struct.pack(">I", len(iptc_records())) + iptc_records() + b"\0"
        segment = b"Photoshop 3.0\0" + resources
        content = path.read_bytes()
        path.write_bytes(content[:2] + b"\xff\xed" + struct.pack(">H", len(segment) + 2) + segment + content[2:])
    return path


def xmp_of(path: Path) -> ET.Element:
    return ET.fromstring(bytes(read_vips(path).get("xmp-data")))


@pytest.mark.parametrize("output_format", ["png", "tiff", "webp", "jpeg"])
@pytest.mark.parametrize("kind", ["jpg", "tif", "png", "webp"])
def test_each_field_is_kept(tmp_path, colorizer, kind, output_format):
    path, output = described(tmp_path / f"photo.{kind}"), tmp_path / "result"
    colorizer.colorize(path).save(output, format=output_format)
    with Image.open(output) as result:
        assert result.size == (30, 40)
        exif = result.getexif()
        assert {tag: exif.get(tag) for tag in FIELDS} == FIELDS
        assert exif[ExifTags.Base.Software] == f"Chromantic {__version__}"
        assert exif.get(ExifTags.Base.Orientation, 1) == 1
        assert EXIF_FIELDS.items() <= exif.get_ifd(ExifTags.IFD.Exif).items()
        assert GPS_FIELDS.items() <= exif.get_ifd(ExifTags.IFD.GPSInfo).items()
    if kind != "webp" and output_format != "webp":  # which says nothing of resolution
        saved = read_vips(output)
        assert (saved.xres * 25.4, saved.yres * 25.4) == pytest.approx((300, 600), abs=0.1)
    packet = ET.tostring(xmp_of(output), encoding="unicode")
    assert "A. Photographer" in packet
    assert 'shelf="12-b"' in packet
    assert "negativeFilm" not in packet
    assert [element.text for element in xmp_of(output).iter(IPTC_TYPE)] == [ENHANCED]
    if kind in ("jpg", "tif") and output_format in ("jpeg", "tiff"):
        with Image.open(path) as photo, Image.open(output) as result:
            assert IptcImagePlugin.getiptcinfo(photo) == IptcImagePlugin.getiptcinfo(result) == IPTC_FIELDS


@pytest.mark.parametrize(
    "segment", [b"", b"Adobe", jpeg_iptc(b"")[:-6], b"Photoshop 3.0\08BIM", b"Photoshop 3.0\0" + b"8BIM" * 9]
)
def test_broken_image_resources_hold_no_iptc(segment):
    assert not read_jpeg_iptc(segment)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16, np.float32])
def test_exif_in_tiff_leaves_the_pixels_alone(tmp_path, colorizer, monkeypatch, depth, big):
    if big:
        monkeypatch.setattr("chromantic.photo.write._BIG_TIFF", 1)
    described(tmp_path / "8.tif")
    levels = np.linspace(0, 1 if depth == np.float32 else np.iinfo(depth).max, 300 * 400).reshape(400, 300)
    pyvips.Image.new_from_array(levels.astype(depth)).write_to_file(str(tmp_path / "photo.tif"))
    photo = read_photo(tmp_path / "photo.tif")
    object.__setattr__(photo, "metadata", read_photo(tmp_path / "8.tif").metadata)
    output = tmp_path / "result.tif"
    result = colorizer.colorize(photo)
    result.save(output)
    expected = np.concatenate(list(result._strips(0, np.dtype(depth))))
    np.testing.assert_array_equal(read_vips(output).numpy(), expected)
    with tifffile.TiffFile(output) as file:
        page = file.pages.first
        assert file.is_bigtiff == big
        assert page.tags["Artist"].value == "A. Photographer"
        assert page.tags["ExifTag"].value["DateTimeOriginal"] == "1931:05:06 07:08:09"
    assert read_photo(output).metadata.exif[ExifTags.Base.Artist] == "A. Photographer"


def test_the_origin_is_written_into_every_result(tmp_path, colorizer):
    photo = np.full((30, 40), 90, np.uint8)
    colorizer.colorize(photo, samples=2, seed=7, temperature=0.5, candidates=8).save(tmp_path / "sample.png", sample=1)
    colorizer.colorize(photo).save(tmp_path / "expected.png")
    drawn = "seed=7; sample=2; temperature=0.5; candidates=8"
    for name, options in {"sample": drawn, "expected": "colours=expected"}.items():
        packet = xmp_of(tmp_path / f"{name}.png")
        assert next(packet.iter(IPTC_TYPE)).text == ENHANCED
        assert next(packet.iter(f"{EVENT}softwareAgent")).text == f"Chromantic {__version__}"
        assert next(packet.iter(f"{EVENT}parameters")).text == f"model={colorizer.name}; {options}"


def test_an_event_is_added_to_the_history_that_is_there():
    once = xmp_of_result(XMP, Provenance("first@1", {}))
    twice = ET.fromstring(xmp_of_result(once, Provenance("second@2", {})))
    assert [event.text for event in twice.iter(f"{EVENT}parameters")] == ["model=first@1", "model=second@2"]
    assert len(list(twice.iter(IPTC_TYPE))) == 1


@pytest.mark.parametrize(
    "packet", [b"<x:xmpmeta", b"\xff\xfe\0", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"\0" * 9]
)
def test_broken_xmp_is_replaced(packet, caplog):
    root = ET.fromstring(xmp_of_result(packet, Provenance("m@1", {})))
    assert next(root.iter(IPTC_TYPE)).text == ENHANCED
    assert "XMP" in caplog.text


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")
def test_broken_exif_is_left_out_with_a_warning(tmp_path, colorizer, caplog):
    for number, block in enumerate([b"Exif\0\0nothing", b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x01"]):
        Image.new("L", (40, 30)).save(tmp_path / "photo.jpg", exif=block)
        with caplog.at_level(logging.WARNING):
            colorizer.colorize(tmp_path / "photo.jpg").save(tmp_path / f"{number}.png")
        with Image.open(tmp_path / f"{number}.png") as result:
            assert result.getexif()[ExifTags.Base.Software]


def test_without_metadata_the_resolution_is_the_usual_one(tmp_path, colorizer):
    colorizer.colorize(np.zeros((30, 40), np.uint8)).save(tmp_path / "result.png")
    with Image.open(tmp_path / "result.png") as result:
        assert result.info["dpi"] == pytest.approx((72, 72), abs=0.1)
