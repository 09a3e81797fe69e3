import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from chromantic.errors import ChromanticError
from chromantic.study.store import Study


def order_of(study: Study, person: str) -> list[str]:
    """The person's pictures in order, each answered on the way."""
    keys = []
    while (progress := study.progress(person)) and progress.picture:
        keys.append(progress.picture)
        assert study.answer(person, progress.picture, True)
    return keys


def shown(path: Path) -> list[tuple[int, str, str]]:
    query = "SELECT person, photo, system FROM answers JOIN pictures ON id = picture ORDER BY person, position"
    return sqlite3.connect(path).execute(query).fetchall()


def test_everyone_sees_every_photo_once_and_three_people_everything_once(study_file: Path) -> None:
    study = Study(study_file)
    for _ in range(3):
        study.add_person()
    seen = shown(study_file)
    assert set(Counter((person, photo) for person, photo, _ in seen).values()) == {1}
    assert set(Counter((photo, system) for _, photo, system in seen).values()) == {1}
    assert len(seen) == 3 * 4


def test_orders_follow_the_seed_and_differ_between_people(folders: dict[str, Path], tmp_path: Path) -> None:
    from chromantic.study.create import create_study

    orders = []
    for name, seed in {"one": 1, "same": 1, "other": 2}.items():
        path = tmp_path / f"{name}.sqlite"
        create_study(path, folders["originals"], [folders["royer"]], seed=seed)
        study = Study(path)
        for _ in range(20):
            study.add_person()
        orders.append(shown(path))
    assert orders[0] == orders[1] != orders[2]
    by_person = [tuple(photo for person, photo, _ in orders[0] if person == number) for number in range(1, 21)]
    assert len({*by_person}) > 8  # of 24
    first_systems = Counter(system for person, _, system in orders[0][::4])
    assert set(first_systems) == {"originals", "royer"}


def test_the_first_answer_stays(study_file: Path) -> None:
    study = Study(study_file)
    person = study.add_person()
    progress = study.progress(person)
    assert progress
    assert progress.picture
    assert (progress.answered, progress.total) == (0, 4)
    assert study.answer(person, progress.picture, False)
    assert study.answer(person, progress.picture, True)
    after = Study(study_file).progress(person)  # a server started anew
    assert after
    assert (after.answered, after.picture) == (1, progress.upcoming)
    assert sorted(study.answers_by_system().values()) == [(0, 0), (0, 0), (0, 1)]


def test_answers_are_counted_by_system_and_people(study_file: Path) -> None:
    study = Study(study_file)
    assert study.people() == (0, 0)
    people = [study.add_person() for _ in range(3)]
    assert study.people() == (0, 0)
    order_of(study, people[0])
    progress = study.progress(people[1])
    assert progress
    assert progress.picture
    study.answer(people[1], progress.picture, False)
    assert study.people() == (2, 1)
    answers = study.answers_by_system()
    assert list(answers) == ["originals", "royer", "chromantic"]
    assert [sum(numbers) for numbers in zip(*answers.values(), strict=True)] == [4, 5]


def test_nobody_answers_for_another_or_about_what_is_not_theirs(study_file: Path) -> None:
    study = Study(study_file)
    first, second = study.add_person(), study.add_person()
    own = {*order_of(study, first)}
    (foreign, *_) = {*order_of(study, second)} - own
    assert not study.answer(first, foreign, True)
    assert not study.answer("nobody", foreign, True)
    assert not study.answer(first, "nothing", True)
    assert study.progress("nobody") is None
    assert study.png("nothing") is None


def test_what_is_no_study_is_refused(study_file: Path, tmp_path: Path) -> None:
    with pytest.raises(ChromanticError, match=r"missing\.sqlite: no such study"):
        Study(tmp_path / "missing.sqlite")
    assert not (tmp_path / "missing.sqlite").exists()
    (tmp_path / "text.sqlite").write_text("no database " * 100)
    with pytest.raises(ChromanticError, match=r"text\.sqlite: is not a study"):
        Study(tmp_path / "text.sqlite")
    sqlite3.connect(tmp_path / "foreign.sqlite").executescript("CREATE TABLE a (b)")
    with pytest.raises(ChromanticError, match=r"foreign\.sqlite: is not a study"):
        Study(tmp_path / "foreign.sqlite")
    sqlite3.connect(study_file).executescript("PRAGMA user_version = 9")
    with pytest.raises(ChromanticError, match="a study of version 9, 1 is needed"):
        Study(study_file)
