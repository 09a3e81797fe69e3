"""The parts of a model card that are facts of the weights or figures of an evaluation; the rest is written by hand."""

import re
from pathlib import Path
from typing import Any

from chromantic.errors import ChromanticError
from chromantic.evaluation.measures.chroma_error import CLASS_RMSE
from chromantic.evaluation.report import Report
from chromantic.evaluation.text_table import TextTable
from chromantic.files import write_whole
from chromantic.model import pretrained


def update_card(path: Path, report: Report) -> None:
    """Writes a card's generated parts anew: what stands between `<!-- begin NAME -->` and `<!-- end NAME -->`.

    Args:
        path: The card, in Markdown; its marks name parts among `weights`, `training`, `measures` and `classes`.
        report: Of the weights that it is about.

    Raises:
        ChromanticError: The card cannot be read or written, or names another part.
    """
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ChromanticError(f"{path}: cannot be read; give a card in Markdown with marks of its parts") from error
    parts = {
        "weights": _weights(report.system),
        "training": _training(pretrained.about(report.system)),
        "measures": _measures(report),
        "classes": _classes(report),
    }
    named = re.findall(r"<!-- begin (.*?) -->", text)
    if not named or (unknown := set(named) - set(parts)):
        found = f"a part {min(unknown)}" if named else "no part"
        raise ChromanticError(f"{path}: has {found}; mark parts among {', '.join(parts)}: <!-- begin weights -->")
    for name in named:
        before, begin, after = text.partition(f"<!-- begin {name} -->\n")
        _, end, after = after.partition(f"<!-- end {name} -->")
        if not end:
            raise ChromanticError(f"{path}: part {name} has no end; write <!-- end {name} --> behind it")
        text = f"{before}{begin}{parts[name]}\n{end}{after}"
    with write_whole(path) as partial:
        partial.write_text(text)


def _weights(name: str) -> str:
    network, file = pretrained.load(name), pretrained.resolve(name)
    config = network.config
    parameters = sum(parameter.numel() for parameter in network.parameters())
    rows = [
        ("network", f"{config.width:g} of the paper's width, {config.flow}, {config.fusion}, branch after the "
         f"{config.branch}; {parameters / 1e6:.1f} M parameters"),
        ("file", f"float16 safetensors, {file.stat().st_size / 1e6:.1f} MB, SHA-256 begins "
         f"`{pretrained.fingerprint(name)}`; config and origin inside"),
        ("reads", "lightness, shorter side 128 pixels"),
        ("gives", f"chroma at a quarter of that, {len(config.classes)} class logits, a mixture of "
         f"{config.components} logistics over colours for each pixel"),
    ]  # fmt: skip
    return TextTable(("", ""), rows).markdown()


def _training(about: dict[str, Any]) -> str:
    """One row for each training, the last one first: weights that were started from tell of their own."""
    rows = []
    run: dict[str, Any] | None = about
    while run:
        started = run.get("started_from")
        photos = run["photos_seen"] - (started["photos_seen"] if started else 0)
        duration = f"{run['hours']:.1f} h, {run['machine']}" if "hours" in run else ""
        rows.append((f"{run['steps']:,}", f"{photos:,}", str(run["seed"]), duration))
        run = started
    collections = [(name, f"{count:,}") for name, count in about["data"].items()]
    return "\n\n".join(
        [
            TextTable(("photos of", "number"), collections).markdown(),
            *[f"`{name}` labelled {count:,} of them." for name, count in about.get("labelled_by", {}).items()],
            *([f"Licence {about['licence']}."] if about.get("licence") else []),
            f"**{about['photos_seen']:,} photos seen**, in trainings one after another:",
            TextTable(("steps", "photos seen", "seed", "time"), rows[::-1]).markdown(),
            *_afterwards(about),
        ]
    )


def _afterwards(about: dict[str, Any]) -> list[str]:
    """What was done to the weights after their training (`chromantic.training.average`)."""
    said = []
    if averaged := about.get("averaged"):
        shares = [f"{share:.0%} of `{name}`" for name, share in zip(*averaged.values(), strict=True)]
        said.append(f"The weights are an average: {' and '.join(shares)}.")
    if calibrated := about.get("calibrated"):
        said.append(
            f"The embedding's mixtures were calibrated: logits times {calibrated['sharpness']:.2f}, log-scales plus "
            f"{calibrated['log_scale']:.2f}, fitted to every other photo of a cache; on the rest its bits per "
            f"dimension went from {calibrated['before']:.3f} to {calibrated['after']:.3f}."
        )
    return said


def _measures(report: Report) -> str:
    photos = report.evaluation.photos
    figures = report.figures()
    rows = [(f"`{measure}`", *values) for measure, *values in figures.rows]
    return (
        f"{', '.join(report.collections)}: {photos['colourful']} colourful photos, "
        f"{photos['all'] - photos['colourful']} near-grey ones left out of colour measures, {photos['labelled']} "
        f"labelled; {report.samples} samples of each, temperature 1, seed {report.seed}.\n\n"
        + TextTable(figures.columns, rows).markdown()
    )


def _classes(report: Report) -> str:
    """How well every class is found in grey photos, and coloured; the class with the largest error first."""
    evaluation = report.evaluation
    shown = {
        "grey": "grey",
        "preview": "embedding, one pass",
        "sample" if report.samples == 1 else f"chosen_of_{report.samples}": "chosen",
    }
    ranked = sorted(evaluation.class_rmse.items(), key=lambda item: -item[1]["preview"])
    rows = [
        (
            name,
            str(errors["photos"]),
            f"{evaluation.class_iou.get(name, 0):.2f}",
            *(f"{errors[what]:.1f}" for what in shown),
        )
        for name, errors in ranked
    ]
    header = ("class", "photos", "IoU from grey", *(f"ab RMSE, {what}" for what in shown.values()))
    return f"Errors are `{CLASS_RMSE}`.\n\n{TextTable(header, rows).markdown()}"
