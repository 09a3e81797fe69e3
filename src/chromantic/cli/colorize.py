"""The command that colorizes photos: each by itself, so that one that fails leaves the others alone."""

import json
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from chromantic.cli.failures import Failures, find_photos
from chromantic.cli.outputs import Outputs, check_streams, leave_out_existing, plan_outputs
from chromantic.cli.program import STDIO, Choices, Debug, Device, KeepDates, Model, Photos, app
from chromantic.devices import DeviceName
from chromantic.errors import ChromanticError, GuidanceError
from chromantic.files import check_writable, copy_dates, is_disk_full
from chromantic.options import Options
from chromantic.progress import progress

if TYPE_CHECKING:
    from PIL import Image

    from chromantic.colorization import Colorization
    from chromantic.colorizer import Colorizer
    from chromantic.photo import PhotoFile

_EXPECTED = Options()
_STDIN = "standard input"


@app.command
def colorize(
    photos: Photos,
    /,
    *,
    output: Annotated[
        Path | None, Parameter(help="Folder for the results, or - for standard output; else beside each photo.")
    ] = None,
    overwrite: Annotated[
        bool, Parameter(help="Replace even results that were changed since, and other files.")
    ] = False,
    skip_existing: Annotated[bool, Parameter(help="Write only results that do not exist yet.")] = False,
    options: Choices = _EXPECTED,
    hints_file: Annotated[
        Path | None, Parameter("--hints", help="A JSON file of hints, as the studio saves it, beside those of --hint.")
    ] = None,
    preview: Annotated[bool, Parameter(show=False)] = False,  # what scripts said before it was the default
    segmentation: Annotated[bool, Parameter(help="Also write NAME.segmentation.png, in VOC's colours.")] = False,
    uncertainty: Annotated[bool, Parameter(help="Also write NAME.uncertainty.png, 16 grey levels a bit.")] = False,
    model: Model = "default",
    device: Device = "cpu",
    keep_dates: KeepDates = False,
    json_lines: Annotated[bool, Parameter("--json", help="Print a line of JSON for each file written.")] = False,
    debug: Debug = False,
) -> int:
    """Colorize photos: NAME.color.png, or NAME.color-1.png, NAME.color-2.png ... with --samples.

    Photos that fail are named at the end, and the exit code is then 1. For PHOTO, - reads standard input and writes
    standard output.
    """
    if hints_file:
        options = _with_file(options, hints_file)
    if photos == [STDIO]:
        output = output or STDIO
    kinds = _kinds(options.samples or 1, segmentation, uncertainty)
    _check_flags(overwrite, skip_existing, STDIO in (output, *photos) and keep_dates, output == STDIO and json_lines)
    if preview and options.draws:
        raise ChromanticError("--preview: draws nothing; leave it out, or what asks for draws")
    check_streams(photos, output, len(kinds))

    with Failures(debug) as failures:
        sources: dict[Path, PhotoFile] = {file: file for file in find_photos(photos, failures)}
        if STDIO in sources:
            sources[STDIO] = sys.stdin.buffer.read()
        outputs = plan_outputs(_suffixes(sources, options.format, failures), output, kinds, failures)
        if output and output != STDIO and outputs:
            check_writable(next(path for paths in outputs.values() for path in paths.values()))
        if skip_existing:
            outputs = _without_existing(outputs, json_lines)
        if outputs:
            colorizer = _colorizer(model, device, segmentation)
            work = partial(_colorize, colorizer, sources, outputs, options, overwrite, keep_dates)
            _colorize_all(work, outputs, failures, json_lines)
    return failures.exit_code


def _with_file(options: Options, file: Path) -> Options:
    """The options with what a file of hints says; flags go first."""
    from chromantic.guidance.file import read_choices

    choices = read_choices(file)
    hints = (*choices.pop("hints"), *options.hints)
    unset = {name: value for name, value in choices.items() if getattr(options, name) == getattr(_EXPECTED, name)}
    try:
        return replace(options, **unset, hints=hints)
    except ChromanticError as error:
        raise ChromanticError(f"{file}: {error}") from error


def _kinds(samples: int, segmentation: bool, uncertainty: bool) -> list[str]:
    """The kinds of results of each photo, as their names tell them."""
    kinds = ["color"] if samples == 1 else [f"color-{number}" for number in range(1, samples + 1)]
    return kinds + ["segmentation"] * segmentation + ["uncertainty"] * uncertainty


def _check_flags(overwrite: bool, skip_existing: bool, dates_of_streams: bool, json_with_picture: bool) -> None:
    if overwrite and skip_existing:
        raise ChromanticError("--overwrite, --skip-existing: one excludes the other; leave one out")
    if dates_of_streams:
        raise ChromanticError("--keep-dates: standard input and output have no dates; leave it out")
    if json_with_picture:
        raise ChromanticError("--json: standard output takes the picture; leave it out")


def _without_existing(outputs: Outputs, json_lines: bool) -> Outputs:
    """The results that are not there yet; a line for each photo that has all."""
    missing = leave_out_existing(outputs)
    for file in outputs:
        if file not in missing and not json_lines:
            print(f"{file}: skipped, its results are there")
    return missing


