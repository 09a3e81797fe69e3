"""All experiments by name."""

from collections.abc import Callable, Sequence
from pathlib import Path

from chromantic.errors import ChromanticError
from chromantic.files import check_writable
from chromantic.paper import fig8, fig10, fig13, flows, segmenter, table3
from chromantic.paper.report import REPORT, Section, write_report
from chromantic.paper.setting import Setting

EXPERIMENTS: dict[str, Callable[[Setting], Section]] = {
    "flows": flows.reproduce,
    "segmenter": segmenter.reproduce,
    "fig8": fig8.reproduce,
    "fig10": fig10.reproduce,
    "table3": table3.reproduce,
    "fig13": fig13.reproduce,
}
ALL = "all"


def run(names: Sequence[str], setting: Setting) -> Path:
    """Runs experiments one after another and writes their report.

    Args:
        names: Of `EXPERIMENTS`, or `all`.
        setting: Of all of them.

    Raises:
        ChromanticError: An experiment is not known, photos are missing, or something cannot be written.
    """
    unknown = set(names) - {*EXPERIMENTS, ALL}
    if unknown:
        raise ChromanticError(f"{min(unknown)}: no such experiment; give all or some of {', '.join(EXPERIMENTS)}")
    check_writable(setting.output / REPORT)
    _ = setting.validation  # missing photos are found before any training
    chosen = EXPERIMENTS if ALL in names else dict.fromkeys(names)
    return write_report([EXPERIMENTS[name](setting) for name in chosen], setting)
