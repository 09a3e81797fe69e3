"""Uploads that mean harm, or are none: each is refused with a reason, and the studio goes on."""

import base64
import io
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterator

import pytest
from heic_file import heic
from PIL import Image
from served import LIMITS, Client

JPEG, PNG, TIFF = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", b"\x89PNG\r\n\x1a\n", b"II*\x00\x08\x00\x00\x00"


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, depth: int = 8, colour: int = 0, *chunks: bytes) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return PNG + head + b"".join(chunks) + chunk(b"IEND", b"")


def zeros(size: int) -> bytes:
    return zlib.compress(bytes(size), 9)


def saved(format: str, size: tuple[int, int] = (64, 48), mode: str = "L", **options: object) -> bytes:
    file = io.BytesIO()
    Image.effect_noise(size, 60).convert(mode).save(file, format, **options)
    return file.getvalue()


def tiff(*entries: tuple[int, int, int, int]) -> bytes:
    """A little-endian TIFF of one directory, each entry with tag, type, count and value."""
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return TIFF + struct.pack("<H", len(entries)) + packed + bytes(4)


def tiff_of_size(width: int, height: int, offset: int = 8) -> bytes:
    return tiff(
        *((256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)),
        *((273, 4, 1, offset), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, min(width * height, 2**32 - 1))),
    )


FILES: dict[str, Callable[[], bytes]] = {
    # no pictures
    "nothing": lambda: b"",
    "one byte": lambda: b"\xff",
    "text": lambda: b"please colorize /etc/passwd",
    "zeros": lambda: bytes(1 << 20),
    "a script": lambda: b"#!/bin/sh\nrm -rf /\n",
    "html": lambda: b"<!doctype html><script>alert(1)</script>",
    "svg with a file in it": lambda: (
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd" width="9" height="9"/></svg>'
    ),
    "xml entities": lambda: (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><svg>&b;</svg>'
    ),
    "pdf": lambda: b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj",
    "postscript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file",
    "imagemagick script": lambda: b"push graphic-context\nfill 'url(https://example.org/|ls)'\npop graphic-context",
    "zip": lambda: b"PK\x03\x04" + bytes(100),
    "gzip": lambda: b"\x1f\x8b\x08" + bytes(100),
    "elf": lambda: b"\x7fELF" + bytes(100),
    "pickle": lambda: b"\x80\x04cos\nsystem\n(S'true'\ntR.",
    "wave": lambda: b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(30),
    "video": lambda: b"\x00\x00\x00\x18ftypisom" + bytes(100),
    "gif": lambda: saved("gif"),
    "bmp": lambda: saved("bmp"),
    "playlist": lambda: b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10,\nfile:///etc/passwd\n",
    # pictures cut short or broken
    "jpeg head": lambda: JPEG,
    "jpeg cut": lambda: saved("jpeg")[:600],
    "jpeg of zeros": lambda: JPEG + bytes(1000),
    "jpeg without tables": lambda: JPEG + b"\xff\xc0\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00\xff\xd9",
    "png head": lambda: PNG,
    "png cut": lambda: saved("png")[:-2000],
    "png without data": lambda: png(10, 10),
    "png with a wrong checksum": lambda: saved("png").replace(b"IDAT", b"IDAU", 1),
    "png with broken data": lambda: png(100, 100, 8, 0, chunk(b"IDAT", b"not deflated")),
    "png of no width": lambda: png(0, 10, 8, 0, chunk(b"IDAT", zeros(10))),
    "png of depth 7": lambda: png(10, 10, 7, 0, chunk(b"IDAT", zeros(110))),
    "png without palette": lambda: png(10, 10, 8, 3, chunk(b"IDAT", zeros(110))),
    "tiff head": lambda: TIFF,
    "tiff cut": lambda: saved("tiff", compression="tiff_adobe_deflate")[:1000],
    "tiff without entries": lambda: tiff(),
    "tiff of no width": lambda: tiff_of_size(0, 100),
    "tiff that points at itself": lambda: TIFF + b"\x00\x00" + struct.pack("<I", 8),
    "big tiff head": lambda: b"II+\x00\x08\x00\x00\x00" + bytes(8),
    "webp head": lambda: b"RIFF\x10\x00\x00\x00WEBPVP8L",
    "webp cut": lambda: saved("webp")[:100],
    "avif head": lambda: b"\x00\x00\x00\x1cftypavif" + bytes(16),
    "avif cut": lambda: saved("avif")[:300],
    "heic head": lambda: b"\x00\x00\x00\x18ftypheic" + bytes(12),
    "heic of noise": lambda: (
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00heicmif1" + b"\x00\x00\x01\x00meta" + bytes(range(248))
    ),
    "heic that ends its decoder": lambda: heic(exif_type=b"E\xeaif"),
    # small files of huge pictures
    "png of a gigapixel": lambda: png(40_000, 40_000, 1, 0, chunk(b"IDAT", zeros(1 << 20))),
    "png of the largest size": lambda: png(2**31 - 1, 2**31 - 1, 16, 6, chunk(b"IDAT", zeros(1 << 20))),
    "png just above the limit": lambda: saved("png", (1001, 1000), "1"),
    "jpeg of the largest size": lambda: JPEG + b"\xff\xc0\x00\x0b\x08\xff\xff\xff\xff\x01\x01\x11\x00" + bytes(100),
    "tiff of the largest size": lambda: tiff_of_size(2**31 - 1, 2**31 - 1),
    "webp above the limit": lambda: saved("webp", (1400, 1400), "RGB", quality=1),
    "png with a bomb in its text": lambda: png(
        4, 4, 8, 0, chunk(b"zTXt", b"a\0\0" + zeros(1 << 26)), chunk(b"IDAT", b"no data")
    ),
    "png with a bomb for a profile": lambda: png(
        4, 4, 8, 0, chunk(b"iCCP", b"a\0\0" + zeros(1 << 26)), chunk(b"IDAT", b"no data")
    ),
}


