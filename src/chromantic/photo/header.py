"""What the first bytes of a photo's file say: its kind and size, and by what it is decoded."""

import io
import os
import struct
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO, TypeAlias

import pyvips
from PIL import ExifTags, Image

from chromantic.errors import ChromanticError
from chromantic.parallel import check_process
from chromantic.photo.metadata.png import without_texts
from chromantic.photo.tiff import Page, read_page
from chromantic.photo.unread import foreign_kind

PhotoFile: TypeAlias = str | os.PathLike[str] | bytes | BinaryIO
"""A path, the content of a file, or a file that is open for reading bytes."""

HEAD = 32
"""Bytes of a file that tell its kind."""
_MAGIC = {
    b"\xff\xd8\xff": "jpeg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"II+\0": "tiff",
    b"MM\0+": "tiff",
}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_LOADERS = {"avif": "heifload_source", "heic": "heifload_source"}  # else the kind's own; of HEIC the header alone


class UnknownKindError(ChromanticError):
    """A file is of no kind that can be read here."""


@dataclass(frozen=True)
class Header:
    """What a file says of its photo.

    Attributes:
        kind: `jpeg`, `png`, `tiff`, `webp`, `avif` or `heic`; or what Pillow calls it, in lower case.
        width: Of the upright photo, in pixels.
        height: Of the upright photo, in pixels.
    """

    kind: str
    width: int
    height: int


class Source:
    """The file of a photo, on disk or in memory.

    Attributes:
        name: In messages: the path, or what the caller calls the photo.
        path: None in memory.
    """

    def __init__(self, file: PhotoFile, name: str) -> None:
        """Takes a file; one that is open is read to its end.

        Raises:
            ChromanticError: It is neither path nor bytes, or open as text.
        """
        self.path: Path | None = None
        self._content: bytes = b""
        self._shorter: bytes | None = None  # what libvips is given in place of a PNG file with large texts
        if isinstance(file, str | os.PathLike):
            self.path = Path(file)
        elif isinstance(file, bytes | bytearray | memoryview):
            self._content = bytes(file)
        elif hasattr(file, "read"):
            self._content = file.read()
            if not isinstance(self._content, bytes):
                raise ChromanticError(f"{name}: the file is open as text; open it for reading bytes (rb)")
        else:
            kinds = "a path, bytes, an open file, a Pillow image or an array"
            raise ChromanticError(f"{name}: {type(file).__name__} is no photo; give {kinds}")
        self.name = str(self.path or name)

    def open(self) -> BinaryIO:
        """The file from its start.

        Raises:
            ChromanticError: It is missing, empty, no file, or cannot be opened.
        """
        path = self.path
        try:
            if path and not path.exists():
                raise ChromanticError(f"{path}: no such file; check the path")
            if path and not path.is_file():
                raise ChromanticError(f"{path}: not a file; give a photo")
            if not (path.stat().st_size if path else self._content):
                raise ChromanticError(f"{self.name}: the file is empty; get a fresh copy")
            return path.open("rb") if path else io.BytesIO(self._content)
        except OSError as error:
            raise ChromanticError(f"{path}: cannot be opened ({error.strerror}); check its permissions") from error

    @property
    def size(self) -> int:
        """Of the file, in bytes.

        Raises:
            ChromanticError: As `open` does.
        """
        with self.open() as file:
            return file.seek(0, os.SEEK_END)

    def open_in_vips(self, kind: str, **options: object) -> pyvips.Image:
        """The image of a file of a kind that `kind_of` tells; its pixels are decoded when they are asked for.

        Raises:
            pyvips.Error: The header is damaged.
        """
        loader = _LOADERS.get(kind, f"{kind}load_source")
        if kind == "png" and self._shorter is None:
            with self.open() as file:
                self._shorter = without_texts(file) or b""
        if self.path is None or self._shorter:
            source = pyvips.Source.new_from_memory(self._shorter or self._content)
        else:
            with self.path.open("rb") as file:
                source = pyvips.Source.new_from_descriptor(file.fileno())  # not by name: libvips reads options in names
        return pyvips.Operation.call(loader, source, **{"fail_on": "error", **options})


