"""The command line. What needs torch is imported by the command that uses it: help and version answer at once."""

import atexit
import gc
import json
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, CycloptsError, Parameter, Token
from rich.console import Console
from rich.progress import Progress

from chromantic import __version__
from chromantic.errors import ChromanticError
from chromantic.files import check_writable

if TYPE_CHECKING:
    from PIL import Image

    from chromantic.colorizer import Colorization

app = App(
    name="chromantic",
    help="Colorize grey photographs by understanding what is in them.",
    version=__version__,
    default_parameter=Parameter(negative=()),
    suppress_keyboard_interrupt=False,
    result_action="return_value",
)

_PIPE_WIDTH = 160  # columns for tables where there is no terminal to fit
_SHEET_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")
_EXTRAS = {  # of pyproject.toml, by package
    "accelerate": "train",
    "ray": "archive",
    "onnxruntime": "onnx",
    "tensorboard": "train",
    "torchmetrics": "train",
    "scipy": "train",
    "matplotlib": "paper",
    "fastapi": "studio,study",
    "python_multipart": "studio",
    "prometheus_client": "studio",
    "uvicorn": "studio,study",
}


def _whole(_: type, tokens: Sequence[Token]) -> int:
    try:
        return int(tokens[0].value)  # cyclopts itself would round
    except ValueError as error:
        raise ValueError(f"{tokens[0].value} is no whole number") from error


