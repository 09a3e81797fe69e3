"""Where the results of photos go."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from chromantic.cli.failures import Failures
from chromantic.cli.program import STDIO
from chromantic.errors import ChromanticError

Outputs = dict[Path, dict[str, Path]]
"""Of each photo, the file of each kind of result: `color`, or `color-1`, `color-2` ..., and maps."""


def check_streams(photos: Sequence[Path], output: Path | None, results: int) -> None:
    """Checks that what goes through standard input and standard output is one photo and one result.

    Args:
        photos: Files and folders, or `STDIO`.
        output: A folder, or `STDIO`; None for each photo's own folder.
        results: How many a photo has.

    Raises:
        ChromanticError: It is not, or standard output is a terminal.
    """
    if STDIO in photos and len(photos) > 1:
        raise ChromanticError("-: standard input is one photo; give it alone")
    if output == STDIO:
        if len(photos) > 1 or photos[0].is_dir() or results > 1:
            raise ChromanticError("-: standard output takes one result of one photo; name a folder with --output")
        if sys.stdout.isatty():
            raise ChromanticError("-: standard output is a terminal; redirect it, or name a folder with --output")


def plan_outputs(
    suffixes: Mapping[Path, str], folder: Path | None, kinds: Sequence[str], failures: Failures
) -> Outputs:
    """Finds a place for each result: no two share one, and none is that of a photo. A photo without places fails.

    Args:
        suffixes: Of each photo's colorizations.
        folder: For all results; None for each photo's own.
        kinds: Of results, in order.
        failures: Takes photos without places.
    """
    if folder == STDIO:
        return {file: dict.fromkeys(kinds, STDIO) for file in suffixes}
    photos = {file.resolve() for file in suffixes}
    plan: Outputs = {}
    origins: dict[Path, Path] = {}
    for file, suffix in suffixes.items():
        paths = {kind: (folder or file.parent) / f"{file.stem}.{kind}{_suffix(kind, suffix)}" for kind in kinds}
        places = {path.resolve(): path for path in paths.values()}
        if taken := next((place for place in places if place in origins), None):
            error = f"{file}: would write {places[taken]}, as {origins[taken]} does; rename one of them"
            failures.add(file, ChromanticError(error))
        elif taken := next((place for place in places if place in photos), None):
            error = f"{file}: would write over the photo {places[taken]}; choose another --output"
            failures.add(file, ChromanticError(error))
        else:
            plan[file] = paths
            origins |= dict.fromkeys(places, file)
    return plan


def leave_out_existing(outputs: Outputs) -> Outputs:
    """The results that are not there yet."""
    missing = {
        file: {kind: path for kind, path in paths.items() if not path.exists()} for file, paths in outputs.items()
    }
    return {file: paths for file, paths in missing.items() if paths}


def _suffix(kind: str, colorization: str) -> str:
    return colorization if kind.startswith("color") else ".png"
