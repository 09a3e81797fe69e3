"""Files: written whole or not at all, and told apart by what is in them."""

import errno
import hashlib
import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chromantic.errors import ChromanticError

_partial: set[Path] = set()  # folders of files that are being written
_beginning = threading.Lock()


@contextmanager
def write_whole(path: Path) -> Iterator[Path]:
    """A temporary path to write to, with the suffix of `path`, whose place it takes when the block ends well.

    The folder is made where it is missing. A block that fails leaves no new file, and an older one as it was.

    Raises:
        ChromanticError: The file cannot be written.
    """
    folder = path.parent / f".chromantic-{secrets.token_hex(8)}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _beginning:
            _partial.add(folder)  # known before it is there: a signal may come between
            folder.mkdir(mode=0o700)
        partial = folder / f"partial{path.suffix}"
        yield partial
        os.replace(partial, path)
    except OSError as error:
        raise _refusal(path, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _partial.discard(folder)


def remove_partial_files() -> None:
    """Removes what is half-written, in a process that is ending."""
    for folder in list(_partial):
        shutil.rmtree(folder, ignore_errors=True)


def forsake_partial_files() -> None:
    """Removes what is half-written, and lets no thread begin another file. The process must end right after."""
    _beginning.acquire(timeout=1)  # not endlessly: a signal may have come to the thread that holds it
    remove_partial_files()


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


def copy_dates(source: Path, target: Path) -> None:
    """Gives a file the times of another: when it was last changed, and last read.

    Raises:
        OSError: There is no such file, or its times cannot be set.
    """
    dates = source.stat()
    os.utime(target, ns=(dates.st_atime_ns, dates.st_mtime_ns))


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
