"""Section 3.2.2: two ways for the generator to see the segmentation."""

from chromantic.evaluation.judge.segmented_pictures import MeasureNames
from chromantic.evaluation.measurement import Values
from chromantic.evaluation.measures.colourfulness import RELATIVE_COLOURFULNESS
from chromantic.evaluation.measures.likelihood import BITS
from chromantic.evaluation.measures.psnr import PSNR
from chromantic.evaluation.text_table import TextTable
from chromantic.paper.experiments.flows import SEEDS, train_flow
from chromantic.paper.judged import judge, segmenter_of
from chromantic.paper.sections import Section, mean_and_spread
from chromantic.paper.setting import Setting
from chromantic.paper.trainings import small_training

WAYS = {"concatenation": "better", "feature transformation": "worse"}
"""What the paper says of each."""


def reproduce(setting: Setting) -> Section:
    """Measures the samples of both ways, of the same trainings as the flows."""
    names = MeasureNames.of(segmenter_of(setting))
    seeds = SEEDS[:1] if setting.reduced else SEEDS
    columns = {
        "bits": (BITS, "generator", 1.0, 3),
        "mIoU": (names.miou, "sample", 100.0, 1),
        "PSNR": (PSNR, "sample", 1.0, 2),
        "colourfulness": (RELATIVE_COLOURFULNESS, "sample", 1.0, 2),
    }
    rows = []
    for way, papers in WAYS.items():
        runs = [judge(setting, train_flow(setting, f"purple-blue-green, {way}", seed)) for seed in seeds]
        rows.append((way, *(_cell(runs, *column) for column in columns.values()), papers))
    seen = small_training(setting).optimization
    return Section(
        title="Concatenation or feature transformation (Section 3.2.2)",
        protocol=f"The `tiny` network, {seen.steps * seen.batch_size:,} photos at half their size each, seeds "
        f"{', '.join(map(str, seeds))}; one sample of each colourful photo of VOC2012 val, sampling seed "
        f"{setting.seed}. Bits are the generator's `{BITS}`, mIoU `{names.miou}` in percent, PSNR `{PSNR}`, "
        f"colourfulness `{RELATIVE_COLOURFULNESS}`. A cell gives the mean over the seeds and half their range.",
        findings=[
            TextTable(("the generator sees the segmentation by", *columns, "paper"), rows),
            "The paper gives no figures here: it finds concatenation better than feature transformation, and uses it.",
        ],
    )


def _cell(runs: list[Values], measure: str, what: str, factor: float, digits: int) -> str:
    return mean_and_spread([factor * run[measure][what] for run in runs], digits)
