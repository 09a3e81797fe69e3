"""Metadata of every kind, edited at random, end in a photo and a result, or in one line that says why not.

For more than a glance, say how long: `CHROMANTIC_FUZZ_SECONDS=600 pytest tests/fuzz -s --timeout=0`.
"""

import io
import os
import resource
import time
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import pyvips
from described import ASCII, COMMENTS, EXIF, GPS, IPTC, TEXTS, XMP, Value, photo_of, tiff, with_segments
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mutations import edited, with_checksums
from PIL import Image

from chromantic.errors import ChromanticError
from chromantic.photo import FORMATS, Provenance, encode_rows, read_header, read_photo
from chromantic.photo.metadata import Blobs, metadata_of
from chromantic.photo.photo import Photo

SECONDS = float(os.environ.get("CHROMANTIC_FUZZ_SECONDS", "0"))
LONGEST = 2.0  # seconds of one input
MOST = 512  # MiB that all inputs together may add
FOUND = Path(__file__).with_name("found")
"""Inputs that once failed, by the name of their test."""


def fuzz(seeds: list[bytes], check: Callable[[bytes], None], strategy: st.SearchStrategy[bytes] | None = None) -> None:
    """Checks edited seeds: a few, or as many as there is time for."""
    settled = settings(
        max_examples=1000 if SECONDS else 40,
        deadline=None,
        database=None,
        derandomize=not SECONDS,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    tried, longest = 0, 0.0

    @settled
    @given(edited(seeds) if strategy is None else strategy)
    def run(content: bytes) -> None:
        nonlocal tried, longest
        start = time.process_time()
        check(content)
        tried, longest = tried + 1, max(longest, time.process_time() - start)
        assert longest < LONGEST

    for seed in seeds:
        check(seed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    end = time.monotonic() + SECONDS
    run()
    while time.monotonic() < end:
        run()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    print(f"{tried} inputs, the longest took {longest:.3f} s, memory grew by {grown} MiB")
    assert grown < MOST


def check_blobs(blobs: Blobs) -> None:
    """Writes a result in one of the formats, and reads it again."""
    photo = Photo(np.full((4, 5, 1), 90, np.uint8), metadata=metadata_of(blobs, "photo"))
    check_results(photo)


def check_results(photo: Photo) -> None:
    pixels = np.repeat(photo.pixels[..., :1], 3, axis=-1).astype(np.uint8)
    photo = Photo(pixels[..., :1], metadata=photo.metadata)
    format = list(FORMATS)[zlib.crc32(repr(photo.metadata).encode()) % len(FORMATS)]
    content = encode_rows(format, [pixels], pixels.dtype, photo, Provenance("m@1", {}))
    saved = pyvips.Image.new_from_buffer(content, "", fail_on="warning")
    assert (saved.width, saved.height) == photo.size
    ET.fromstring(bytes(saved.get("xmp-data")))
    with Image.open(io.BytesIO(content)) as image:
        image.load()
    read_photo(content)


def check_file(content: bytes) -> None:
    for read in (read_header, read_photo):
        try:
            found = read(content)
        except ChromanticError as error:
            if "\n" in str(error):
                raise AssertionError("more than one line") from error
        else:
            if isinstance(found, Photo):
                check_results(found)


EXIF_BLOCKS = [
    tiff(order, {270: Value(ASCII, b"text\0"), 33432: Value(ASCII, b"(c)\0")}, subs)
    for order in "<>"
    for subs in ({}, {EXIF: {37500: Value(7, bytes(90)), 37510: Value(7, b"UNICODE\0abc")}, GPS: {1: Value(2, b"N\0")}})
]


def test_xmp() -> None:
    fuzz([XMP, b"<a/>"], lambda content: check_blobs(Blobs(xmp=content)))


def test_exif() -> None:
    fuzz(EXIF_BLOCKS, lambda content: check_blobs(Blobs(exif=content)))


def test_iptc() -> None:
    fuzz([IPTC[:400]], lambda content: check_blobs(Blobs(iptc=content)))


def test_segments_of_jpeg(tmp_path: Path) -> None:
    path = photo_of(tmp_path / "photo.jpg", ">", xmp=XMP, iptc=IPTC[:99], comments=COMMENTS)
    fuzz([path.read_bytes()], check_file)


def test_chunks_of_png(tmp_path: Path) -> None:
    path = photo_of(tmp_path / "photo.png", "<", xmp=XMP, texts=TEXTS)
    fuzz([path.read_bytes()], check_file, edited([path.read_bytes()], with_checksums))


def test_chunks_of_webp(tmp_path: Path) -> None:
    fuzz([photo_of(tmp_path / "photo.webp", "<", xmp=XMP).read_bytes()], check_file)


def test_directories_of_tiff(tmp_path: Path) -> None:
    seeds = [photo_of(tmp_path / "photo.tif", order, xmp=XMP, iptc=IPTC[:99]).read_bytes() for order in "<>"]
    fuzz(seeds, check_file)


def test_profiles(tmp_path: Path) -> None:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "grey").save(content, "jpeg")

    def check(profile: bytes) -> None:
        check_file(with_segments(content.getvalue(), (0xE2, b"ICC_PROFILE\0\1\1" + profile[:65000])))

    fuzz([bytes(pyvips.Operation.call("profile_load", name)) for name in ("srgb", "p3")], check)


@pytest.mark.parametrize("path", sorted(FOUND.glob("*")), ids=lambda path: path.name)
def test_what_was_found(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    start = time.process_time()
    check_file(path.read_bytes())
    assert time.process_time() - start < LONGEST
    assert capfd.readouterr().err == ""  # libraries say there what they are given against their rules
