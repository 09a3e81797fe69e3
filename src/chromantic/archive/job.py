"""One photo of an archive, from file to file."""

import errno
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from chromantic.archive.manifest import Outcome, Version
from chromantic.colorizer import Colorizer, Draws
from chromantic.errors import ChromanticError
from chromantic.files import sha256
from chromantic.photo import FORMATS, check_format, result_format

_TEMPORARY = ".chromantic-*"  # what `write_whole` leaves where it is killed


@dataclass(frozen=True)
class Options:
    """How every photo of an archive is colorized, as `Colorizer.colorize` and `Colorization.save` take it."""

    seed: int | None = None
    temperature: float | None = None
    candidates: int | None = None
    restore_contrast: bool = False
    apply_contrast: bool = False
    format: str | None = None

    def check(self) -> None:
        """Whether they are in range.

        Raises:
            ChromanticError: they are not.
        """
        Draws.asked_for(seed=self.seed, temperature=self.temperature, candidates=self.candidates)
        check_format(self.format)

    @property
    def text(self) -> str:
        """In one line, for the manifest."""
        return json.dumps(asdict(self), sort_keys=True)


class DiskFullError(ChromanticError):
    """Nothing more can be written: the photos that are left would all fail."""


def output_of(path: Path, options: Options) -> tuple[Path, str]:
    """Where the result of a photo goes, and its format, both by the photo's name alone.

    A result has the photo's own name, with the suffix of another format behind it: `a.tif` for `a.tif`, `a.jpg.png` for
    `a.jpg`. So photos whose names differ in their suffix only do not meet.
    """
    suffix = path.suffix.lower()
    form = options.format or result_format({".tif": "tiff", ".tiff": "tiff", ".webp": "webp"}.get(suffix))
    own = suffix in FORMATS[form].suffixes
    return (path if own else path.with_name(path.name + FORMATS[form].suffix)), form


def colorize_file(
    colorizer: Colorizer, source: Path, target: Path, path: Path, version: Version, options: Options
) -> Outcome:
    """Colorizes a photo of the folder `source` into the folder `target`; what is wrong with it becomes the outcome.

    Args:
        colorizer: What colorizes.
        source: The input folder.
        target: The output folder.
        path: The photo in the input folder.
        version: Of the photo's file.
        options: How to colorize.

    Raises:
        DiskFullError: There is no room for the result.
    """
    start, digest = time.monotonic(), None
    try:
        digest = sha256(source / path)
        output, form = output_of(path, options)
        if not (target / output).parent.resolve().is_relative_to(target.resolve()):
            raise ChromanticError(f"{target / output}: a link leads out of the output folder; remove it")
        how = {name: value for name, value in asdict(options).items() if name != "format"}
        result = colorizer.colorize(source / path, **how)
        result.save(target / output, format=form)
    except Exception as error:  # one photo's trouble, of whatever kind, must not end the work on all others
        if _is_full(error):
            raise DiskFullError(f"{target}: the disk is full; make room and start again") from error
        known = isinstance(error, ChromanticError)
        message = str(error) if known else f"{source / path}: {type(error).__name__} {error}"
        return Outcome(path, version, digest, error=" ".join(message.splitlines()))
    return Outcome(path, version, digest, output, seconds=time.monotonic() - start)


def remove_leftovers(folder: Path) -> None:
    """Removes what a killed run has left half-written directly in a folder."""
    for leftover in folder.glob(_TEMPORARY):
        for file in leftover.iterdir():
            file.unlink()
        leftover.rmdir()


def _is_full(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if os.strerror(errno.ENOSPC) in str(error):  # libvips' words for it
            return True
        error = error.__cause__
    return False
