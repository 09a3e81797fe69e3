"""Colorizers that do not work as they should, loaded in the studio's worker processes."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chromantic.colorization import Colorization
from chromantic.colorizer import Colorizer
from chromantic.errors import ChromanticError
from chromantic.photo import header

Progress = Callable[[int, int], None] | None


def is_photo(photo: Any) -> bool:
    """Whether it is one, and not the few pixels that warm a worker."""
    return not hasattr(photo, "shape")


class _Slow(Colorizer):
    until: Path

    def colorize(self, photo: Any, *arguments: Any, **choices: Any) -> Colorization:
        while is_photo(photo) and not self.until.exists():
            time.sleep(0.01)
        return super().colorize(photo, *arguments, **choices)


class _Watched(Colorizer):
    rows: Path

    def colorize(self, photo: Any, *arguments: Any, callback: Progress = None, **choices: Any) -> Colorization:
        def slowly(row: int, of: int) -> None:
            with self.rows.open("a") as file:
                file.write(f"{row}\n")
            time.sleep(0.05)
            assert callback
            callback(row, of)

        return super().colorize(photo, *arguments, callback=slowly if callback else None, **choices)


class _Failing(Colorizer):
    begun: bool

    def colorize(self, photo: Any, *_: Any, callback: Progress = None, **choices: Any) -> Colorization:
        if not is_photo(photo):
            return super().colorize(photo, **choices)
        if callback and self.begun:
            callback(2, 2)
        raise ChromanticError("photo: too dark; find a brighter one")


class _Broken(Colorizer):
    def colorize(self, photo: Any, *arguments: Any, **choices: Any) -> Colorization:
        if is_photo(photo):
            raise RuntimeError("a secret")
        return super().colorize(photo, *arguments, **choices)


class _Stuck(Colorizer):
    """Hears nothing, as a library does that loops over a hostile file."""

    once: Path

    def colorize(self, photo: Any, *arguments: Any, **choices: Any) -> Colorization:
        if is_photo(photo) and not self.once.exists():
            self.once.write_text(str(os.getpid()))
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            while True:
                time.sleep(1)
        return super().colorize(photo, *arguments, **choices)


class _Dying(Colorizer):
    def colorize(self, photo: Any, *arguments: Any, **choices: Any) -> Colorization:
        if is_photo(photo):
            os.kill(os.getpid(), signal.SIGSEGV)
        return super().colorize(photo, *arguments, **choices)


def load_odd(kind: str, weights: Path, **attributes: Any) -> Colorizer:
    """Loads a colorizer of a kind.

    Args:
        kind: `slow` (works once the file `until` is there), `watched` (lists its `rows` in a file), `failing` (after
            the draw has `begun`, or before), `broken`, `stuck` (the first time, told by the file `once`) or `dying`.
        weights: The file.
        **attributes: Of the kind.
    """
    (odd,) = (odd for odd in Colorizer.__subclasses__() if odd.__name__ == f"_{kind.capitalize()}")
    colorizer = odd(Colorizer.from_pretrained(weights).engine)
    vars(colorizer).update(attributes)
    return colorizer


def load_without_heic(weights: Path) -> Colorizer:
    """Loads a colorizer where pi-heif is not installed."""
    header.find_spec = lambda name: None
    return Colorizer.from_pretrained(weights)
