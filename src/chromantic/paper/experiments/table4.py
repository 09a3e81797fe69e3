"""Table 4: how natural people find the colours. It takes people: without their answers it prepares the study."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from chromantic.data.example import Example
from chromantic.errors import ChromanticError
from chromantic.evaluation.text_table import TextTable
from chromantic.paper.pictures import spread
from chromantic.paper.sections import Section
from chromantic.paper.setting import Setting
from chromantic.paper.systems import System, diverse_systems, original, protocol_of, single_systems
from chromantic.study.create import create_study
from chromantic.study.naturalness import PAPER_PEOPLE, PAPER_TABLE_4, Naturalness, StudyReport, report_study
from chromantic.study.store import ORIGINALS

PHOTOS, REDUCED_PHOTOS = 60, 18


def reproduce(setting: Setting) -> Section:
    """Shows what people answered, or puts the study together that they can be asked with."""
    systems: dict[str, System] = {}
    path = setting.study
    if path is None:
        path = setting.output / setting.named("study") / "study.sqlite"
        systems = {system.name: system for system in _systems(setting)}
        if not path.exists():
            photos = spread(setting.validation, REDUCED_PHOTOS if setting.reduced else PHOTOS)
            _create(path, list(systems.values()), photos)
    report = report_study(path)
    if systems and {judged.system for judged in report.systems} != {ORIGINALS, *systems}:
        raise ChromanticError(f"{path}: is a study of other systems; ask for it by name, or move it away")
    asked = f"{report.people} people were asked, of whom {report.finished} answered to the end."
    if not report.people:
        asked = (
            "**Nobody has been asked yet**, and nothing but people can fill this table. "
            f"`chromantic study serve {path}` shows the pictures to them; the same `chromantic reproduce` then writes "
            "their answers here."
        )
    return Section(
        title="Naturalness (Table 4)",
        protocol=f'Share of the answers "natural" in percent, with Wilson\'s interval at {report.confidence:.0%}; '
        f"{report.photos} photos, each shown to a person once, as one system or the camera made it; order by seed "
        f"{report.seed}. " + (protocol_of(list(systems.values()), setting) if systems else f"The study is `{path}`."),
        findings=[
            asked,
            _table(report, systems),
            f"The paper asked {PAPER_PEOPLE} people about other photos.",
        ],
    )


def _systems(setting: Setting) -> list[System]:
    """All of them, with one picture of a photo each; the network comes once, at the end."""
    return [*diverse_systems(setting, 1)[:-1], *single_systems(setting)]


def _create(path: Path, systems: Sequence[System], photos: Sequence[Example]) -> None:
    """Draws the photos by every system and makes a study of them."""
    with tempfile.TemporaryDirectory() as folder:
        folders = {name: Path(folder) / name for name in (ORIGINALS, *(system.name for system in systems))}
        for name in folders:
            folders[name].mkdir()
        for photo in photos:
            drawn = {ORIGINALS: original(photo), **{system.name: system.draw(photo)[0] for system in systems}}
            for name, pixels in drawn.items():
                Image.fromarray(pixels).save(folders[name] / f"{photo.photo.stem}.png")
        create_study(path, folders.pop(ORIGINALS), list(folders.values()))


def _table(report: StudyReport, systems: dict[str, System]) -> TextTable:
    """Systems that were judged, and what is left of the paper's table."""
    rows, shown = [], set()
    for judged in report.systems:
        system = systems.get(judged.system)
        author = judged.system if judged.system == ORIGINALS or not system else system.author
        paper = PAPER_TABLE_4.get(author or "", judged.paper)
        shown.add(paper)
        rows.append(
            (system.title if system else judged.system, *_cells(judged), "" if paper is None else f"{paper:.2f}")
        )
    rows += [(name, "", "", "", f"{value:.2f}") for name, value in PAPER_TABLE_4.items() if value not in shown]
    return TextTable(("system", "answers", "naturalness", "interval", "paper"), rows)


def _cells(judged: Naturalness) -> tuple[str, str, str]:
    if judged.naturalness is None or judged.interval is None:
        return "0", "", ""
    low, high = judged.interval
    return str(judged.answers), f"{judged.naturalness:.2f}", f"{low:.2f} to {high:.2f}"