def _colorizer(model: str, device: DeviceName, segmentation: bool) -> "Colorizer":
    from chromantic.colorizer import Colorizer  # torch, once there is something to do

    colorizer = Colorizer.from_pretrained(model, device)
    if segmentation and not colorizer.class_names:
        raise ChromanticError(f"{model}: these weights know no segmentation; leave out --segmentation")
    return colorizer


def _colorize_all(
    work: Callable[[Path], list[dict[str, object]] | Exception], files: Collection[Path], failures: Failures, json: bool
) -> None:
    """Does the work on each photo, and says what came of it.

    Raises:
        ChromanticError: The disk is full, or hints do not fit the only photo.
    """
    from chromantic.parallel import map_in_threads

    with progress("Colorizing", len(files)) as update:
        for done, (file, written) in enumerate(zip(files, map_in_threads(work, files), strict=True), start=1):
            if not isinstance(written, Exception):
                _tell(file, written, json)
            elif isinstance(written, GuidanceError) and len(files) == 1:
                raise written  # it is what was asked that is wrong, not one photo of many
            elif is_disk_full(written):
                raise ChromanticError(f"{file}: the disk is full; make room and start again") from written
            else:
                failures.add(file, written)
            update(done)


def _colorize(
    colorizer: "Colorizer",
    sources: Mapping[Path, "PhotoFile"],
    outputs: Outputs,
    options: Options,
    overwrite: bool,
    keep_dates: bool,
    file: Path,
) -> list[dict[str, object]] | Exception:
    """Writes the results of one photo; returns what JSON says of each, or what went wrong."""
    from chromantic.photo import log_notices, read_photo

    try:
        for path in outputs[file].values():
            _check_place(path, overwrite)
        photo = read_photo(sources[file], _STDIN, strict=options.strict)
        log_notices(photo, _STDIN, invert=options.invert, descreen=options.descreen)
        records = _write_results(colorizer.colorize(photo, options), outputs[file])
        if keep_dates:
            for path in outputs[file].values():
                copy_dates(file, path)
        return records
    except BrokenPipeError:
        raise
    except Exception as error:  # whatever is wrong with one photo must not end the work on the others
        return error


def _suffixes(sources: Mapping[Path, "PhotoFile"], format: str | None, failures: Failures) -> dict[Path, str]:
    """The suffix of each photo's colorizations, by the first bytes of its file. One that cannot be opened fails."""
    from chromantic.photo import FORMATS, result_format
    from chromantic.photo.header import HEAD, Source, kind_of

    suffixes = {}
    for file, source in sources.items():
        try:
            with Source(source, _STDIN).open() as content:
                kind = kind_of(content.read(HEAD))
        except ChromanticError as error:
            failures.add(file, error)
        else:
            suffixes[file] = FORMATS[format or result_format(kind)].suffix
    return suffixes


def _check_place(path: Path, overwrite: bool) -> None:
    """Checks, before the work on a photo, that its result can be written and replaces nobody's handwork."""
    from chromantic.photo import is_sealed

    if path == STDIO:
        return
    check_writable(path)
    if path.exists() and not overwrite and not is_sealed(path):
        raise ChromanticError(f"{path}: was changed since, or is no result; move it away, or give --overwrite")


def _write_results(result: "Colorization", outputs: Mapping[str, Path]) -> list[dict[str, object]]:
    """Writes each kind of result to its file; returns what JSON says of each."""
    from chromantic.photo import write_picture

    records = []
    for kind, path in outputs.items():
        sample = int(kind.partition("-")[2] or 1) if kind.startswith("color") else None
        if sample is None:
            write_picture(_map_picture(result, kind), path)
        elif path == STDIO:
            sys.stdout.buffer.write(result.encode(sample - 1))
        else:
            result.save(path, sample - 1)
        records.append(_record(result, sample, path))
    return records


def _map_picture(result: "Colorization", kind: str) -> "Image.Image":
    if kind == "uncertainty":
        return result.uncertainty_image
    assert result.segmentation
    return result.segmentation.image


def _record(result: "Colorization", sample: int | None, path: Path) -> dict[str, object]:
    draws = result.options.draws
    known = sample is not None and sample <= len(result.log_likelihoods)
    return {
        "path": str(path),
        "seed": draws.seed if draws else None,
        "sample": sample if draws else None,
        "log_likelihood": result.log_likelihoods[sample - 1] if known and sample else None,
        "model": result.model,
    }


def _tell(file: Path, records: Sequence[Mapping[str, object]], json_lines: bool) -> None:
    """Says what was written: nothing of standard output, a line of JSON for each file, or a line for the photo."""
    paths = [str(record["path"]) for record in records]
    if str(STDIO) in paths:
        return
    name = _STDIN if file == STDIO else file
    lines = [json.dumps(record) for record in records] if json_lines else [f"{name}: wrote {', '.join(paths)}"]
    for line in lines:
        print(" ".join(line.splitlines()), flush=True)
