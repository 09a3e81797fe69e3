"""Commands that train and measure."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from chromantic.cli.program import (
    Model,
    Seed,
    Sources,
    Split,
    app,
    check_output,
    print_table,
)
from chromantic.data.collect import Collections, collect
from chromantic.errors import ChromanticError
from chromantic.files import check_writable
from chromantic.options import Whole

_NOWHERE = Collections()


@app.command
def prepare(
    *,
    output: Annotated[Path, Parameter(help="The .safetensors cache to write.")],
    collections: Sources = _NOWHERE,
    split: Split = "train_aug",
    squash: Annotated[bool, Parameter(help="Squash photos to 128 x 128, as the paper does.")] = False,
    stuff: Annotated[bool, Parameter(help="Tell kinds of stuff apart, too: sky, grass, walls ...")] = False,
    label_by: Annotated[
        tuple[Path, ...], Parameter(help="Segmenters (.onnx) that label where people did not and they are sure.")
    ] = (),
    label_minutes: Annotated[
        float | None, Parameter(help="Longest time for each segmenter; run it again to go on.")
    ] = None,
) -> None:
    """Pack photos into one file to train on."""
    from chromantic.data.prepare import prepare as pack
    from chromantic.evaluation.judge.segmenters import load_segmenter

    packed = pack(
        collections,
        output=output,
        split=split,
        squash=squash,
        stuff=stuff,
        segmenters=[load_segmenter(path) for path in label_by],
        label_minutes=label_minutes,
    )
    print(packed)


@app.command
def train(
    config: Annotated[Path, Parameter(help="The experiment, a TOML file.")],
    run: Annotated[Path, Parameter(help="Folder for checkpoints, logs and the weights.")],
    *,
    start: Annotated[str | None, Parameter(help="Weights to start from, a name or a file; by default none.")] = None,
    minutes: Annotated[float | None, Parameter(help="Stop after this time and keep a checkpoint.")] = None,
) -> None:
    """Train a network, or continue a training that was interrupted.

    Ctrl-C stops after the current step and keeps a checkpoint; pressed again, it stops at once.
    """
    from chromantic.training.config import read_config
    from chromantic.training.train import train as run_training

    check_writable(run / "weights.safetensors")
    weights = run_training(read_config(config), run, start=start, minutes=minutes)
    print(weights or f"{run}: stopped before the last step; the same command goes on")


@app.command
def average(
    first: Annotated[str, Parameter(help="Weights: a name or a file. Their origin is kept.")],
    second: Annotated[str, Parameter(help="Other weights of the same network, such as those the first started from.")],
    *,
    output: Annotated[Path, Parameter(help="The .safetensors file to write.")],
    share: Annotated[float, Parameter(validator=Number(gte=0, lte=1), help="Share of the first, from 0 to 1.")] = 0.5,
    calibrate: Annotated[Path | None, Parameter(help="Cache of photos not trained on, to calibrate with.")] = None,
) -> None:
    """Average two weights of one network, and calibrate the result."""
    from chromantic.training.average import average as write_average

    check_output(output, (".safetensors",), [Path(first), Path(second), *([calibrate] if calibrate else [])])
    write_average(first, second, share, calibrate, output)
    print(output)


@app.command
def evaluate(
    *,
    model: Model = "default",
    collections: Sources = _NOWHERE,
    split: Split = "val",
    train: Annotated[Path | None, Parameter(help="Cache of the training photos, for the floor.")] = None,
    samples: Annotated[Whole, Parameter(help="Samples of each photo.")] = 8,
    seed: Seed = 0,
    resize: Annotated[
        Literal["squash128", "crop128"],
        Parameter(help="Squash photos to 128 x 128, as the paper does, or crop their central square."),
    ] = "squash128",
    limit: Annotated[Whole | None, Parameter(help="Take only so many photos of each collection.")] = None,
    results: Annotated[
        Path | None, Parameter(help="Folder of pictures, named like the photos, to measure instead of weights.")
    ] = None,
    segmenter: Annotated[
        Path | None,
        Parameter(help="Segmenter to measure the mIoU with: .safetensors, .onnx, or deeplabv3_resnet101."),
    ] = None,
    hints: Annotated[
        bool, Parameter(help="Measure instead what it buys to know the colours of 1 to 100 points.")
    ] = False,
    output: Annotated[Path | None, Parameter(help="JSON file for all measures.")] = None,
    csv: Annotated[Path | None, Parameter(help="CSV file with a row for each photo.")] = None,
    html: Annotated[
        Path | None, Parameter(help="Web page of the best, typical and worst pictures, and of each class.")
    ] = None,
    card: Annotated[Path | None, Parameter(help="Model card whose marked parts are rewritten.")] = None,
) -> None:
    """Measure weights, or another system's results, on photos not trained on."""
    from chromantic.evaluation.card import update_card
    from chromantic.evaluation.judge.segmenters import load_segmenter
    from chromantic.evaluation.report import evaluate_results, evaluate_weights, evaluate_weights_hinted

    if hints and (results or train or segmenter or html or card):
        raise ChromanticError("--hints goes without --results, --train, --segmenter, --html and --card; leave them out")
    if results and (model != "default" or train or card):
        raise ChromanticError(f"{results}: results have no weights; leave out --model, --train and --card")
    if card and resize != "squash128":
        raise ChromanticError(f"{card}: a card tells of squash128; leave out --resize")
    inputs = [Path(model), *(path for path in (train, segmenter) if path)]
    for path, suffix in ((output, ".json"), (csv, ".csv"), (html, ".html")):
        if path:
            check_output(path, (suffix,), inputs)
    photos = collect(collections, split)
    judge = load_segmenter(segmenter) if segmenter else None
    if results:
        report = evaluate_results(
            results, photos, limit=limit, segmenter=judge, keep_pictures=html is not None, resize=resize
        )
    elif hints:
        report = evaluate_weights_hinted(model, photos, seed=seed, limit=limit, resize=resize)
    else:
        report = evaluate_weights(
            model,
            photos,
            train=train,
            samples=samples,
            seed=seed,
            limit=limit,
            segmenter=judge,
            keep_pictures=html is not None,
            resize=resize,
        )
    print_table(report.table())
    for path, write in ((output, report.write), (csv, report.write_csv), (html, report.write_html)):
        if path:
            write(path)
    if card:
        update_card(card, report)


