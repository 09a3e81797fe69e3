"""Files that appear whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chromantic.errors import ChromanticError


@contextmanager
def write_whole(path: Path) -> Iterator[Path]:
    """A temporary path to write to, with the suffix of `path`, whose place it takes when the block ends well.

    The folder is made where it is missing. A block that fails leaves nothing, and an older file as it was.

    Raises:
        ChromanticError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".chromantic-") as folder:
            partial = Path(folder) / f"partial{path.suffix}"
            yield partial
            os.replace(partial, path)
    except OSError as error:
        raise ChromanticError(
            f"{path}: cannot be written ({error.strerror or error}); choose another output"
        ) from error
