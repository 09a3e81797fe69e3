"""Files made to do harm: every one becomes an error or a picture, in little time and memory."""

import importlib.util
import io
import json
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
import pyvips
import tifffile
from heic_file import heic
from PIL import Image

from chromantic.errors import ChromanticError
from chromantic.photo import read_photo

FUZZED = 200
SECONDS, BYTES = 10, 2 << 30

_READER = """
import json, resource, sys, time
from chromantic.colorizer import Colorizer
from chromantic.errors import ChromanticError
colorizer = Colorizer.from_pretrained(sys.argv[1])
for path in sys.argv[2:]:
    start = time.monotonic()
    try:
        colorizer.colorize(path).save(path + ".png")
        ended = "picture"
    except ChromanticError as error:
        ended = "error" if "\\n" not in str(error) else "two lines"
    who = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN  # HEIC has a process of its own
    peak = max(resource.getrusage(kind).ru_maxrss for kind in who) * 1024
    print(json.dumps([path, ended, time.monotonic() - start, peak]), flush=True)
"""


def seeds_of(folder: Path) -> list[Path]:
    """A photo in every format that can be read."""
    y, x = np.mgrid[:120, :160]
    noise = np.random.default_rng(0).integers(0, 40, (120, 160))
    levels = np.clip(x + y / 2 + noise, 0, 255).astype(np.uint8)
    image = Image.fromarray(np.dstack([levels, levels, levels // 2]))
    for name in ["a.jpg", "a.png", "a.webp", "a.jp2", "a.gif", "a.bmp", "a.avif", "a.ppm", "a.tga"]:
        image.save(folder / name)
    image.save(folder / "progressive.jpg", progressive=True)
    for compression in ("none", "lzw", "deflate", "jpeg"):
        pyvips.Image.new_from_array(np.asarray(image)).tiffsave(
            str(folder / f"{compression}.tif"), compression=compression, tile=compression in ("lzw", "jpeg")
        )
    pyvips.Image.new_from_array(np.asarray(image).astype(np.uint16) * 257).copy(interpretation="rgb16").write_to_file(
        str(folder / "deep.png")
    )
    if importlib.util.find_spec("pi_heif"):
        (folder / "a.heic").write_bytes(heic())
    return sorted(folder.iterdir())


def fuzz(content: bytes, rng: np.random.Generator) -> bytes:
    """Flips bits, most of them near the start, where headers are; or cuts the file."""
    if rng.random() < 0.25:
        return content[: rng.integers(1, len(content))]
    changed = bytearray(content)
    for _ in range(rng.integers(1, 12)):
        end = len(content) if rng.random() < 0.5 else min(300, len(content))
        changed[rng.integers(0, end)] ^= 1 << rng.integers(0, 8)
    return bytes(changed)


@pytest.mark.slow
def test_fuzzed_files_of_every_format(tmp_path, tiny_weights):
    (tmp_path / "seeds").mkdir()
    seeds, rng = seeds_of(tmp_path / "seeds"), np.random.default_rng(0)
    paths = []
    for number in range(FUZZED):
        seed = seeds[number % len(seeds)]
        paths.append(tmp_path / f"{number:03d}-{seed.name}")
        paths[-1].write_bytes(fuzz(seed.read_bytes(), rng))
    command = [sys.executable, "-c", _READER, tiny_weights, *paths]
    process = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, timeout=550)
    assert process.returncode == 0, process.stderr[-2000:]
    records = [json.loads(line) for line in process.stdout.splitlines()]
    assert [record[0] for record in records] == [str(path) for path in paths]
    endings = [record[1] for record in records]
    print({kind: endings.count(kind) for kind in set(endings)}, max(record[2] for record in records), records[-1][3])
    assert set(endings) == {"picture", "error"}
    assert max(record[2] for record in records) < SECONDS
    assert records[-1][3] < BYTES


def png(width: int, height: int, data: bytes) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(data)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_bombs_and_absurd_headers_are_refused_before_they_are_decoded(tmp_path):
    bombs = {"giant.png": png(100_000, 100_000, b""), "wide.png": png(2**31 - 1, 2**31 - 1, b"")}
    sizes = (b"\xff" * 4, struct.pack("<I", 60_000))
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<H", 2)
    for number, size in enumerate(sizes):
        bombs[f"{number}.tif"] = tiff + b"\0\1\4\0\1\0\0\0" + size + b"\1\1\4\0\1\0\0\0" + size + bytes(4)
    webp = bytearray(1000)
    webp[:4], webp[8:16] = b"RIFF", b"WEBPVP8 "
    bombs["a.webp"] = bytes(webp)
    for name, content in bombs.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ChromanticError, match=name):
            read_photo(tmp_path / name)


def test_a_small_file_that_says_it_is_large_is_refused(tmp_path):
    (tmp_path / "bomb.png").write_bytes(png(20_000, 20_000, bytes(1000)))
    with pytest.raises(ChromanticError, match="damaged or truncated"):
        read_photo(tmp_path / "bomb.png")


def plain_webp(width: int, height: int) -> bytes:
    """A lossless file of one colour, in fewer bytes than its header would have as text."""
    head = struct.pack("<I", (width - 1) | (height - 1) << 14)
    small = io.BytesIO()
    Image.new("RGB", (8, 8), "grey").save(small, "webp", lossless=True)
    return small.getvalue()[:21] + head + small.getvalue()[25:]


def patched_avif(width: int, height: int) -> bytes:
    small = io.BytesIO()
    Image.new("RGB", (64, 64), "grey").save(small, "avif")
    content = bytearray(small.getvalue())
    struct.pack_into(">II", content, content.index(b"ispe") + 8, width, height)
    return bytes(content)


def plain_jpeg2000(width: int, height: int) -> bytes:
    small = io.BytesIO()
    Image.new("L", (64, 64), "grey").save(small, "jpeg2000", no_jp2=True)
    content = bytearray(small.getvalue())
    for place in (8, 24):  # of the picture's and the tile's size
        struct.pack_into(">II", content, place, width, height)
    return bytes(content)


@pytest.mark.parametrize("make", [plain_webp, patched_avif, plain_jpeg2000])
def test_few_bytes_that_claim_many_pixels_cost_little(make):
    start = time.process_time()
    with pytest.raises(ChromanticError, match=r"^photo: 16000 x 16000 pixels in \d+ bytes are too plain"):
        read_photo(make(16_000, 16_000))
    assert time.process_time() - start < 0.5


def test_a_plain_webp_of_usual_size_is_read():
    assert (read_photo(plain_webp(4000, 4000)).pixels == 128).all()


def test_tiffs_without_end(tmp_path):
    tifffile.imwrite(tmp_path / "endless.tif", np.full((30, 40), 90, np.uint8))
    content = bytearray((tmp_path / "endless.tif").read_bytes())
    start = struct.unpack("<I", content[4:8])[0]
    (entries,) = struct.unpack("<H", content[start : start + 2])
    end = start + 2 + 12 * entries
    content[end : end + 4] = struct.pack("<I", start)  # the next page is this one
    (tmp_path / "endless.tif").write_bytes(content)
    assert (read_photo(tmp_path / "endless.tif").pixels == 90).all()
    with tifffile.TiffWriter(tmp_path / "many.tif") as writer:
        for _ in range(3000):
            writer.write(np.full((8, 8), 90, np.uint8), contiguous=False)
    assert (read_photo(tmp_path / "many.tif").pixels == 90).all()
