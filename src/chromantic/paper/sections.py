"""One report of all experiments, in Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from chromantic import __version__
from chromantic.evaluation.text_table import TextTable
from chromantic.files import write_whole
from chromantic.model import pretrained
from chromantic.paper.setting import Setting

REPORT = "report.md"


def mean_and_spread(values: Sequence[float], digits: int) -> str:
    """A cell: the mean and, of several values, half their range."""
    spread = f" ± {(max(values) - min(values)) / 2:.{digits}f}" if len(values) > 1 else ""
    return f"{fmean(values):.{digits}f}{spread}"


@dataclass(frozen=True)
class Section:
    """What one experiment found.

    Attributes:
        title: What it shows, and the figure or table of the paper.
        protocol: How it was measured: photos, sizes, trainings.
        findings: Paragraphs and tables, in order.
        pictures: Files in the report's folder, by caption.
    """

    title: str
    protocol: str
    findings: Sequence[str | TextTable]
    pictures: dict[str, Path] = field(default_factory=dict)


def write_report(sections: Sequence[Section], setting: Setting) -> Path:
    """Writes `report.md` into the output folder, whole or not at all.

    Raises:
        ChromanticError: It cannot be written.
    """
    lines = [
        "# Pixelated Semantic Colorization, reproduced",
        f"Chromantic {__version__}; weights `{setting.weights}` ({pretrained.fingerprint(setting.weights)}); "
        f"{len(setting.validation)} photos of VOC2012 val; seed {setting.seed}."
        + (" **Reduced**: short trainings, few photos; the figures show that it runs, not more." * setting.reduced),
    ]
    for section in sections:
        lines += [f"## {section.title}", section.protocol, *map(_markdown, section.findings)]
        lines += [f"![{caption}]({path.relative_to(setting.output)})" for caption, path in section.pictures.items()]
    path = setting.output / REPORT
    with write_whole(path) as partial:
        partial.write_text("\n\n".join(lines) + "\n")
    return path


def _markdown(finding: str | TextTable) -> str:
    return finding.markdown() if isinstance(finding, TextTable) else finding