Whole = Annotated[int, Parameter(converter=_whole)]
Photos = Annotated[list[Path], Parameter("PHOTO", help="Photos, or folders of photos (without their sub-folders).")]
Model = Annotated[str, Parameter(help="Weights: the name of shipped ones, or a .safetensors file.")]
Seed = Annotated[Whole, Parameter(help="The same seed gives the same pictures.")]
Temperature = Annotated[float, Parameter(help="Of the draw; below 1 colours are calmer.")]
Preview = Annotated[bool, Parameter(help="Mean colours in one pass, nothing drawn.")]
RestoreContrast = Annotated[bool, Parameter(help="Read faded photos with their levels stretched.")]
ApplyContrast = Annotated[bool, Parameter(help="Stretch the levels of the results, too.")]
FileFormat = Annotated[
    str | None, Parameter("--format", help="png, tiff, webp or jpeg; else like the photo, if that is lossless.")
]
Voc = Annotated[Path | None, Parameter(help="A VOCdevkit or VOC2012 folder.")]
Split = Annotated[str, Parameter(help="The list of VOC or COCO-Stuff photos to take.")]
Coco = Annotated[Path | None, Parameter(help="A folder of COCO photos with VOC labels.")]
Cocostuff = Annotated[Path | None, Parameter(help="A cocostuff-10k-v1.1 folder, or COCO-Stuff's dataset folder.")]
Folders = Annotated[
    tuple[Path, ...], Parameter("--folder", help="A folder of colour photos and its sub-folders; may be repeated.")
]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; what a user did wrong becomes one line on stderr.

    Args:
        arguments: Without the program's name; None takes the process's own.

    Returns:
        The exit code: 0, 1 where photos of an archive failed, 2 for a user's error, 130 for an interruption, 141 if
        nobody reads what is printed.
    """
    gc.set_threshold(100_000)  # torch's and Numba's imports make many objects that stay: not searched time and again,
    atexit.register(gc.freeze)  # and not once more at the end, they cost a second less
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # spinning ones crawl beside a busy process
    warnings.filterwarnings("ignore", module="PIL")  # damaged files are reported once, as errors
    logging.basicConfig(format="chromantic: %(message)s")
    try:
        code = app(sys.argv[1:] if arguments is None else arguments, exit_on_error=False, print_error=False)
        print(end="", flush=True)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still to be flushed at exit
        return 141
    except (ChromanticError, CycloptsError) as error:
        return _refuse(str(error))
    except ModuleNotFoundError as error:
        if error.name not in _EXTRAS:
            raise
        return _refuse(
            f"{error.name} is not installed; in a clone of Chromantic: pip install '.[{_EXTRAS[error.name]}]'"
        )
    except OSError as error:
        if error.filename is None:
            raise
        return _refuse(f"{error.filename}: {error.strerror}")
    return code or 0


@app.command
def colorize(
    photos: Photos,
    /,
    *,
    output: Annotated[Path | None, Parameter(help="Folder for the results; else beside each photo.")] = None,
    samples: Annotated[Whole, Parameter(help="Different colorizations of each photo.")] = 1,
    seed: Seed = 0,
    temperature: Temperature = 1.0,
    candidates: Annotated[Whole, Parameter(help="Draws behind each colorization: that nearest to the preview.")] = 8,
    preview: Preview = False,
    restore_contrast: RestoreContrast = False,
    apply_contrast: ApplyContrast = False,
    segmentation: Annotated[bool, Parameter(help="Write NAME.segmentation.png: class indices, VOC's colours.")] = False,
    uncertainty: Annotated[bool, Parameter(help="Write NAME.uncertainty.png: 16 grey levels a bit.")] = False,
    file_format: FileFormat = None,
    model: Model = "default",
    json_lines: Annotated[bool, Parameter("--json", help="Print one JSON line per file written.")] = False,
) -> None:
    """Colorize photos: NAME.color.png, or NAME.color-1.png, NAME.color-2.png ... with --samples."""
    from chromantic.colorizer import Colorizer, check_options
    from chromantic.parallel import map_in_threads
    from chromantic.photo import FORMATS, check_format, result_format, write_picture

    check_options(samples, seed, temperature, preview, candidates)
    check_format(file_format)
    formats = {file: file_format or result_format(like) for file, like in _readable_photos(photos).items()}
    files = list(formats)
    kinds = ["color"] if samples == 1 else [f"color-{number}" for number in range(1, samples + 1)]
    kinds += ["segmentation"] * segmentation + ["uncertainty"] * uncertainty
    outputs = _plan_outputs({file: FORMATS[formats[file]].suffix for file in files}, output, kinds)
    colorizer = Colorizer.from_pretrained(model)
    if segmentation and colorizer.network.segmentation is None:
        raise ChromanticError(f"{model}: these weights know no segmentation; leave out --segmentation")

    def colorize_file(file: Path) -> list[dict[str, object]]:
        contrast = (restore_contrast, apply_contrast)
        result = colorizer.colorize(file, samples, seed, temperature, preview, *contrast, candidates)
        for number, (kind, path) in enumerate(outputs[file].items()):
            if kind.startswith("color"):
                result.save(path, number, formats[file])
            else:
                write_picture(_map_picture(result, kind), path)
        return [_record(result, number, path) for number, path in enumerate(outputs[file].values())]

    with _progress("Colorizing", len(files)) as update:
        for done, records in enumerate(map_in_threads(colorize_file, files), start=1):
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
    seed: Seed = 0,
    temperature: Temperature = 1.0,
    preview: Preview = False,
    restore_contrast: RestoreContrast = False,
    apply_contrast: ApplyContrast = False,
    file_format: FileFormat = None,
    model: Model = "default",
) -> int:
    """Colorize a tree of any size; the same command goes on where it was interrupted. Exit code 1: some failed."""
    from chromantic.archive.report import run_with_progress
    from chromantic.archive.run import Job, Options

    job = Job(source, target, model, Options(seed, temperature, preview, restore_contrast, apply_contrast, file_format))
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
) -> None:
    """Colorize in a browser, and by REST: serves a page on this machine, until interrupted."""
    from chromantic.studio.server import serve_studio

    serve_studio(model, host, port, token, lambda url: print(f"{url} (stop with Ctrl-C)", flush=True))


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
) -> None:
    """Show photos and what becomes of them side by side on one picture."""
    from chromantic.colorizer import Colorizer, check_options
    from chromantic.contact_sheet import contact_sheet
    from chromantic.photo import write_picture

    check_options(samples, seed, temperature=1.0, preview=False)
    files = list(_readable_photos(photos))
    _check_output(output, _SHEET_SUFFIXES, files)
    start = time.monotonic()
    colorizer = Colorizer.from_pretrained(model)
    with _progress("Colorizing", len(files)) as update:
        picture = contact_sheet(colorizer, files, samples=samples, seed=seed, originals=originals, callback=update)
    write_picture(picture, output)
    print(f"{output} (in {time.monotonic() - start:.0f} s)")


@app.command
def prepare(
    *,
    output: Annotated[Path, Parameter(help="The .safetensors cache to write.")],
    voc: Voc = None,
    split: Split = "train_aug",
    coco: Coco = None,
    cocostuff: Cocostuff = None,
    folders: Folders = (),
    squash: Annotated[bool, Parameter(help="Make photos 128 x 128, as the paper does.")] = False,
) -> None:
    """Pack photos into one file to train on."""
    from chromantic.data.prepare import prepare as pack

    packed = pack(output=output, voc=voc, split=split, coco=coco, cocostuff=cocostuff, folders=folders, squash=squash)
    print(packed)


@app.command
def train(
    config: Annotated[Path, Parameter(help="The experiment, a TOML file.")],
    run: Annotated[Path, Parameter(help="Folder for checkpoints, logs and the weights.")],
    *,
    start: Annotated[str | None, Parameter(help="Weights to start from: a name or a file; else afresh.")] = None,
    minutes: Annotated[float | None, Parameter(help="Stop after this time, with a checkpoint.")] = None,
) -> None:
    """Train a network, or go on with an interrupted training: the same command does both."""
    from chromantic.training.config import read_config
    from chromantic.training.train import train as run_training

    check_writable(run / "weights.safetensors")
    weights = run_training(read_config(config), run, start=start, minutes=minutes)
    print(weights or f"{run}: stopped before the last step; the same command goes on")


@app.command
def evaluate(
    *,
    model: Model = "default",
    voc: Voc = None,
    split: Split = "val",
    coco: Coco = None,
    cocostuff: Cocostuff = None,
    folders: Folders = (),
    train: Annotated[Path | None, Parameter(help="Cache of the training photos, for the floor.")] = None,
    samples: Annotated[Whole, Parameter(help="Samples of each photo.")] = 8,
    seed: Seed = 0,
    limit: Annotated[Whole | None, Parameter(help="Take so many photos of each collection only.")] = None,
    results: Annotated[
        Path | None, Parameter(help="Measure this folder of pictures, named like the photos, instead of weights.")
    ] = None,
    segmenter: Annotated[
        Path | None, Parameter(help="Measure the mIoU after colorization by this one: .safetensors or .onnx.")
    ] = None,
    output: Annotated[Path | None, Parameter(help="JSON file for everything measured.")] = None,
    csv: Annotated[Path | None, Parameter(help="CSV file with one row a photo.")] = None,
    html: Annotated[Path | None, Parameter(help="Page with the best, typical and worst pictures.")] = None,
    card: Annotated[Path | None, Parameter(help="Model card whose marked parts are written anew.")] = None,
) -> None:
    """Measure weights, or somebody's results, on photos that were not trained on."""
    from chromantic.data.collect import collect
    from chromantic.evaluation.card import update_card
    from chromantic.evaluation.report import evaluate_results, evaluate_weights
    from chromantic.evaluation.segmenters import load_segmenter

    if results and (model != "default" or train or card):
        raise ChromanticError(f"{results}: results have no weights; leave out --model, --train and --card")
    inputs = [Path(model), *(path for path in (train, segmenter) if path)]
    for path, suffix in ((output, ".json"), (csv, ".csv"), (html, ".html")):
        if path:
            _check_output(path, (suffix,), inputs)
    collections = collect(voc=voc, split=split, coco=coco, cocostuff=cocostuff, folders=folders)
    judge = load_segmenter(segmenter) if segmenter else None
    if results:
        report = evaluate_results(results, collections, limit=limit, segmenter=judge, keep_pictures=html is not None)
    else:
        report = evaluate_weights(
            model,
            collections,
            train=train,
            samples=samples,
            seed=seed,
            limit=limit,
            segmenter=judge,
            keep_pictures=html is not None,
        )
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(report.table())
    for path, write in ((output, report.write), (csv, report.write_csv), (html, report.write_html)):
        if path:
            write(path)
    if card:
        update_card(card, report)


