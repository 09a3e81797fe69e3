"""Figure 9: does colorization help to segment grey photos?"""

import json
import math
from dataclasses import replace
from pathlib import Path

from matplotlib.figure import Figure

from chromantic.data.classes import CLASS_NAMES
from chromantic.evaluation.text_table import TextTable
from chromantic.files import write_whole
from chromantic.paper.experiments.flows import train_flow
from chromantic.paper.networks.grey_segmentation import GreySegmentation
from chromantic.paper.sections import Section
from chromantic.paper.setting import Setting
from chromantic.paper.trainings import small_training, trained

MEASURE = "cross_entropy_from_grey_over_classes@squash128_labels32"
PAPER = {"joint with colorization": 0.030, "from a colorizer": 0.043, "from scratch": 0.060}
_LOGGED = "validation/segmentation"


def reproduce(setting: Setting) -> Section:
    """Trains the segmentation in three ways and follows its loss on photos that it does not learn from."""
    joint = train_flow(setting, "purple-blue-green, concatenation", seed=0)
    colorizer = train_flow(setting, "purple", seed=0)
    config = small_training(setting)
    config = replace(config, optimization=replace(config.optimization, weights=(0.0, 25.0, 0.0)))
    runs = {
        "joint with colorization": joint,
        "from a colorizer": trained(config, setting.run("fig9/from-colorizer"), GreySegmentation(colorizer)),
        "from scratch": trained(config, setting.run("fig9/from-scratch"), GreySegmentation()),
    }
    curves = {way: _losses(weights.parent / "metrics.jsonl") for way, weights in runs.items()}
    batch = config.optimization.batch_size
    path = setting.output / "fig9.png"
    with write_whole(path) as partial:
        _draw(curves, batch).savefig(partial, dpi=130)
    seen = config.optimization.steps * batch
    ignorance = math.log(len(CLASS_NAMES)) / len(CLASS_NAMES)
    rows = [
        (way, f"{min(curve.values()):.4f}", f"{list(curve.values())[-1]:.4f}", f"{PAPER[way]:.3f}")
        for way, curve in curves.items()
    ]
    return Section(
        title="What colorization does for segmentation (Figure 9)",
        protocol=f"`{MEASURE}`: the cross entropy of labelled pixels over the number of classes, from grey photos, on "
        f"VOC2012 val; deeming all classes alike gives {ignorance:.3f}. Each way sees the same {seen:,} photos at half "
        "their size in the same order, with the `tiny` network, seed 0; what segments begins with the same weights, "
        "but for those of the shared bottom that come from a colorizer (the purple flow), which has seen as many "
        "photos before. The paper trained longer (50 epochs of 10,582 photos).",
        findings=[TextTable(("segmentation", "lowest", "last", "paper"), rows)],
        pictures={"The loss on photos that are not trained on, by photos seen": path},
    )


def _losses(metrics: Path) -> dict[int, float]:
    """The validation's loss by step."""
    lines = map(json.loads, metrics.read_text().splitlines())
    return {line["step"]: line[_LOGGED] for line in lines if _LOGGED in line}


def _draw(curves: dict[str, dict[int, float]], batch: int) -> Figure:
    figure = Figure(figsize=(6, 3), layout="constrained")
    axes = figure.subplots()
    for way, curve in curves.items():
        axes.plot([batch * step for step in curve], list(curve.values()), marker="o", markersize=3, label=way)
    axes.set_xlabel("photos seen")
    axes.set_ylabel("segmentation loss")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return figure
