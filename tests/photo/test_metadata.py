"""Metadata of results: their origin, TIFF's directories, and what is broken, hostile or too large."""

import logging
import struct
import time
import xml.etree.ElementTree as ET
import zlib

import numpy as np
import pytest
import pyvips
import tifffile
from described import (
    ASCII,
    EXIF,
    GPS,
    LONG,
    RATIONAL,
    SHORT,
    Value,
    read_tiff,
    save_result,
    tiff,
    with_segments,
    write_photo,
    xmp_of,
)
from kinds import read_vips
from PIL import Image

from chromantic import __version__
from chromantic.colorizer import Colorizer
from chromantic.photo import Provenance, read_photo
from chromantic.photo.metadata import ENHANCED
from chromantic.photo.metadata.exif import exif_block, read_exif
from chromantic.photo.metadata.iptc import as_xmp, from_resources, from_tiff, resources
from chromantic.photo.metadata.xml import XmlError, parse, serialize

IPTC_TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
EVENT = "{http://ns.adobe.com/xap/1.0/sType/ResourceEvent#}"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
PACKET = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">%s</rdf:RDF></x:xmpmeta>'


@pytest.fixture(scope="module")
def colorizer(tiny_weights) -> Colorizer:
    return Colorizer.from_pretrained(tiny_weights)


def test_the_origin_is_written_into_every_result(tmp_path, colorizer):
    photo = np.full((30, 40), 90, np.uint8)
    colorizer.colorize(photo, samples=2, seed=7, temperature=0.5, candidates=8).save(tmp_path / "sample.png", sample=1)
    colorizer.colorize(photo).save(tmp_path / "expected.png")
    drawn = "seed=7; sample=2; temperature=0.5; candidates=8"
    for name, options in {"sample": drawn, "expected": "colours=expected"}.items():
        packet = ET.fromstring(xmp_of(tmp_path / f"{name}.png"))
        assert next(packet.iter(IPTC_TYPE)).text == ENHANCED
        assert next(packet.iter(f"{EVENT}softwareAgent")).text == f"Chromantic {__version__}"
        assert next(packet.iter(f"{EVENT}parameters")).text == f"model={colorizer.name}; {options}"


def test_an_event_is_added_to_the_history_that_is_there(tmp_path):
    once = save_result(
        read_photo(write_photo(tmp_path / "photo.png")), tmp_path / "once.tif", Provenance("first@1", {})
    )
    twice = save_result(read_photo(once), tmp_path / "twice.jpg", Provenance("second@2", {}))
    packet = ET.fromstring(xmp_of(twice))
    assert [event.text for event in packet.iter(f"{EVENT}parameters")] == ["model=first@1", "model=second@2"]
    assert len(list(packet.iter(IPTC_TYPE))) == 1


def test_without_metadata_the_resolution_is_the_usual_one(tmp_path, colorizer):
    colorizer.colorize(np.zeros((30, 40), np.uint8)).save(tmp_path / "result.png")
    with Image.open(tmp_path / "result.png") as result:
        assert result.info["dpi"] == pytest.approx((72, 72), abs=0.1)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16, np.float32])
def test_exif_in_tiff_leaves_the_pixels_alone(tmp_path, colorizer, monkeypatch, depth, big):
    if big:
        monkeypatch.setattr("chromantic.photo.write._BIG_TIFF", 1)
    fields = {315: Value(ASCII, b"A. Photographer\0")}, {EXIF: {36867: Value(ASCII, b"1931:05:06 07:08:09\0")}}
    write_photo(tmp_path / "8.tif", order=">", main=fields[0], subs=fields[1])
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
    assert read_photo(output).metadata.exif.get(315) == b"A. Photographer\0"
    assert save_result(read_photo(output), tmp_path / "small.jpg").stat().st_size


def test_iptc_may_hold_any_bytes(tmp_path):
    offsets = np.arange(100_000, dtype="<u4").tobytes()  # that of the strip is among them
    photo = read_photo(write_photo(tmp_path / "photo.tif", iptc=offsets))
    result = save_result(photo, tmp_path / "result.tif")
    np.testing.assert_array_equal(read_vips(result).numpy()[..., 0], photo.pixels[..., 0])
    assert read_tiff(result.read_bytes())[1][0, 33723][1] == offsets


