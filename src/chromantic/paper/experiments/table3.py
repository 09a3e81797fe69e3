"""Table 3: ways to colorize, trained alike on the same photos with the same trunk."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from chromantic.evaluation.judge.segmented_pictures import MeasureNames
from chromantic.evaluation.measurement import Values
from chromantic.evaluation.measures.colourfulness import RELATIVE_COLOURFULNESS
from chromantic.evaluation.measures.psnr import PSNR
from chromantic.evaluation.results import evaluate_callable, evaluate_folder
from chromantic.evaluation.text_table import TextTable
from chromantic.paper.experiments.flows import train_flow
from chromantic.paper.judged import judge, segmenter_of
from chromantic.paper.networks.baselines import load_baseline
from chromantic.paper.sections import Section
from chromantic.paper.setting import Setting
from chromantic.paper.trainings import small_training, train_baseline


class _Method(NamedTuple):
    title: str
    papers_miou: float | None = None
    papers_psnr: float | None = None


PAPER = {"iizuka": (67.6, 24.20), "larsson": (68.8, 24.56), "zhang": (68.1, 22.81), "zhao": (70.3, 23.15)}
"""mIoU and PSNR by the system's first author; Zhao's is the paper's own."""
BASELINES = {
    "regression": _Method("L2 regression (Iizuka's kind)", *PAPER["iizuka"]),
    "histograms": _Method("colour histograms (Larsson's kind)", *PAPER["larsson"]),
    "rebalanced": _Method("rebalanced classes, annealed mean 0.38 (Zhang's kind)", *PAPER["zhang"]),
}
FLOWS = {
    "purple": _Method("PixelCNN without semantics, one sample (Royer's kind)"),
    "purple-blue-green, concatenation": _Method("with semantics, one sample (the paper's)", *PAPER["zhao"]),
}


def reproduce(setting: Setting) -> Section:
    """Trains every method on the same photos and has the same segmenter judge them."""
    segmenter, names = segmenter_of(setting), MeasureNames.of(segmenter_of(setting))
    rows = []
    for name, (files, *_) in setting.brought.items():
        measures = evaluate_folder(files, segmenter=segmenter).measures
        rows.append(_row(_Method(name, *PAPER.get(name.lower(), ())), measures, names, "result"))
    for name, method in BASELINES.items():
        baseline = load_baseline(name, train_baseline(setting, name))
        measures = evaluate_callable(baseline.colorize, setting.validation, segmenter=segmenter).measures
        rows.append(_row(method, measures, names, "result"))
    weights: Mapping[_Method, str | Path] = {
        **{method: train_flow(setting, flow, seed=0) for flow, method in FLOWS.items()},
        _Method(f"`{setting.weights}` weights, one sample, trained longer"): setting.weights,
    }
    for method, path in weights.items():
        measures = judge(setting, path)
        rows.append(_row(method, measures, names, "sample"))
    rows += [_row(_Method(what), measures, names, what) for what in ("grey", "original")]
    steps = small_training(setting).optimization
    return Section(
        title="mIoU after colorization and PSNR (Table 3)",
        protocol=f"The `tiny` trunk (Table 1 of the paper), {steps.steps * steps.batch_size:,} photos at half their "
        "size for each method, in the same order; measured on the colourful photos of VOC2012 val, seed "
        f"{setting.seed}. mIoU is `{names.miou}`, in percent; the share `{names.share}`; PSNR `{PSNR}`; "
        f"colourfulness `{RELATIVE_COLOURFULNESS}`; the distance `{names.distance}`, 0 of the originals. The paper's "
        "values are of the systems themselves, as their authors trained them, and of another segmenter.",
        findings=[
            TextTable(
                (
                    *("method", "mIoU", "share of the gap won back", "PSNR", "colourfulness", "distance"),
                    *("paper, mIoU", "paper, PSNR"),
                ),
                rows,
            )
        ],
    )


def _row(method: _Method, measures: Values, names: MeasureNames, what: str) -> tuple[str, ...]:
    def cell(measure: str, digits: int, factor: float = 1.0) -> str:
        value = measures.get(measure, {}).get(what)
        return "" if value is None else f"{factor * value:.{digits}f}"

    share = cell(names.share, 0, 100.0)
    return (
        method.title,
        cell(names.miou, 1, 100.0),
        f"{share} %" if share else "",
        cell(PSNR, 2),
        cell(RELATIVE_COLOURFULNESS, 2),
        cell(names.distance, 2),
        "" if method.papers_miou is None else f"{method.papers_miou:.1f}",
        "" if method.papers_psnr is None else f"{method.papers_psnr:.2f}",
    )