@pytest.fixture(scope="module", autouse=True)
def still_there(studio: Client, photo: bytes) -> Iterator[None]:
    yield
    assert studio.colorize(photo).status_code == 200


def test_there_are_fifty() -> None:
    assert len(FILES) >= 50


@pytest.mark.parametrize("name", FILES)
def test_files(studio: Client, name: str) -> None:
    response = studio.colorize(FILES[name]())
    detail = response.json()["detail"]
    assert 400 <= response.status_code < 500, detail
    assert detail.startswith("photo: ")
    assert tempfile.gettempdir() not in detail


@pytest.mark.parametrize(
    "file_name", ["../../etc/passwd", "<script>alert(1)</script>.jpg", "a" * 3000, "x\0y", "🦊" * 50]
)
def test_names_are_not_looked_at(studio: Client, photo: bytes, file_name: str) -> None:
    response = studio.session.post(
        f"{studio.url}/v1/colorize", files={"photo": (file_name, photo)}, data={"grey": "1"}, timeout=60
    )
    assert response.status_code == 200
    assert "script" not in response.text


def test_a_hundred_megabytes_of_zeros(studio: Client) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(100):
            yield bytes(1 << 20)

    for body in (pieces(), bytes(100 << 20)):  # of unknown and of known length
        headers = {"Content-Type": "application/octet-stream"}
        try:
            response = studio.session.post(f"{studio.url}/v1/colorize", data=body, headers=headers, timeout=60)
        except OSError:  # what is eight times the limit need not be heard out
            continue
        assert response.status_code in (408, 413)
    body = {"photo": base64.b64encode(bytes(4 * LIMITS.upload_bytes)).decode()}
    response = studio.session.post(f"{studio.url}/v1/colorize", json=body, timeout=60)
    assert response.status_code == 413
    assert "2 MB" in response.json()["detail"]
