"""A page that shows what was measured: the best, typical and worst pictures, of all photos and of each class."""

import base64
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from chromantic.evaluation.measures.chroma_error import chroma_rmse, classes_in
from chromantic.evaluation.protocol import RMSE, Truth, chroma_of
from chromantic.evaluation.tally import Evaluation
from chromantic.files import write_whole

SHOWN = 8
"""Photos under each heading."""

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 90rem; margin: 2rem auto;
       padding: 0 1rem; }
h1 { font-size: 1.6rem; overflow-wrap: anywhere; } h3 { margin: 0 0 .4rem; }
table { border-collapse: collapse; margin: 1rem 0; font-size: 13px; }
th, td { padding: .2rem .5rem; border-bottom: 1px solid #ddd; text-align: right; vertical-align: bottom;
       font-variant-numeric: tabular-nums; } th:first-child, td:first-child { text-align: left; }
.scroll { overflow-x: auto; } .photos, .classes { display: flex; flex-wrap: wrap; gap: 1rem; }
.classes { gap: 1.5rem 3rem; } figure { margin: 0; max-width: 100%; } figcaption { font-size: 12px; color: #555; }
.pictures { display: flex; gap: 2px; } .pictures img { flex: 0 1 128px; min-width: 0; aspect-ratio: 1; }
"""
_ORDER = ("original", "grey", "floor", "preview", "embedding", "generator", "sample")
"""Of the columns; what else there is follows."""


@dataclass(frozen=True)
class _Shown:
    name: str
    error: float
    classes: tuple[str, ...]
    pictures: dict[str, UInt8[Tensor, "3 128 128"]]


class Gallery:
    """Keeps the pictures of a measurement, 48 KiB each, until it is known which of them to show."""

    def __init__(self) -> None:
        self._shown: list[_Shown] = []

    def add(self, truth: Truth, pictures: Mapping[str, Float[Tensor, "batch 3 128 128"]]) -> None:
        """Takes a batch's pictures, sRGB in 0..255, by what they are; the last ones are those that are judged."""
        *_, judged = pictures.values()
        errors = chroma_rmse(chroma_of(judged), chroma_of(truth.rgb)).tolist()
        columns = {what: rgb.byte() for what, rgb in {"original": truth.rgb, **pictures}.items()}
        for i, (example, error) in enumerate(zip(truth.examples, errors, strict=True)):
            pictures = {what: rgb[i] for what, rgb in columns.items()}
            classes = tuple(example.class_names[label] for label in classes_in(truth.labels[i]))
            self._shown.append(_Shown(example.name, error, classes, pictures))

    def write(self, path: Path, title: str, caption: str, evaluation: Evaluation) -> None:
        """Writes one HTML file, pictures inside, whole or not at all.

        Raises:
            ChromanticError: the file cannot be written.
        """
        measure = next(name for name in evaluation.measures if name.partition("@")[0] == RMSE.partition("@")[0])
        ranked = sorted(self._shown, key=lambda shown: (shown.error, shown.name))
        middle = max(0, len(ranked) // 2 - SHOWN // 2)
        parts = {
            "Best": ranked[:SHOWN],
            "Typical": ranked[middle : middle + SHOWN],
            "Worst": ranked[: -SHOWN - 1 : -1],
        }
        body = [f"<h1>{escape(title)}</h1><p>{escape(caption)}</p>", _measures_table(evaluation)]
        for heading, photos in parts.items():
            body.append(f"<h2>{heading}</h2><p>By <code>{escape(measure)}</code> of the last picture.</p>")
            body.append(f'<div class="photos">{"".join(map(_figure, photos))}</div>')
        body.append(_by_class(ranked))
        if evaluation.class_iou or evaluation.class_iou_after:
            body += ["<h2>Intersection over union, by class</h2>", _classes_table(evaluation)]
        page = (
            f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
            f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>{"".join(body)}</html>\n'
        )
        with write_whole(path) as partial:
            partial.write_text(page)


def _by_class(ranked: Sequence[_Shown]) -> str:
    """The best and the worst photo of every class; nothing where no photo is labelled."""
    photos: dict[str, list[_Shown]] = defaultdict(list)
    for shown in ranked:
        for name in shown.classes:
            photos[name].append(shown)
    parts = []
    for name in sorted(photos):
        first, last = photos[name][0], photos[name][-1]
        chosen = [first] if first is last else [first, last]
        figures = "".join(map(_figure, chosen))
        parts.append(f'<section><h3>{escape(name)}</h3><div class="photos">{figures}</div></section>')
    if not parts:
        return ""
    return f'<h2>The best and the worst photo of each class</h2><div class="classes">{"".join(parts)}</div>'


def _figure(shown: _Shown) -> str:
    images = "".join(
        f'<img src="{_png(rgb)}" alt="{escape(what)}" title="{escape(what)}">' for what, rgb in shown.pictures.items()
    )
    order = ", ".join(shown.pictures)
    caption = f"{escape(shown.name)}: {shown.error:.1f} ({order})"
    return f'<figure><div class="pictures">{images}</div><figcaption>{caption}</figcaption></figure>'


def _png(rgb: UInt8[Tensor, "3 128 128"]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(rgb.movedim(0, -1).numpy()).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _measures_table(evaluation: Evaluation) -> str:
    present = dict.fromkeys(what for values in evaluation.measures.values() for what in values)
    whats = [what for what in _ORDER if what in present] + [what for what in present if what not in _ORDER]
    rows = [
        [measure, *(f"{values[what]:.3f}" if what in values else "" for what in whats)]
        for measure, values in evaluation.measures.items()
    ]
    return _table(["measure", *(what.replace("_", " ") for what in whats)], rows)


def _classes_table(evaluation: Evaluation) -> str:
    columns = {"by the model, from grey": evaluation.class_iou} if evaluation.class_iou else {}
    columns |= {f"by the segmenter, {what}": ious for what, ious in evaluation.class_iou_after.items()}
    names = dict.fromkeys(name for ious in columns.values() for name in ious)
    rows = [[name, *(f"{ious[name]:.3f}" if name in ious else "" for ious in columns.values())] for name in names]
    return _table(["class", *(title.replace("_", " ") for title in columns)], rows)


def _table(columns: list[str], rows: list[list[str]]) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    cells = ([escape(cell) for cell in row] for row in rows)
    lines = "".join(  # a long name may break on a narrow screen
        f"<tr><td>{name.replace('_', '_<wbr>')}</td>{''.join(f'<td>{cell}</td>' for cell in numbers)}</tr>"
        for name, *numbers in cells
    )
    return f'<div class="scroll"><table><tr>{head}</tr>{lines}</table></div>'
