"""What published collections have in common: lists of photos, and the files that they list."""

from pathlib import Path

from chromantic.errors import ChromanticError


def read_list(path: Path) -> list[str]:
    """The names in a list file, one a line, in its order.

    Raises:
        ChromanticError: The list is missing or empty.
    """
    if not path.is_file():
        others = ", ".join(sorted(other.stem for other in path.parent.glob("*.txt"))) or "none"
        raise ChromanticError(f"{path}: no such list of photos (lists there: {others}); name another split")
    names = path.read_text().split()
    if not names:
        raise ChromanticError(f"{path}: the list is empty; restore the file")
    return names


def find_file(folders: tuple[Path, ...], file_name: str) -> Path:
    """The file of this name in the first folder that has one.

    Raises:
        ChromanticError: None of the folders has one.
    """
    for folder in folders:
        if (folder / file_name).is_file():
            return folder / file_name
    raise ChromanticError(f"{folders[-1] / file_name}: listed, but missing; restore it or take it off the list")