@app.command
def judge(
    segmenter: Annotated[
        Path, Parameter(help="Segmenter of colour photos: .onnx, .safetensors, or deeplabv3_resnet101.")
    ],
    /,
    *,
    model: Model = "default",
    collections: Sources = _NOWHERE,
    split: Split = "val",
    systems: Annotated[
        tuple[str, ...],
        Parameter("--system", help="NAME=FOLDER of another system's results of these photos; may be repeated."),
    ] = (),
    seed: Seed = 0,
    limit: Annotated[Whole | None, Parameter(help="Take only so many photos of each collection.")] = None,
    output: Annotated[Path | None, Parameter(help="JSON file for all measures.")] = None,
) -> None:
    """Let a segmenter of colour photos judge what users get, at the photos' own size."""
    from chromantic.colorizer import Colorizer
    from chromantic.evaluation.judge.own_size import judge_ways, results_way, users_ways
    from chromantic.evaluation.judge.segmenters import load_segmenter
    from chromantic.files import write_whole

    if output:
        check_output(output, (".json",), [Path(model), segmenter])
    photos = [example for examples in collect(collections, split).values() for example in examples[:limit]]
    ways = users_ways(Colorizer.from_pretrained(model), seed)
    ways |= {name: results_way(folder, photos) for name, folder in map(_named_folder, systems)}
    judgement = judge_ways(photos, load_segmenter(segmenter), ways)
    print_table(judgement.table())
    if output:
        with write_whole(output) as partial:
            partial.write_text(json.dumps(asdict(judgement), indent=2) + "\n")


@app.command
def reproduce(
    experiments: Annotated[list[str], Parameter("EXPERIMENT", help="Names of experiments, or all.")],
    /,
    *,
    data: Annotated[Path, Parameter(help="Folder with VOCdevkit and, if there are any, COCO and color_photos.")],
    output: Annotated[Path, Parameter(help="Folder for the report, its pictures and the trainings.")] = Path("paper"),
    reduced: Annotated[bool, Parameter(help="Train shortly, on few photos: to see it run, not for figures.")] = False,
    model: Model = "default",
    seed: Seed = 0,
    shown: Annotated[Path | None, Parameter(help="Folder of photos to show the flows on, instead of VOC's.")] = None,
    systems: Annotated[
        tuple[str, ...],
        Parameter("--system", help="NAME=FOLDER of another system's results of the val photos; may be repeated."),
    ] = (),
    study: Annotated[
        Path | None, Parameter(help="Study whose answers Table 4 shows; by default a new one in the output folder.")
    ] = None,
) -> None:
    """Run the paper's experiments and write one report.

    They are flows (Figures 4 to 7), segmenter, sec322, fig8 to fig13, table3 and table4.
    """
    from chromantic.paper.experiments.registry import run
    from chromantic.paper.setting import Setting

    named = tuple(_named_folder(system) for system in systems)
    print(run(experiments, Setting(data, output, reduced, model, seed, shown, named, study)))


def _named_folder(system: str) -> tuple[str, Path]:
    name, _, folder = system.partition("=")
    if not name or not folder:
        raise ChromanticError(f"{system}: a system is NAME=FOLDER, such as zhang=results/zhang; write it so")
    return name, Path(folder)


@app.command(name="export")
def export_weights(
    weights: Annotated[str, Parameter(help="Name of weights that ship, or a .safetensors file.")],
    output: Annotated[Path, Parameter(help="The .chromantic file to write.")],
    /,
) -> None:
    """Write what colorizing needs of trained weights: it runs without torch."""
    from chromantic.reference.export import export

    export(weights, output)
    print(output)
