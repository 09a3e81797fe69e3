"""Photos that failed, which are told of when the others are done."""

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from chromantic.cli.program import STDIO
from chromantic.errors import ChromanticError, describe


class Failures:
    """Collects what failed in a block, and prints a line for each at its end, also when it is interrupted."""

    def __init__(self, debug: bool) -> None:
        """Begins without any; `debug` shows where each error came from."""
        self._debug = debug
        self._lines: list[str] = []

    def __enter__(self) -> "Failures":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for line in self._lines:
            print("chromantic:", line, file=sys.stderr)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._lines)

    @property
    def exit_code(self) -> int:
        """1 where something failed, else 0."""
        return 1 if self._lines else 0

    def add(self, name: Path, error: Exception) -> None:
        """Takes a photo that failed, and why."""
        if self._debug:
            traceback.print_exception(error)
        self._lines.append(describe(name, error))


def find_photos(paths: Sequence[Path], failures: Failures) -> list[Path]:
    """The photos among the paths. A path that cannot be used fails; the only one is refused.

    Raises:
        ChromanticError: There is one path, and it cannot be used.
        OSError: There is one path, a folder that cannot be read.
    """
    from chromantic.photo import find_photos

    found: dict[Path, Path] = {}
    for path in paths:
        try:
            files = [path] if path == STDIO else find_photos([path])
        except (ChromanticError, OSError) as error:
            if len(paths) == 1:
                raise
            failures.add(path, error)
            continue
        for file in files:
            found.setdefault(file.resolve(), file)
    return list(found.values())
