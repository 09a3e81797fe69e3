"""A page that shows what was measured: the best, typical and worst pictures."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from chromantic.evaluation.chroma_error import chroma_rmse
from chromantic.evaluation.protocol import RMSE, Truth, chroma_of
from chromantic.evaluation.tally import Evaluation
from chromantic.files import write_whole

SHOWN = 8
"""Photos under each heading."""

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 90rem; margin: 2rem auto;
       padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; font-size: 13px; }
th, td { padding: .2rem .5rem; border-bottom: 1px solid #ddd; text-align: right;
       font-variant-numeric: tabular-nums; } th:first-child, td:first-child { text-align: left; }
.scroll { overflow-x: auto; } .photos { display: flex; flex-wrap: wrap; gap: 1rem; }
figure { margin: 0; } figure img { width: 128px; height: 128px; } figcaption { font-size: 12px; color: #555; }
"""


@dataclass(frozen=True)
class _Shown:
    name: str
    error: float
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
            self._shown.append(_Shown(example.name, error, {what: rgb[i] for what, rgb in columns.items()}))

    def write(self, path: Path, title: str, caption: str, evaluation: Evaluation) -> None:
        """Writes one HTML file, pictures inside, whole or not at all.

        Raises:
            ChromanticError: the file cannot be written.
        """
        ranked = sorted(self._shown, key=lambda shown: (shown.error, shown.name))
        middle = max(0, len(ranked) // 2 - SHOWN // 2)
        parts = {
            "Best": ranked[:SHOWN],
            "Typical": ranked[middle : middle + SHOWN],
            "Worst": ranked[: -SHOWN - 1 : -1],
        }
        body = [f"<h1>{escape(title)}</h1><p>{escape(caption)}</p>", _measures_table(evaluation)]
        for heading, photos in parts.items():
            body.append(f"<h2>{heading}</h2><p>By <code>{escape(RMSE)}</code> of the last picture.</p>")
            body.append(f'<div class="photos">{"".join(map(_figure, photos))}</div>')
        if evaluation.class_iou or evaluation.class_iou_after:
            body += ["<h2>Intersection over union, by class</h2>", _classes_table(evaluation)]
        page = (
            f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
            f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>{"".join(body)}</html>\n'
        )
        with write_whole(path) as partial:
            partial.write_text(page)


def _figure(shown: _Shown) -> str:
    images = "".join(
        f'<img src="{_png(rgb)}" alt="{escape(what)}" title="{escape(what)}">' for what, rgb in shown.pictures.items()
    )
    order = ", ".join(shown.pictures)
    return f"<figure>{images}<figcaption>{escape(shown.name)}: {shown.error:.1f} ({order})</figcaption></figure>"


def _png(rgb: UInt8[Tensor, "3 128 128"]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(rgb.movedim(0, -1).numpy()).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _measures_table(evaluation: Evaluation) -> str:
    whats = list(dict.fromkeys(what for values in evaluation.measures.values() for what in values))
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
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="scroll"><table><tr>{head}</tr>{lines}</table></div>'
