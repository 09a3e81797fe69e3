"""Figure 10: how different two samples of one photo are."""

import statistics

from matplotlib.figure import Figure

from chromantic.evaluation.evaluate import evaluate
from chromantic.evaluation.measures.chroma_distance import DISTANCE
from chromantic.evaluation.measures.ms_ssim import MS_SSIM
from chromantic.evaluation.text_table import TextTable
from chromantic.files import write_whole
from chromantic.model import pretrained
from chromantic.paper.sections import Section
from chromantic.paper.setting import Setting

PAPERS_RANGE = 0.80, 0.95
_WIDTH = 0.01


def reproduce(setting: Setting) -> Section:
    """Draws two samples of every photo and counts how alike they are."""
    model = pretrained.load(setting.weights)
    evaluation = evaluate(model, setting.validation, samples=2, seed=setting.seed)
    values = [measured[MS_SSIM]["between_samples"] for _, measured in evaluation.each]
    lowest, highest = PAPERS_RANGE
    inside = sum(lowest <= value <= highest for value in values) / len(values)
    deciles = statistics.quantiles(values, n=10) if len(values) > 1 else values * 9
    path = setting.output / "fig10.png"
    with write_whole(path) as partial:
        _draw(values).savefig(partial, dpi=130)
    rows = [
        ("photos", str(len(values)), "1,449"),
        ("between 0.80 and 0.95", f"{100 * inside:.0f} %", "most"),
        ("median", f"{statistics.median(values):.3f}", ""),
        ("first and last decile", f"{deciles[0]:.3f} to {deciles[-1]:.3f}", ""),
    ]
    return Section(
        title="How different two samples of a photo are (Figure 10)",
        protocol=f"`{MS_SSIM}` of two samples of every colourful photo of VOC2012 val, seed {setting.seed}, "
        "temperature 1. Both samples have the photo's own lightness, so the measure is high even where colours differ; "
        f"`{DISTANCE}`, which sees the colours alone, is {evaluation.measures[DISTANCE]['between_samples']:.1f} CIE "
        "units. The paper does not say how many scales its MS-SSIM has.",
        findings=[TextTable(("", "here", "paper"), rows)],
        pictures={"Photos by MS-SSIM between two samples; shaded, where the paper has most": path},
    )


def _draw(values: list[float]) -> Figure:
    figure = Figure(figsize=(6, 3), layout="constrained")
    axes = figure.subplots()
    first = min(PAPERS_RANGE[0], int(min(values) / _WIDTH) * _WIDTH)
    bins = [first + _WIDTH * step for step in range(round((1 - first) / _WIDTH) + 1)]
    axes.axvspan(*PAPERS_RANGE, color="#dddddd", zorder=0)
    axes.hist(values, bins, color="#3b6ea5", zorder=2)
    axes.set_xlabel("MS-SSIM between two samples")
    axes.set_ylabel("photos")
    axes.spines[["top", "right"]].set_visible(False)
    return figure
