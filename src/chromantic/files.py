"""Files: written whole or not at all, and told apart by what is in them."""

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chromantic.errors import ChromanticError


@contextmanager
def write_whole(path: Path) -> Iterator[Path]:
    """A temporary path to write to, with the suffix of `path`, whose place it takes when the block ends well.

    The folder is made where it is missing. A block that fails leaves no new file, and an older one as it was.

    Raises:
        ChromanticError: The file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".chromantic-") as folder:
            partial = Path(folder) / f"partial{path.suffix}"
            yield partial
            os.replace(partial, path)
    except OSError as error:
        raise _refusal(path, error) from error


def check_writable(path: Path) -> None:
    """Checks, before long work, that a file can be written there and its folder made; leaves no trace.

    Raises:
        ChromanticError: It cannot.
    """
    if path.is_dir():
        raise ChromanticError(f"{path}: is a folder; name a file")
    try:
        folder = next(folder for folder in path.absolute().parents if folder.exists())
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise _refusal(path, error) from error


def sha256(path: Path) -> str:
    """The SHA-256 of a file's content, as 64 hexadecimal digits.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_disk_full(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, is that nothing more can be written."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if os.strerror(errno.ENOSPC) in str(error):  # libvips' words for it
            return True
        error = error.__cause__
    return False


def _refusal(path: Path, error: OSError) -> ChromanticError:
    return ChromanticError(f"{path}: cannot be written ({error.strerror or error}); choose another output")