def read_header(photo: PhotoFile, name: str = "photo") -> Header:
    """Reads the kind and the size of a photo, of any size, without decoding it.

    Args:
        photo: The file.
        name: What messages call a photo that has no path.

    Raises:
        UnknownKindError: It is no picture, or one in HEIC where pi-heif is not installed.
        ChromanticError: It is missing, empty or damaged.
    """
    check_process()
    source = Source(photo, name)
    with source.open() as file:
        kind = kind_of(file.read(HEAD))
        if kind is None:
            image = open_in_pillow(file, source.name)
            orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
            kind = (image.format or "").lower()
        else:
            check_support(kind, source.name)
            page = tiff_page(source) if kind == "tiff" else None
            if page and not page.by_libvips:
                return Header(kind, *(page.size[::-1] if swaps_sides(page.orientation) else page.size))
            try:
                image = source.open_in_vips(kind, access="sequential")
            except pyvips.Error as error:
                raise damaged(source.name, one_line(error)) from error
            finally:
                forget_complaints()
            orientation = orientation_of(image)
    size = (image.width, image.height)
    return Header(kind, *(size[::-1] if swaps_sides(orientation) else size))


def kind_of(head: bytes) -> str | None:
    """The kind of a file that starts so; None for one that is none, or that Pillow alone may know."""
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp" and b"avif" in head[8:HEAD]:
        return "avif"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS:
        return "heic"
    return None


def check_support(kind: str, name: str) -> None:
    """Checks that files of the kind can be decoded.

    Raises:
        UnknownKindError: It is HEIC, and pi-heif is not installed.
    """
    if kind == "heic" and find_spec("pi_heif") is None:
        remedy = "save it as JPEG, or, in a clone of Chromantic, run pip install '.[heic]'"
        raise UnknownKindError(f"{name}: HEIC needs pi-heif, which is not installed; {remedy}")


def tiff_page(source: Source) -> Page:
    """The first page of a TIFF file.

    Raises:
        UnknownKindError: It is of a kind that is not read here.
        ChromanticError: Its directory is broken.
    """
    with source.open() as file:
        page = read_page(file)
    if page is None:
        raise damaged(source.name, "its directory is broken")
    if page.unread:
        raise not_read(source.name, page.unread)
    return page


def open_in_pillow(file: BinaryIO, name: str) -> Image.Image:
    """The image of a file; its pixels are decoded when they are asked for.

    Raises:
        UnknownKindError: It is no picture.
        ChromanticError: Its header is damaged.
    """
    Image.init()
    file.seek(0)
    head = file.read(16)
    for open_image, accepts in map(
        Image.OPEN.__getitem__, Image.ID
    ):  # Image.open has a limit of pixels for all threads
        try:
            if not accepts or accepts(head) is True:
                file.seek(0)
                return open_image(file, "")
        except (SyntaxError, IndexError, TypeError, struct.error):  # not of this kind
            continue
        except Exception as error:  # Pillow's readers meet damaged headers with exceptions of every kind
            raise ChromanticError(f"{name}: cannot be opened ({one_line(error)}); get a fresh copy") from error
    file.seek(0)
    if what := foreign_kind(file.read(HEAD)):
        raise not_read(name, what)
    raise UnknownKindError(f"{name}: not a picture, or a damaged one; give a JPEG, PNG, TIFF or WebP")


def orientation_of(image: pyvips.Image) -> int:
    """EXIF's orientation, 1 to 8; 1 where the file has none."""
    return int(image.get("orientation")) if image.get_typeof("orientation") else 1


def swaps_sides(orientation: int) -> bool:
    """Whether an EXIF orientation makes the stored width the photo's height."""
    return orientation > 4


def not_read(name: str, what: str) -> UnknownKindError:
    """What to raise for a file that is whole but of a kind that is not read here."""
    return UnknownKindError(f"{name}: {what} is not read here; save it as PNG, or as TIFF of 8 or 16 bits")


def damaged(name: str, why: str) -> ChromanticError:
    """What to raise for a file that breaks off or makes no sense."""
    return ChromanticError(f"{name}: damaged or truncated ({why}); get a fresh copy")


def forget_complaints() -> None:
    """Empties what libvips keeps of a file that it read in spite of a fault; the next error would tell it."""
    pyvips.vips_lib.vips_error_clear()


def one_line(error: Exception) -> str:
    """An exception's message, or its name where it has none."""
    return " ".join(str(error).split()) or type(error).__name__