@app.command
def reproduce(
    experiments: Annotated[list[str], Parameter("EXPERIMENT", help="Names of experiments, or all.")],
    /,
    *,
    data: Annotated[Path, Parameter(help="Folder with VOCdevkit and, if there are any, COCO and color_photos.")],
    output: Annotated[Path, Parameter(help="Folder for the report, its pictures and the trainings.")] = Path("paper"),
    reduced: Annotated[bool, Parameter(help="Short trainings and few photos: to see it run, not for figures.")] = False,
    model: Model = "default",
    seed: Seed = 0,
) -> None:
    """Run the paper's experiments and write one report: flows, segmenter, fig8, fig10, table3, fig13."""
    from chromantic.paper.experiments import run
    from chromantic.paper.setting import Setting

    print(run(experiments, Setting(data, output, reduced, model, seed)))


study = App(name="study", help="Ask people how natural pictures look (the paper's Table 4).")
app.command(study)
StudyFile = Annotated[Path, Parameter(help="The study, a .sqlite file.")]


@study.command
def new(
    file: StudyFile,
    *,
    originals: Annotated[Path, Parameter(help="Folder of the photos in their own colours.")],
    systems: Annotated[
        tuple[Path, ...], Parameter("--system", help="Folder of a system's results, named like it; may be repeated.")
    ],
    seed: Annotated[Whole, Parameter(help="Of the orders in which people see the pictures.")] = 0,
) -> None:
    """Put the pictures of a study into one file."""
    from chromantic.study.create import create_study

    photos, pictures = create_study(file, originals, systems, seed)
    print(f"{file}: {photos} photos, {pictures} pictures")


