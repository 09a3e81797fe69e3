"""All experiments by name."""

from collections.abc import Callable, Sequence
from pathlib import Path

from chromantic.data.collections.folder import folder_examples
from chromantic.errors import ChromanticError
from chromantic.evaluation.evaluate import check_classes
from chromantic.files import check_writable
from chromantic.model import pretrained
from chromantic.paper.experiments import (
    fig8,
    fig9,
    fig10,
    fig11,
    fig12,
    fig13,
    flows,
    judging_segmenter,
    sec322,
    table3,
    table4,
)
from chromantic.paper.sections import REPORT, Section, write_report
from chromantic.paper.setting import Setting
from chromantic.study.naturalness import report_study

EXPERIMENTS: dict[str, Callable[[Setting], Section]] = {
    "flows": flows.reproduce,
    "segmenter": judging_segmenter.reproduce,
    "sec322": sec322.reproduce,
    "fig8": fig8.reproduce,
    "fig9": fig9.reproduce,
    "fig10": fig10.reproduce,
    "table3": table3.reproduce,
    "table4": table4.reproduce,
    "fig11": fig11.reproduce,
    "fig12": fig12.reproduce,
    "fig13": fig13.reproduce,
}
ALL = "all"


def run(names: Sequence[str], setting: Setting) -> Path:
    """Runs experiments one after another and writes their report.

    Args:
        names: Of `EXPERIMENTS`, or `all`.
        setting: Of all of them.

    Raises:
        ChromanticError: An experiment is not known, or photos, labels, weights, results or the study cannot be used,
            before anything is trained; a training fails, or something cannot be written.
    """
    unknown = set(names) - {*EXPERIMENTS, ALL}
    if unknown:
        raise ChromanticError(f"{min(unknown)}: no such experiment; give all or some of {', '.join(EXPERIMENTS)}")
    _check(setting)
    chosen = EXPERIMENTS if ALL in names else dict.fromkeys(names)
    return write_report([EXPERIMENTS[name](setting) for name in chosen], setting)


def _check(setting: Setting) -> None:
    """What can be known to fail before the first training does so here."""
    check_writable(setting.output / REPORT)
    check_classes(pretrained.load(setting.weights), setting.validation)
    _ = setting.brought
    if setting.shown:
        folder_examples(setting.shown)
    if setting.study:
        report_study(setting.study)
