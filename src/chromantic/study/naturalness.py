"""How natural people found each system's pictures, beside the paper's Table 4."""

from dataclasses import asdict, dataclass
from pathlib import Path

from rich.table import Table

from chromantic.study.store import ORIGINALS, Study

CONFIDENCE = 0.95
PAPER_PEOPLE = 20
PAPER_TABLE_4 = {
    ORIGINALS: 99.58,
    "Iizuka": 88.61,
    "Larsson": 86.99,
    "Zhang": 88.66,
    "Deshpande": 75.30,
    "Cao": 80.00,
    "Royer": 89.89,
    "Zhao": 94.65,
}
"""Naturalness in per cent by the system's first author; Zhao's is the paper's own."""

_PAPER_NAMES = {name.lower(): name for name in PAPER_TABLE_4} | {"chromantic": "Zhao"}


@dataclass(frozen=True)
class Naturalness:
    """What people said of one system's pictures.

    Attributes:
        system: Name of the system.
        natural: Number of answers "natural".
        answers: Number of all answers.
        naturalness: Their ratio in per cent; None without answers.
        interval: Wilson's interval of the ratio at `CONFIDENCE`, in per cent.
        paper: The paper's value in per cent for a system of this name; for `chromantic`, that of the paper's own.
    """

    system: str
    natural: int
    answers: int
    naturalness: float | None
    interval: tuple[float, float] | None
    paper: float | None


@dataclass(frozen=True)
class StudyReport:
    """A study's result so far.

    Attributes:
        study: Its file.
        seed: Fixes which pictures each person saw, and in which order.
        photos: Number of photos that each person sees.
        people: Number of people who answered anything.
        finished: Number of people who answered everything.
        confidence: Of the intervals.
        systems: What people said of each system, the originals first.
        paper: The whole of the paper's Table 4, which 20 people judged.
    """

    study: str
    seed: int
    photos: int
    people: int
    finished: int
    confidence: float
    systems: tuple[Naturalness, ...]
    paper: dict[str, float]

    def to_json(self) -> dict[str, object]:
        """The result as JSON values."""
        return asdict(self)

    def table(self) -> Table:
        """The result for a terminal, with the paper's other systems below."""
        table = Table(
            title=f"Naturalness: {self.study}",
            caption=f"People: {self.people}, to the end: {self.finished}; {self.photos} photos each; seed {self.seed}; "
            f"Wilson intervals at {self.confidence:.0%}; the paper asked {PAPER_PEOPLE} people about "
            "other photos",
        )
        for column in ("system", "natural", "answers", "naturalness, %", "interval, %", "paper's Table 4, %"):
            table.add_column(column, justify="left" if column == "system" else "right")
        for row in self.systems:
            table.add_row(
                row.system,
                str(row.natural),
                str(row.answers),
                "" if row.naturalness is None else f"{row.naturalness:.2f}",
                "" if row.interval is None else f"{row.interval[0]:.2f} to {row.interval[1]:.2f}",
                "" if row.paper is None else f"{row.paper:.2f}",
            )
        table.add_section()
        above = {_PAPER_NAMES.get(row.system.lower()) for row in self.systems}
        for system, value in self.paper.items():
            if system not in above:
                table.add_row(f"[dim]{system}", "", "", "", "", f"{value:.2f}")
        return table


def report_study(path: Path) -> StudyReport:
    """The result of a study so far.

    Raises:
        ChromanticError: The file is no study.
    """
    study = Study(path)
    people, finished = study.people()
    return StudyReport(
        study=str(path),
        seed=study.seed,
        photos=len(study.photos),
        people=people,
        finished=finished,
        confidence=CONFIDENCE,
        systems=tuple(naturalness(system, *answers) for system, answers in study.answers_by_system().items()),
        paper=PAPER_TABLE_4,
    )


def naturalness(system: str, natural: int, answers: int) -> Naturalness:
    """The share of answers "natural", with Wilson's interval."""
    from scipy.stats import binomtest  # here: it takes half a second, which only a report needs

    name = _PAPER_NAMES.get(system.lower())
    paper = None if name is None else PAPER_TABLE_4[name]
    if answers == 0:
        return Naturalness(system, natural, answers, None, None, paper)
    low, high = binomtest(natural, answers).proportion_ci(CONFIDENCE, method="wilson")
    return Naturalness(system, natural, answers, 100 * natural / answers, (100 * float(low), 100 * float(high)), paper)
