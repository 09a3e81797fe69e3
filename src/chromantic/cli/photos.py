"""Commands that colorize."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from chromantic.cli.program import Choices, Device, Model, Photos, Seed, app, check_output
from chromantic.errors import ChromanticError
from chromantic.files import check_writable
from chromantic.options import Options, Whole
from chromantic.progress import progress

if TYPE_CHECKING:
    from PIL import Image

    from chromantic.colorizer import Colorization

_SHEET_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")
_EXPECTED = Options()


@app.command
def colorize(
    photos: Photos,
    /,
    *,
    output: Annotated[Path | None, Parameter(help="Folder for the results; else beside each photo.")] = None,
    options: Choices = _EXPECTED,
    segmentation: Annotated[bool, Parameter(help="Write NAME.segmentation.png: class indices, VOC's colours.")] = False,
    uncertainty: Annotated[bool, Parameter(help="Write NAME.uncertainty.png: 16 grey levels a bit.")] = False,
    model: Model = "default",
    device: Device = "cpu",
    json_lines: Annotated[bool, Parameter("--json", help="Print one JSON line per file written.")] = False,
) -> None:
    """Colorize photos: NAME.color.png, or NAME.color-1.png, NAME.color-2.png ... with --samples."""
    from chromantic.photo import FORMATS, result_format

    formats = {file: options.format or result_format(like) for file, like in _readable_photos(photos).items()}
    samples = options.samples or 1
    kinds = ["color"] if samples == 1 else [f"color-{number}" for number in range(1, samples + 1)]
    kinds += ["segmentation"] * segmentation + ["uncertainty"] * uncertainty
    outputs = _plan_outputs({file: FORMATS[format].suffix for file, format in formats.items()}, output, kinds)

    from chromantic.colorizer import Colorizer  # torch, once the outputs are known to be possible
    from chromantic.parallel import map_in_threads
    from chromantic.photo import write_picture

    colorizer = Colorizer.from_pretrained(model, device)
    if segmentation and not colorizer.class_names:
        raise ChromanticError(f"{model}: these weights know no segmentation; leave out --segmentation")

    def colorize_file(file: Path) -> list[dict[str, object]]:
        result = colorizer.colorize(file, options)
        for number, (kind, path) in enumerate(outputs[file].items()):
            if kind.startswith("color"):
                result.save(path, number)
            else:
                write_picture(_map_picture(result, kind), path)
        return [_record(result, number, path) for number, path in enumerate(outputs[file].values())]

    with progress("Colorizing", len(formats)) as update:
        for done, records in enumerate(map_in_threads(colorize_file, formats), start=1):
            if json_lines:
                for record in records:
                    print(json.dumps(record), flush=True)
            update(done)


@app.command
def archive(
    source: Annotated[Path, Parameter("IN", help="A folder of photos, with all its sub-folders.")],
    target: Annotated[Path, Parameter("OUT", help="A folder for the results and the manifest.")],
    /,
    *,
    workers: Annotated[Whole | None, Parameter(help="Photos at once; else one a core.")] = None,
    watch: Annotated[bool, Parameter(help="Go on with what arrives in IN, until interrupted.")] = False,
    ray: Annotated[str | None, Parameter(help="Address of a Ray cluster that sees IN and OUT.")] = None,
    options: Choices = _EXPECTED,
    model: Model = "default",
    device: Device = "cpu",
) -> int:
    """Colorize a tree of any size; the same command goes on where it was interrupted. Exit code 1: some failed.

    Each photo has one result: --samples 1, like --seed, draws it.
    """
    from chromantic.archive.console import run_with_progress
    from chromantic.archive.job import Job

    if (options.samples or 1) > 1:
        raise ChromanticError(f"--samples {options.samples}: an archive has one result a photo; leave it out")
    job = Job(source, target, model, device, options)
    return run_with_progress(job, workers=workers, ray_address=ray, watch=watch)


@app.command
def studio(
    *,
    host: Annotated[
        str, Parameter(help="An address of this machine; one that others reach needs --token.")
    ] = "127.0.0.1",
    port: Annotated[Whole, Parameter(help="Of the page and the service; 0 takes a free one.")] = 8000,
    token: Annotated[str | None, Parameter(env_var="CHROMANTIC_TOKEN", help="Secret that a visitor must know.")] = None,
    model: Model = "default",
    device: Device = "cpu",
) -> None:
    """Colorize in a browser, and by REST: serves a page on this machine, until interrupted."""
    from chromantic.studio.server import serve_studio

    serve_studio(model, host, port, token, lambda url: print(f"{url} (stop with Ctrl-C)", flush=True), device)


@app.command
def sheet(
    photos: Photos,
    /,
    *,
    output: Annotated[Path, Parameter(help="The picture to write.")] = Path("sheet.png"),
    samples: Annotated[Whole, Parameter(help="Samples of each photo.")] = 3,
    seed: Seed = 0,
    originals: Annotated[bool, Parameter(help="Show the photos in their own colours, too.")] = False,
    model: Model = "default",
    device: Device = "cpu",
) -> None:
    """Show photos and what becomes of them side by side on one picture."""
    Options(samples=samples, seed=seed)  # refuses what is out of range, before any work
    files = list(_readable_photos(photos))
    check_output(output, _SHEET_SUFFIXES, files)

    from chromantic.colorizer import Colorizer
    from chromantic.contact_sheet import contact_sheet
    from chromantic.photo import write_picture

    start = time.monotonic()
    colorizer = Colorizer.from_pretrained(model, device)
    with progress("Colorizing", len(files)) as update:
        picture = contact_sheet(colorizer, files, samples=samples, seed=seed, originals=originals, callback=update)
    write_picture(picture, output)
    print(f"{output} (in {time.monotonic() - start:.0f} s)")


def _readable_photos(photos: Sequence[Path]) -> dict[Path, str | None]:
    """The photo files meant and their formats. A damaged one is found before any work, not after hours of it."""
    from chromantic.photo import find_photos, read_photo

    return {file: read_photo(file).format for file in find_photos(photos)}


def _plan_outputs(files: Mapping[Path, str], folder: Path | None, kinds: Sequence[str]) -> dict[Path, dict[str, Path]]:
    """Where each kind of result of each photo goes: no two to the same place, none over a photo.

    Args:
        files: The photos, each with the suffix of its colorizations.
        folder: For all results; None for each photo's own.
        kinds: Of results, in order.
    """
    photos = {file.resolve() for file in files}
    plan: dict[Path, dict[str, Path]] = {}
    origins: dict[Path, Path] = {}
    for file, suffix in files.items():
        suffixes = {kind: suffix if kind.startswith("color") else ".png" for kind in kinds}
        plan[file] = {kind: (folder or file.parent) / f"{file.stem}.{kind}{suffixes[kind]}" for kind in kinds}
        for path in plan[file].values():
            other = origins.setdefault(path.resolve(), file)
            if other is not file:
                raise ChromanticError(f"{file}: would write {path}, as {other} does; rename one of them")
            if path.resolve() in photos:
                raise ChromanticError(f"{path}: is a photo and would be overwritten; choose another --output")
    for path in {path.parent: path for path in origins}.values():
        check_writable(path)
    return plan


def _map_picture(result: "Colorization", kind: str) -> "Image.Image":
    if kind == "uncertainty":
        return result.uncertainty_image
    assert result.segmentation
    return result.segmentation.image


def _record(result: "Colorization", number: int, path: Path) -> dict[str, object]:
    draws = result.options.draws
    drawn = draws is not None and number < len(result.chroma)  # samples come first, then maps
    known = number < len(result.log_likelihoods)
    return {
        "path": str(path),
        "seed": draws.seed if draws else None,
        "sample": number + 1 if drawn else None,
        "log_likelihood": result.log_likelihoods[number] if known else None,
        "model": result.model,
    }
