"""A plain folder of colour photos, unlabelled, with its sub-folders."""

from pathlib import Path

from chromantic.data.example import Example
from chromantic.errors import ChromanticError

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})


def folder_examples(root: Path) -> list[Example]:
    """The photos below a folder, in the order of their paths; hidden files and other kinds of files are left out.

    Raises:
        ChromanticError: no such folder, or no photo in it.
    """
    if not root.is_dir():
        raise ChromanticError(f"{root}: no such folder; name a folder of photos")
    paths = sorted(
        path
        for path in root.rglob("*")
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
    )
    if not paths:
        raise ChromanticError(f"{root}: no photos in it ({', '.join(sorted(SUFFIXES))}); name a folder of photos")
    return [
        Example(f"{root.resolve().name}/{path.relative_to(root).with_suffix('').as_posix()}", path) for path in paths
    ]
