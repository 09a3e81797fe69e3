"""A folder for the files in work: each process has its own, which goes with it, even if it was killed."""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "chromantic-studio-"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """An empty folder for the time of the block. Those of processes that were killed are removed first."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        _remove_abandoned(folder)
    with (
        tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name,
        (Path(name) / "lock").open("w") as lock,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)  # which the system opens when the process ends, however it does
        yield Path(name)


def _remove_abandoned(folder: Path) -> None:
    """Removes a folder whose process has ended; another user's folder, or one in use, stays."""
    try:
        with (folder / "lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        return
