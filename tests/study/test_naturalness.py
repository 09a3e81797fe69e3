import json
import math
from pathlib import Path

import pytest

from chromantic.cli import main
from chromantic.study.naturalness import PAPER_TABLE_4, naturalness, report_study
from chromantic.study.store import Study


@pytest.mark.parametrize(("natural", "answers"), [(0, 10), (10, 10), (7, 12), (239, 240)])
def test_intervals_are_wilsons(natural: int, answers: int) -> None:
    z, share = 1.959963984540054, natural / answers
    centre = (share + z**2 / (2 * answers)) / (1 + z**2 / answers)
    half = z / (1 + z**2 / answers) * math.sqrt(share * (1 - share) / answers + z**2 / (4 * answers**2))
    row = naturalness("royer", natural, answers)
    assert row.naturalness == pytest.approx(100 * share)
    assert row.interval == pytest.approx((100 * (centre - half), 100 * (centre + half)), abs=1e-4)


def test_the_papers_values_stand_beside_systems_of_their_names() -> None:
    values = {name: naturalness(name, 1, 2).paper for name in ("originals", "royer", "Chromantic", "zhao", "ours")}
    assert values == {"originals": 99.58, "royer": 89.89, "Chromantic": 94.65, "zhao": 94.65, "ours": None}


def test_a_table_and_json(study_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = Study(study_file)
    person = study.add_person()
    while (progress := study.progress(person)) and progress.picture:
        study.answer(person, progress.picture, progress.answered != 1)
    assert main(["study", "report", str(study_file), "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values == json.loads(json.dumps(report_study(study_file).to_json()))
    assert (values["people"], values["finished"], values["seed"], values["photos"]) == (1, 1, 5, 4)
    assert sum(row["natural"] for row in values["systems"]) == 3
    assert sum(row["answers"] for row in values["systems"]) == 4
    assert values["paper"] == PAPER_TABLE_4

    assert main(["study", "report", str(study_file)]) == 0
    table = capsys.readouterr().out
    rows = [line for line in table.splitlines() if "%" not in line and "│" in line]
    assert [line.split("│")[1].strip() for line in rows] == [
        *("originals", "royer", "chromantic"),
        *("Iizuka", "Larsson", "Zhang", "Deshpande", "Cao"),
    ]
    assert "94.65" in rows[2]
    assert "People: 1, to the end: 1" in table


def test_a_study_without_answers_has_no_naturalness(study_file: Path) -> None:
    assert [(row.naturalness, row.interval) for row in report_study(study_file).systems] == [(None, None)] * 3
