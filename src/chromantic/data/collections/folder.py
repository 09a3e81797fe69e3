"""A plain folder of colour photos, unlabelled, with its sub-folders."""

from pathlib import Path

from chromantic.data.example import Example
from chromantic.errors import ChromanticError


def folder_examples(root: Path) -> list[Example]:
    """The photos below a folder, in the order of their paths.

    Raises:
        ChromanticError: No such folder, or no photo in it.
    """
    from chromantic.photo import photos_in  # here: the command line needs this file for its help

    if not root.is_dir():
        raise ChromanticError(f"{root}: no such folder; name a folder of photos")
    return [
        Example(f"{root.resolve().name}/{path.relative_to(root).with_suffix('').as_posix()}", path)
        for path in photos_in(root, subfolders=True)
    ]
