"""Files from reports of what photo software does to metadata, and what is right (beside the clone: `shared/cases`)."""

import time

import pytest
from described import EXIF, exif_of, properties, read_tiff, save_result, segments, xmp_of
from PIL import Image

from chromantic.photo import read_photo
from chromantic.photo.metadata import ENHANCED

FORMATS = ("jpg", "png", "tif", "webp")


@pytest.mark.parametrize("output", FORMATS)
@pytest.mark.parametrize("name", ["exif_text.jpg", "exif_text.tif"])
def test_exif_text(cases, tmp_path, name, output):
    _, before = read_tiff(exif_of(cases / name))
    _, after = read_tiff(exif_of(save_result(read_photo(cases / name), tmp_path / f"result.{output}")))
    texts = {key: value for key, value in before.items() if key[1] in (269, 270, 315, 33432, 40091)}
    assert len(texts) >= 4
    assert texts.items() <= after.items()


@pytest.mark.parametrize("output", FORMATS)
@pytest.mark.parametrize("name", ["turned.jpg", "turned.tif"])
def test_turned(cases, tmp_path, name, output):
    result = save_result(read_photo(cases / name), tmp_path / f"result.{output}")
    with Image.open(result) as image:
        assert image.getexif().get(274, 1) == 1
        width, height = image.size
        directory = image.getexif().get_ifd(EXIF)
    assert (directory[40962], directory[40963]) == (width, height) == (320, 208)
    found = properties(xmp_of(result))
    assert found.get("tiff:Orientation", "1") == "1"
    assert (found["exif:PixelXDimension"], found["exif:PixelYDimension"]) == ("320", "208")
    assert (found["tiff:ImageWidth"], found["tiff:ImageLength"]) == ("320", "208")


def test_develop_settings(cases, tmp_path):
    packet = xmp_of(save_result(read_photo(cases / "develop_settings.tif"), tmp_path / "result.tif"))
    assert b"camera-raw" not in packet
    found = properties(packet)
    assert not {"photoshop:ColorMode", "photoshop:ICCProfile"} & set(found)
    assert found["mm:DocumentID"] == "xmp.did:1111"
    assert found["mm:InstanceID"] != "xmp.iid:2222"


def test_texts_and_comments(cases, tmp_path):
    with Image.open(save_result(read_photo(cases / "png_text.png"), tmp_path / "text.png")) as image:
        image.load()
        assert (image.info["Title"], image.info["Description"]) == ("Harvest 1931", "Ernte bei Łódź")
        assert (image.info["Author"], image.info["Copyright"]) == ("A. Photographer", "Town archive")
    photo = read_photo(cases / "jpeg_comment.jpg")
    comments = [data for marker, data in segments((cases / "jpeg_comment.jpg").read_bytes()) if marker == 0xFE]
    kept = save_result(photo, tmp_path / "comment.jpg")
    assert [data for marker, data in segments(kept.read_bytes()) if marker == 0xFE] == comments
    with Image.open(save_result(photo, tmp_path / "comment.png")) as image:
        image.load()
        assert image.info["Comment"] == comments[0].decode()
    assert {"dc:description", "dc:subject", "dc:creator"} <= set(properties(xmp_of(tmp_path / "comment.png")))


@pytest.mark.parametrize(
    "name", ["broken_xmp.jpg", "xmp_namespaces.png", "xmp_nested.jpg", "xmp_poison.jpg", "iptc_offset.tif"]
)
def test_hostile_files_give_results(cases, tmp_path, caplog, name):
    start = time.process_time()
    photo = read_photo(cases / name)
    assert time.process_time() - start < 0.5
    result = save_result(photo, tmp_path / "result.tif")
    assert properties(xmp_of(result))["ext:DigitalSourceType"] == ENHANCED
    named = [f"{cases / name}: its XMP packet" in message for message in caplog.messages]
    assert named == ([] if name == "iptc_offset.tif" else [True])


def test_a_large_packet_in_a_jpeg(cases, tmp_path, caplog):
    result = save_result(read_photo(cases / "xmp_165_kb.tif"), tmp_path / "result.jpg")
    assert properties(xmp_of(result))["ext:DigitalSourceType"] == ENHANCED
    again = properties(xmp_of(save_result(read_photo(result), tmp_path / "again.tif")))
    assert len(again["photoshop:DocumentAncestors"]) > 1000
    assert not caplog.records


@pytest.mark.parametrize("before", ["xmp_prefixes.jpg", "xmp_poison.jpg"])
def test_a_result_does_not_depend_on_the_photo_before(cases, tmp_path, before):
    alone = save_result(read_photo(cases / "plain.png"), tmp_path / "alone.png").read_bytes()
    save_result(read_photo(cases / before), tmp_path / "before.png")
    assert save_result(read_photo(cases / "plain.png"), tmp_path / "after.png").read_bytes() == alone