@study.command
def serve(
    file: StudyFile, *, port: Annotated[Whole, Parameter(help="Of the page, on this machine alone.")] = 8000
) -> None:
    """Show a study's page to people, until interrupted."""
    from chromantic.study.server import serve_study

    serve_study(file, port, lambda url: print(f"{url} (stop with Ctrl-C)", flush=True))


@study.command
def report(
    file: StudyFile, *, as_json: Annotated[bool, Parameter("--json", help="Print JSON, not a table.")] = False
) -> None:
    """How natural people find each system, with Wilson intervals."""
    from chromantic.study.report import report_study

    result = report_study(file)
    if as_json:
        print(json.dumps(result.to_json(), indent=2))
    else:
        Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(result.table())


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


def _check_output(output: Path, suffixes: Sequence[str], inputs: Sequence[Path]) -> None:
    if output.suffix.lower() not in suffixes:
        raise ChromanticError(f"{output}: its name must end with {' or '.join(suffixes)}; choose another --output")
    if output.resolve() in {file.resolve() for file in inputs}:
        raise ChromanticError(f"{output}: is read and would be overwritten; choose another --output")
    check_writable(output)


def _refuse(message: str) -> int:
    print("chromantic:", " ".join(message.splitlines()), file=sys.stderr)
    return 2


def _map_picture(result: "Colorization", kind: str) -> "Image.Image":
    if kind == "uncertainty":
        return result.uncertainty_image
    assert result.segmentation
    return result.segmentation.image


def _record(result: "Colorization", number: int, path: Path) -> dict[str, object]:
    drawn = number < len(result.log_likelihoods)  # samples come first; neither a preview nor a map is drawn
    return {
        "path": str(path),
        "seed": result.seed,
        "sample": number + 1 if drawn else None,
        "log_likelihood": result.log_likelihoods[number] if drawn else None,
        "model": result.model,
    }


@contextmanager
def _progress(description: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, nothing in a pipe; the update takes the number of finished items."""
    console = Console(stderr=True)
    bar = Progress(console=console, disable=not console.is_terminal, redirect_stdout=sys.stdout.isatty())
    with bar:
        task = bar.add_task(description, total=total)
        yield lambda finished: bar.update(task, completed=finished)
