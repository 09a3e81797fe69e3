"""Finds photographs in folders."""

import logging
import os
import re
from collections.abc import Sequence
from pathlib import Path

from chromantic.errors import ChromanticError

_SUFFIXES = {
    ".avif", ".bmp", ".gif", ".heic", ".heif", ".j2c", ".j2k", ".jfif", ".jhc", ".jp2", ".jpe", ".jpeg", ".jpg", ".jph",
    ".jpx", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tga", ".tif", ".tiff", ".webp",
}  # fmt: skip
_RESULT_NAME = re.compile(r"(.+)\.(color(-[a-z\d.-]+)?|segmentation|uncertainty)\.(png|tif|jpg|webp)", re.DOTALL)
_log = logging.getLogger(__name__)


def find_photos(paths: Sequence[str | os.PathLike[str]]) -> list[Path]:
    """The photo files among the paths; a folder stands for the photos directly inside it, in order of name.

    Raises:
        ChromanticError: A path does not exist, or a folder holds no photo.
        OSError: A folder cannot be read.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if not path.exists():
            raise ChromanticError(f"{path}: no such file or folder; check the path")
        found.extend(photos_in(path) if path.is_dir() else [path])
    once: dict[Path, Path] = {}
    for file in found:
        once.setdefault(file.resolve(), file)
    return list(once.values())


def is_photo_name(name: str) -> bool:
    """Whether a file of this name is taken for a photo."""
    return os.path.splitext(name)[1].lower() in _SUFFIXES


def photos_in(folder: Path, *, subfolders: bool = False) -> list[Path]:
    """The photos in a folder, in order of path. A warning in the log says how many files are no photos.

    Hidden files are left out. So are results of an earlier run: NAME.color.png and the like beside the photo NAME.

    Args:
        folder: An existing folder.
        subfolders: Look into its sub-folders, too.

    Raises:
        ChromanticError: There is no photo.
        OSError: The folder cannot be read.
    """
    paths = sorted(folder.rglob("*") if subfolders else folder.iterdir())
    files = [path for path in paths if not path.name.startswith(".") and path.is_file()]
    photos = [file for file in files if is_photo_name(file.name)]
    if not photos:
        raise ChromanticError(f"{folder}: no photos in this folder; give a folder with JPEG, PNG, TIFF or WebP files")
    if others := len(files) - len(photos):
        _log.warning("%s: files skipped that are no photos: %d", folder, others)
    names = {file.with_suffix("") for file in photos}
    return [
        file
        for file in photos
        if not ((result := _RESULT_NAME.fullmatch(file.name)) and file.with_name(result[1]) in names)
    ]


def results_in(folder: Path) -> dict[str, Path]:
    """A colorizer's pictures directly inside a folder, by the name of the photo: NAME for NAME.color.png, too.

    Raises:
        ChromanticError: There is no such folder, no picture in it, or two of one name.
    """
    if not folder.is_dir():
        raise ChromanticError(f"{folder}: no such folder; give a folder of pictures")
    files: dict[str, Path] = {}
    for file in photos_in(folder):
        name = file.stem.removesuffix(".color")
        if name in files:
            raise ChromanticError(f"{file}: has the name of {files[name].name}; keep one of them")
        files[name] = file
    return files
