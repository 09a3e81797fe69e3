"""Runs commands, and looks at what they leave."""

import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from chromantic.cli import main


def opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image


def files_under(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def gigapixel_png() -> bytes:
    def chunk(content: bytes) -> bytes:
        return struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))

    header = b"IHDR" + struct.pack(">IIBBBBB", 40_000, 25_001, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(header) + chunk(b"IDAT" + zlib.compress(b""))


def refused(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: object) -> str:
    before = files_under(folder)
    assert run(*arguments) == 2
    assert files_under(folder) == before
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("chromantic: ")
    assert captured.err.count("\n") == 1
    return captured.err


def errors_in(text: str) -> list[str]:
    lines = text.splitlines()
    assert all(line.startswith("chromantic: ") for line in lines), text
    return [line.removeprefix("chromantic: ") for line in lines]
