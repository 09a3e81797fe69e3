"""The table of docs/reference/photographs.md: each field, from each format to each other."""

import hashlib
import struct
from functools import cache
from pathlib import Path

import pytest
from described import (
    ASCII,
    COMMENTS,
    EXIF,
    IPTC,
    KEPT,
    LATIN1,
    SHORT,
    TEXTS,
    UTF8,
    XMP,
    Value,
    data_set,
    exif_of,
    packed,
    photo_of,
    properties,
    read_tiff,
    save_result,
    segments,
    write_photo,
    xmp_of,
)
from PIL import Image

from chromantic import __version__
from chromantic.photo import Provenance, read_photo
from chromantic.photo.metadata import ENHANCED

KINDS = ("jpg", "png", "tif", "webp")
FORMATS = {"jpg": "jpeg", "png": "png", "tif": "tiff", "webp": "webp"}


def result_of(path: Path, output: str, name: str = "result", sample: int = 0) -> Path:
    """A result of a photo: its own pixels, three times."""
    provenance = Provenance("m@1", {"sample": sample} if sample else {})
    return save_result(read_photo(path), path.with_name(f"{name}.{output}"), provenance)


@pytest.mark.parametrize("output", KINDS)
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", KINDS)
def test_exif_keeps_its_bytes(tmp_path, kind, order, output):
    result = result_of(photo_of(tmp_path / f"photo.{kind}", order, thumbnail=b"\xff\xd8thumbnail"), output)
    written, found = read_tiff(exif_of(result))
    assert written == ("<" if output == "tif" else order)
    assert {key: found.get(key) for key in KEPT} == {
        key: (value.type, packed(value, written)) for key, value in KEPT.items()
    }
    assert {key[1] for key in found} & {301, 37396, 42240, 50706, 513} == set()
    assert found.get((0, 274), (SHORT, packed(Value(SHORT, (1,)), written)))[1] == packed(Value(SHORT, (1,)), written)
    assert found[0, 305] == (ASCII, f"Chromantic {__version__}\0".encode())
    assert found[EXIF, 40961] == (SHORT, packed(Value(SHORT, (1,)), written))
    sizes = [struct.unpack(written + "L", found[EXIF, tag][1])[0] for tag in (40962, 40963)]
    assert sizes == [30, 40]
    across, unit, down, unit_down = struct.unpack(written + "4L", found[0, 282][1] + found[0, 283][1])
    per_inch = 1 if struct.unpack(written + "H", found[0, 296][1])[0] == 2 else 2.54
    assert (across / unit * per_inch, down / unit_down * per_inch) == pytest.approx((300, 600), abs=0.1)
    assert b"thumbnail" not in result.read_bytes()
    comment = found[EXIF, 37510][1]
    swapped = order != written
    assert comment[8:].decode("utf-16-be" if swapped else "utf-16-le") == "Łódź"


@pytest.mark.parametrize("output", ["jpg", "png", "webp"])
@pytest.mark.parametrize("kind", ["jpg", "png", "webp"])
def test_the_makers_note_stays_in_its_place(tmp_path, kind, output):
    source = photo_of(tmp_path / f"photo.{kind}", ">")
    note = packed(KEPT[EXIF, 37500], ">")
    assert exif_of(result_of(source, output)).index(note) == exif_of(source).index(note)


@pytest.mark.parametrize("output", KINDS)
@pytest.mark.parametrize("kind", ["png", "tif", "webp"])
def test_exif_that_jpeg_has_no_room_for_is_named(tmp_path, caplog, kind, output):
    large = {270: Value(ASCII, UTF8 * 4000 + b"\0"), 315: Value(ASCII, LATIN1 + b"\0")}
    result = result_of(write_photo(tmp_path / f"photo.{kind}", main=large), output)
    found = read_tiff(exif_of(result))[1]
    assert found[0, 315] == (ASCII, LATIN1 + b"\0")
    if output == "jpg":
        assert (0, 270) not in found
        assert [record.message for record in caplog.records] == [
            f"{result}: JPEG has no room for the EXIF fields 270; write TIFF or PNG"
        ]
    else:
        assert found[0, 270][1] == UTF8 * 4000 + b"\0"
        assert not caplog.records


@pytest.mark.parametrize("output", KINDS)
@pytest.mark.parametrize("kind", KINDS)
def test_xmp_keeps_what_holds(tmp_path, kind, output):
    main = {274: Value(SHORT, (6,))}
    path = write_photo(tmp_path / f"photo.{kind}", main=main, xmp=XMP)
    found = properties(xmp_of(result_of(path, output)))
    assert found["lib:shelf"] == "12-b < ß"
    assert found["xmp:Rating"] == "3"
    assert found["dc:creator"] == ["Müller"]
    assert found["photoshop:City"] == "Łódź"
    assert found["lib:deep"] == "text"
    assert found["mm:DocumentID"] == "xmp.did:1"
    assert found["mm:InstanceID"] != "xmp.iid:2"
    assert found["ext:DigitalSourceType"] == ENHANCED
    assert found["dc:format"] == f"image/{FORMATS[output]}"
    assert (found["tiff:ImageWidth"], found["tiff:ImageLength"]) == ("30", "40")
    assert (found["exif:PixelXDimension"], found["exif:PixelYDimension"]) == ("30", "40")
    assert not {"tiff:Orientation", "photoshop:ColorMode", "photoshop:ICCProfile"} & set(found)
    assert not [key for key in found if key.startswith("crs:")]
    assert b"camera-raw" not in xmp_of(tmp_path / f"result.{output}")
    others = [properties(xmp_of(result_of(path, output, "other", sample)))["mm:InstanceID"] for sample in (1, 2, 1)]
    assert len({found["mm:InstanceID"], *others}) == 3  # the same command gives the same


