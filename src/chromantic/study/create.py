"""Puts the pictures of a study together, so that only their colours tell them apart."""

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from chromantic.errors import ChromanticError
from chromantic.files import check_writable, sha256
from chromantic.photo import colour_image, read_photo, results_in
from chromantic.progress import track
from chromantic.study.store import ORIGINALS, StudyPicture, write_study

MAX_SIDE = 1024
"""Pixels of a picture's longer side, at most. Every system's are shrunk alike, so that a phone gets them quickly."""


def create_study(path: Path, originals: Path, systems: Sequence[Path], seed: int = 0) -> tuple[int, int]:
    """Makes a study. Every picture is read before anything is written.

    All become PNG files without metadata, so that neither format nor size tells what made them.

    Args:
        path: The `.sqlite` file to write; it appears whole or not at all.
        originals: Folder of the photos in their own colours.
        systems: Folders of the colorized photos, under the originals' names (`NAME.*`, or `NAME.color.png`) and of
            their size. A folder's name is its system's.
        seed: Fixes which pictures each person sees, and in which order.

    Returns:
        Numbers of photos and of pictures.

    Raises:
        ChromanticError: The file exists or cannot be written; a folder is missing, holds other names than the
            originals', or is named like another; or a picture is unreadable, transparent or of another size.
    """
    if path.suffix != ".sqlite":
        raise ChromanticError(f"{path}: a study is named *.sqlite; rename it")
    if path.exists():
        raise ChromanticError(f"{path}: exists, and may hold people's answers; choose another name")
    check_writable(path)
    if not systems:
        raise ChromanticError("no system to judge; name at least one folder of results")
    folders = {ORIGINALS: originals}
    for folder in systems:
        name = folder.resolve().name
        if name in folders:
            raise ChromanticError(
                f"{folder}: another folder is named {name}, too; rename one, its name is the system's"
            )
        folders[name] = folder
    files = {system: results_in(folder) for system, folder in folders.items()}
    for system in files:
        _check_names(files[system], files[ORIGINALS], folders[system], originals)
    names = list(files[ORIGINALS])
    plan = [(name, system) for name in names for system in files]
    sizes: dict[str, tuple[int, int]] = {}
    pictures = []
    for name, system in track(plan, "Reading pictures"):
        file = files[system][name]
        picture = _read(file)
        size = sizes.setdefault(name, picture.size)  # the original comes first
        if picture.size != size:
            raise ChromanticError(
                f"{file}: is {picture.width} x {picture.height}, its original {size[0]} x {size[1]}; resize it"
            )
        picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
        png = _png(picture)
        pictures.append(StudyPicture(name, system, sha256(file), hashlib.sha256(png).hexdigest(), png))
    write_study(path, pictures, seed)
    return len(names), len(pictures)


def _png(picture: Image.Image) -> bytes:
    """A file of nothing but the picture, without the seal of results."""
    file = io.BytesIO()
    picture.save(file, "png")
    return file.getvalue()


def _check_names(files: dict[str, Path], originals: dict[str, Path], folder: Path, originals_folder: Path) -> None:
    for name in originals:
        if name not in files:
            raise ChromanticError(
                f"{folder}: has no picture of {originals[name]}; add {name}.png, or take the original away"
            )
    for name, file in files.items():
        if name not in originals:
            raise ChromanticError(f"{file}: has no original in {originals_folder}; add it, or take this one away")


def _read(file: Path) -> Image.Image:
    """The picture in 8-bit RGB."""
    photo = read_photo(file)
    if photo.alpha is not None:
        raise ChromanticError(f"{file}: is transparent, and a page would show through; save it without transparency")
    return colour_image(photo).convert("RGB")
