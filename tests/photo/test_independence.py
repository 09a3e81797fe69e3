"""A result depends on its photo alone: not on the photos before it in the process, nor on those beside it."""

import hashlib
import logging
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from described import COMMENTS, IPTC, TEXTS, URIS, XMP, photo_of, write_photo
from PIL import Image

from chromantic.errors import ChromanticError
from chromantic.photo import FORMATS, Provenance, encode_rows, read_photo

PACKETS = (
    XMP,
    XMP.replace(b"lib:", b"y:").replace(b"xmlns:lib", b"xmlns:y"),
    f'<r:RDF xmlns:r="{URIS["rdf"]}"><r:Description xmlns:dc="http://other/" dc:a="1"/></r:RDF>'.encode(),
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:xml="http://poison/" xmlns:xmlns="http://poison/"/>',
    b"<x:xmpmeta",
    b"",
)


def digests(path: str) -> list[str]:
    """What becomes of a photo: a hash of its result in each format, or of the message and the warnings."""
    found: list[str] = []
    for format in FORMATS:
        try:
            photo = read_photo(path)
            pixels = np.repeat(photo.pixels[..., :1], 3, axis=-1)
            content = encode_rows(format, [pixels], pixels.dtype, photo, Provenance("m@1", {}))
        except ChromanticError as error:
            content = str(error).encode()
        found.append(hashlib.sha256(content).hexdigest())
    return found


def photos(folder: Path, count: int) -> list[Path]:
    """Photos of all kinds: described, hostile, damaged and plain ones."""
    choose = random.Random(7)
    found = []
    for number in range(count):
        path = folder / f"{number}.{choose.choice(('jpg', 'png', 'tif', 'webp'))}"
        more: dict[str, Any] = {"xmp": choose.choice(PACKETS), "iptc": choose.choice((IPTC, b""))}
        more |= {"comments": choose.choice((COMMENTS, ())), "texts": choose.choice((TEXTS, {}))}
        if choose.random() < 0.5:
            photo_of(path, choose.choice("<>"), **more)
        else:
            write_photo(path, **more)
        if choose.random() < 0.2:
            content = bytearray(path.read_bytes())
            for _ in range(3):
                content[choose.randrange(len(content))] = choose.randrange(256)
            path.write_bytes(content)
        found.append(path)
    Image.linear_gradient("L").save(folder / "photo.gif", comment=b"a comment")
    return [*found, folder / "photo.gif"]


def alone(path: Path) -> list[str]:
    """What becomes of a photo in a process of its own."""
    return child("print(*digests(sys.argv[1]))", str(path)).split()


def child(code: str, *arguments: str) -> str:
    folders = [str(Path(__file__).parent), str(Path(__file__).parents[1]), *sys.path]
    code = f"import sys; sys.path[:0] = {folders!r}; from test_independence import *; {code}"
    return subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True).stdout


def print_by_forks(paths: str) -> None:
    """Prints, for each path in a file, what becomes of it in a fork."""
    for path in Path(paths).read_text().splitlines():
        if os.fork():
            os.wait()
        else:
            print(path, *digests(path), flush=True)
            os._exit(0)


def alone_by_forks(paths: list[Path], folder: Path) -> dict[Path, list[str]]:
    """What becomes of each photo in a fork of a process that has read none: as in one of its own, but sooner."""
    (folder / "paths").write_text("\n".join(map(str, paths)))
    lines = child("print_by_forks(sys.argv[1])", str(folder / "paths")).splitlines()
    return {Path(path): found for path, *found in map(str.split, lines)}


def test_bytes_are_those_of_a_process_of_its_own(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    paths = photos(tmp_path, 9)
    expected = alone_by_forks(paths, tmp_path)
    assert alone(paths[0]) == expected[paths[0]]
    check(paths, expected, 3)


@pytest.mark.slow
def test_bytes_of_many_photos(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """For more photos: `CHROMANTIC_PHOTOS=10000 pytest -m slow tests/photo/test_independence.py --timeout=0`."""
    caplog.set_level(logging.ERROR)
    count = int(os.environ.get("CHROMANTIC_PHOTOS", "200"))
    paths = photos(tmp_path, count)
    check(paths, alone_by_forks(paths, tmp_path), 3 if count <= 200 else 1)


def check(paths: list[Path], expected: dict[Path, list[str]], times: int) -> None:
    """Compares what becomes of photos in random orders, and beside each other, with what is expected."""
    for seed in range(times):
        order = random.Random(seed).sample(paths, len(paths))
        assert {path: digests(str(path)) for path in order} == expected
    results = [path for path in paths if len(set(expected[path])) > 1]  # of failures, all formats say the same
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(digests, map(str, results * times))) == [expected[path] for path in results * times]