@pytest.mark.parametrize("output", KINDS)
@pytest.mark.parametrize("kind", KINDS)
def test_iptc_is_kept_and_told_by_xmp(tmp_path, kind, output):
    path = write_photo(tmp_path / f"photo.{kind}", iptc=IPTC)
    if kind == "png":  # has it where ImageMagick puts it
        profile = f"\niptc\n{len(IPTC):8}\n{IPTC.hex()}\n"
        path = write_photo(tmp_path / "photo.png", texts={"Raw profile type iptc": profile})
    result = result_of(path, output)
    found = properties(xmp_of(result))
    if kind == "webp":
        assert "dc:title" not in found
        return
    assert found["dc:title"] == ["Ernte bei Łódź"]
    assert found["dc:subject"] == ["harvest", "Pferd, größer"]
    assert found["photoshop:DateCreated"] == "1931-05"
    assert found["dc:creator"] == ["A. Photographer"]
    assert found["dc:description"] == ["Caption é " * 1999 + "Caption é"]
    if output == "tif":
        assert read_tiff(result.read_bytes())[1][0, 33723][1] == IPTC
    elif output == "jpg":
        (resources,) = [data for marker, data in segments(result.read_bytes()) if marker == 0xED]
        assert resources.startswith(b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(IPTC)) + IPTC)
    elif output == "png":
        with Image.open(result) as image:
            image.load()
            assert IPTC.hex() in image.info["Raw profile type iptc"].replace("\n", "")


@pytest.mark.parametrize("output", KINDS)
def test_large_iptc_fills_several_segments(tmp_path, output):
    records = b"".join(data_set(25, b"%d " % number + b"x" * 30000) for number in range(5))
    first = result_of(write_photo(tmp_path / "photo.tif", iptc=records), "jpg", "first")
    assert len([data for marker, data in segments(first.read_bytes()) if marker == 0xED]) == 3
    assert read_photo(result_of(first, output)).metadata.iptc == (None if output == "webp" else records)


@pytest.mark.parametrize("output", KINDS)
def test_texts_of_png_are_kept_and_told_by_xmp(tmp_path, output):
    result = result_of(write_photo(tmp_path / "photo.png", texts=TEXTS), output)
    found = properties(xmp_of(result))
    assert found["dc:title"] == ["Ernte bei Łódź"]
    assert found["dc:creator"] == ["A. Photographer"]
    assert found["dc:description"] == ["long " * 100]
    assert found["dc:rights"] == ["© Archiv"]
    assert found["xmp:CreateDate"] == "1931-05-06T07:08:09"
    assert found["exif:UserComment"] == ["Shelf: 12 b"]
    if output == "png":
        with Image.open(result) as image:
            image.load()
            kept = {key: image.info.get(key) for key in TEXTS}
        assert kept == TEXTS | {"Software": None}


@pytest.mark.parametrize("output", KINDS)
def test_comments_of_jpeg_are_kept(tmp_path, output):
    result = result_of(write_photo(tmp_path / "photo.jpg", comments=COMMENTS), output)
    assert properties(xmp_of(result))["exif:UserComment"] == [f"{UTF8.decode()}\n{LATIN1.decode('latin-1')}"]
    if output == "jpg":
        assert tuple(data for marker, data in segments(result.read_bytes()) if marker == 0xFE) == COMMENTS
        again = result_of(result, "jpg", "again")
        assert read_photo(again).metadata.comments == COMMENTS
    elif output == "png":
        content = result.read_bytes()
        assert b"iTXtComment\0\0\0\0\0" + UTF8 in content
        assert b"tEXtComment\0" + LATIN1 in content
        back = result_of(result, "jpg", "back").read_bytes()
        assert [data.decode() for marker, data in segments(back) if marker == 0xFE] == [
            UTF8.decode(), LATIN1.decode("latin-1"),
        ]  # fmt: skip


@cache
def large_xmp() -> bytes:
    items = "".join(f"<rdf:li>step {number} ß</rdf:li>" for number in range(6_000))
    history = f"<dc:source><rdf:Bag>{items}</rdf:Bag></dc:source></rdf:Description>"
    return XMP.decode().replace("</rdf:Description>", history).encode()


@pytest.mark.parametrize("output", KINDS)
@pytest.mark.parametrize("kind", KINDS)
def test_large_xmp_is_kept(tmp_path, caplog, kind, output):
    path = tmp_path / f"photo.{kind}"
    if kind == "jpg":  # by way of a result
        write_photo(tmp_path / "photo.tif", xmp=large_xmp())
        path = result_of(tmp_path / "photo.tif", "jpg", "photo")
    else:
        write_photo(path, xmp=large_xmp())
    result = result_of(path, output)
    found = properties(xmp_of(result))
    if output == "jpg":
        start = b"http://ns.adobe.com/xmp/extension/\0"
        parts = [data.removeprefix(start) for _, data in segments(result.read_bytes()) if data.startswith(start)]
        extended = b"".join(part[40:] for part in parts)
        guid = hashlib.md5(extended).hexdigest().upper()
        assert found["http://ns.adobe.com/xmp/note/:HasExtendedXMP"] == guid
        sizes = [struct.unpack(">32sII", part[:40]) for part in parts]
        assert sizes == [(guid.encode(), len(extended), 65400 * number) for number in range(len(parts))]
        found |= properties(extended)
    assert len(found["dc:source"]) == 6_000
    assert found["dc:source"][-1] == "step 5999 ß"
    assert found["lib:shelf"] == "12-b < ß"
    assert found["ext:DigitalSourceType"] == ENHANCED
    assert not caplog.records