def test_numbers_of_64_bits_are_shortened_where_they_can_be():
    big = Value(16, (7, 8)), Value(16, (1 << 40,))
    exif, _ = read_exif(tiff(">", {65000: big[0], 65001: big[1], 65002: Value(ASCII, b"text\0")}, {}), [])
    _, found = read_tiff(exif_block(exif)[0])
    assert found == {(0, 65000): (LONG, struct.pack(">2L", 7, 8)), (0, 65002): (ASCII, b"text\0")}


@pytest.mark.parametrize("block", [b"", b"Adobe", resources(b"")[:-6], b"8BIM", b"8BIM" * 9])
def test_broken_image_resources_hold_no_iptc(block):
    assert not from_resources(block)


def test_iptc_of_tiff_may_be_swapped_numbers():
    records = b"\x1c\x02\x05\x00\x03abc"
    assert from_tiff(b"".join(records[place : place + 4][::-1] for place in (0, 4))) == records
    assert from_tiff(records) == records
    assert as_xmp(records) == {"dc:title": ("Alt", ("abc",))}


def test_a_data_set_may_say_the_size_of_its_size():
    assert as_xmp(b"\x1c\x02\x69\x80\x02\x00\x03abc") == {"photoshop:Headline": "abc"}


@pytest.mark.parametrize(
    ("packet", "why"),
    [
        (b"<x:xmpmeta", "unclosed token"),
        (b"\xff\xfe\0", "not well-formed"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
        (b"\0" * 9, "no element"),
        ((PACKET % ("<a>" * 1500 + "</a>" * 1500)).encode(), "nested more than 100 deep"),
        (b'<a xmlns:xml="u" xmlns:xmlns="v"/>', "reserved prefix"),
        (b"<y:a/>", "unbound prefix"),
        ((PACKET % "".join(f'<a xmlns:p{n}="u{n}"/>' for n in range(60_000))).encode(), "namespaces"),
        ((PACKET % ("<rdf:a b=''/>" * 200_000)).encode(), "elements and attributes"),
        ((PACKET % (" " * (1 << 24))).encode(), "above 16 MB"),
    ],
)
@pytest.mark.parametrize("kind", ["jpg", "png"])
def test_xmp_that_is_broken_or_hostile_is_left_out(tmp_path, caplog, packet, why, kind):
    if (kind == "jpg" and len(packet) > 65000) or len(packet) > 1 << 24 or packet[:1] == b"\xff":
        kind = "tif"
    path = write_photo(tmp_path / f"photo.{kind}", xmp=packet)
    start = time.process_time()
    result = save_result(read_photo(path), tmp_path / "result.png")
    assert time.process_time() - start < 2
    assert next(ET.fromstring(xmp_of(result)).iter(IPTC_TYPE)).text == ENHANCED
    (record,) = caplog.records
    assert record.message.startswith(f"{path}: its XMP packet is broken (")
    assert why in record.message


def test_many_namespaces_cost_little():
    many = "".join(f' xmlns:p{number}="u{number}"' for number in range(60_000))
    start = time.process_time()
    with pytest.raises(XmlError, match="namespaces"):
        parse(f"<a{many}/>".encode())
    assert time.process_time() - start < 0.1


def test_xml_is_written_with_the_prefixes_it_came_with():
    document = (
        '<a xmlns="u" xmlns:p="v" p:x="&quot;&lt;&amp;&#10;&#9;" y="1"><p:b xmlns:p="w">t &lt; &amp; ü</p:b>'
        '<p:c xmlns=""><d/></p:c></a>'
    )
    assert serialize(parse(document.encode())) == document
    moved = serialize(parse(document.encode()).elements[1])
    assert moved == '<p:c xmlns:p="v"><d/></p:c>'
    assert serialize(parse("\ufeff<a>ß</a>".encode("utf-16-le"))) == "<a>ß</a>"


@pytest.mark.parametrize(
    "block", [b"nothing", b"II*\0\x08\0\0\0\xff\xff\x01", b"MM\0*\xff\xff\xff\xff", b"MM\0+", b"II"]
)
@pytest.mark.parametrize("kind", ["jpg", "png"])
def test_broken_exif_is_left_out_with_a_warning(tmp_path, caplog, block, kind):
    path = tmp_path / f"photo.{kind}"
    Image.new("L", (40, 30)).save(path, exif=b"Exif\0\0" + block)
    photo = read_photo(path)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.message.startswith(f"{path}: ")
    assert "EXIF" in record.message
    _, found = read_tiff(exif_block(photo.metadata.exif)[0])
    assert found == {}


def test_what_can_be_read_of_broken_exif_is_kept(tmp_path, caplog):
    block = tiff("<", {270: Value(ASCII, b"whole\0"), 315: Value(ASCII, b"cut off" * 9)}, {})[:-20]
    Image.new("L", (40, 30)).save(tmp_path / "photo.jpg", exif=b"Exif\0\0" + block)
    exif = read_photo(tmp_path / "photo.jpg").metadata.exif
    assert (exif.get(270), exif.get(315)) == (b"whole\0", None)
    assert "a part of its EXIF data is broken" in caplog.text


def test_directories_that_point_to_themselves_end(tmp_path):
    block = bytearray(tiff("<", {}, {EXIF: {1: Value(LONG, (1,))}, GPS: {}}))
    struct.pack_into("<L", block, 10 + 8, 8)  # the Exif directory is the first one
    exif, _ = read_exif(bytes(block), [])
    assert exif_block(exif)[0]


def test_values_that_share_bytes_are_bounded(tmp_path):
    count, size = 5000, 60_000
    entries = b"".join(struct.pack("<HHLL", 40000 + number, 7, size, 8) for number in range(count))
    problems: list[str] = []
    exif, _ = read_exif(b"II*\0\x08\0\0\0" + struct.pack("<H", count) + entries + bytes(4), problems)
    assert sum(len(fields) for fields in exif.directories.values()) * size <= 1 << 25
    assert problems == ["its EXIF data are above 32 MB; what is above was left out"]


@pytest.mark.parametrize("kind", ["tEXt", "zTXt", "iTXt"])
def test_packed_texts_are_bounded(tmp_path, caplog, kind):
    bomb = zlib.compress(bytes(1 << 26), 9)
    data = {
        "tEXt": b"Title\0" + b"a" * (1 << 24) + b"a",
        "zTXt": b"Title\0\0" + bomb,
        "iTXt": b"Title\0\1\0\0\0" + bomb,
    }
    content = write_photo(tmp_path / "photo.png").read_bytes()
    chunk = kind.encode() + data[kind]
    chunk = struct.pack(">I", len(data[kind])) + chunk + struct.pack(">I", zlib.crc32(chunk))
    (tmp_path / "photo.png").write_bytes(content[:33] + chunk * 2 + content[33:])
    for photo in (read_photo(tmp_path / "photo.png"), read_photo((tmp_path / "photo.png").read_bytes())):
        assert photo.pixels.shape == (30, 40, 1)
        assert photo.metadata.chunks == ()
    record, _ = caplog.records
    assert record.message == f"{tmp_path / 'photo.png'}: a text chunk is broken, or too long, and was left out"


def test_incomplete_extended_xmp_is_left_out(tmp_path, caplog):
    guid = b"0123456789ABCDEF" * 2
    note = f'<rdf:Description xmlns:n="http://ns.adobe.com/xmp/note/" n:HasExtendedXMP="{guid.decode()}" n:a="kept"/>'
    path = write_photo(tmp_path / "photo.jpg", xmp=(PACKET % note).encode())
    extension = b"http://ns.adobe.com/xmp/extension/\0" + guid + struct.pack(">II", 100, 50) + b"<half"
    path.write_bytes(with_segments(path.read_bytes(), (0xE1, extension)))
    packet = xmp_of(save_result(read_photo(path), tmp_path / "result.png"))
    assert b"kept" in packet
    assert b"HasExtendedXMP" not in packet
    assert f"{path}: its extended XMP is incomplete and was left out" in caplog.messages


@pytest.mark.parametrize(
    ("suffix", "unit", "millimetres"),
    [(suffix, *each) for suffix in ("tif", "jpg", "webp") for each in ((None, 25.4), (2, 25.4), (3, 10))]
    + [("tif", 1, None)],  # 1: an aspect; EXIF has no such unit
)
def test_resolution_is_in_inches_where_no_unit_is_said(tmp_path, suffix, unit, millimetres):
    main = {282: Value(RATIONAL, (300, 1)), 283: Value(RATIONAL, (150, 1))}
    main |= {296: Value(SHORT, (unit,))} if unit else {}
    path = write_photo(tmp_path / f"photo.{suffix}", order=">", main=main)
    exif, _ = read_exif(tiff(">", main, {}), [])
    expected = millimetres and pytest.approx((300 / millimetres, 150 / millimetres))
    assert exif.resolution == expected
    assert read_photo(path).metadata.resolution == expected
