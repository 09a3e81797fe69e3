"""A study in one SQLite file: its pictures, the people who judge them, and their answers.

A person's order of pictures is written down when the person starts, and an answer is on the disk before it is
acknowledged, so neither a reload nor a lost connection nor a crash loses or repeats one.
"""

import random
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from chromantic.errors import ChromanticError
from chromantic.files import write_whole

ORIGINALS = "originals"
"""The name under which the untouched photos stand among the systems."""

_APPLICATION_ID = 0x43685374  # marks the file as a study
_FORMAT_VERSION = 1
_SCHEMA = f"""
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {_FORMAT_VERSION};
CREATE TABLE study (key TEXT NOT NULL, seed INTEGER NOT NULL, created TEXT NOT NULL DEFAULT (datetime('now')));
CREATE TABLE pictures (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,       -- what the page calls it: random, tells nothing
    photo TEXT NOT NULL,
    system TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,      -- of the file that was brought
    png_sha256 TEXT NOT NULL,       -- of what people see
    png BLOB NOT NULL,
    UNIQUE (photo, system)
);
CREATE TABLE people (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,       -- what the browser holds
    started TEXT NOT NULL DEFAULT (datetime('now'))
);
CREATE TABLE answers (
    person INTEGER NOT NULL REFERENCES people (id),
    position INTEGER NOT NULL,
    picture INTEGER NOT NULL REFERENCES pictures (id),
    natural INTEGER,                -- NULL until answered
    answered TEXT,
    PRIMARY KEY (person, position),
    UNIQUE (person, picture)
);
"""


@dataclass(frozen=True)
class Picture:
    """One picture of a study.

    Attributes:
        photo: the photo that it shows.
        system: what made it, or `ORIGINALS`.
        file_sha256: hash of the file that was brought.
        png_sha256: hash of `png`.
        png: what people see.
    """

    photo: str
    system: str
    file_sha256: str
    png_sha256: str
    png: bytes


@dataclass(frozen=True)
class Progress:
    """How far a person is.

    Attributes:
        answered: pictures answered.
        total: pictures to answer.
        picture: key of the picture to answer now; None at the end.
        upcoming: key of the one after it.
    """

    answered: int
    total: int
    picture: str | None
    upcoming: str | None


@dataclass(frozen=True)
class Tally:
    """The answers about one system.

    Attributes:
        system: its name.
        natural: answers "natural".
        answers: all answers.
    """

    system: str
    natural: int
    answers: int


def write_study(path: Path, pictures: Sequence[Picture], seed: int) -> None:
    """Writes a study that nobody has answered yet, whole or not at all.

    Args:
        path: the file; there is none yet.
        pictures: every photo by every system, the originals' first.
        seed: of the people's orders.

    Raises:
        ChromanticError: the file cannot be written.
    """
    rows = [(secrets.token_urlsafe(12), p.photo, p.system, p.file_sha256, p.png_sha256, p.png) for p in pictures]
    try:
        with write_whole(path) as partial, closing(sqlite3.connect(partial)) as database, database:
            database.executescript(_SCHEMA)
            database.execute("INSERT INTO study (key, seed) VALUES (?, ?)", (secrets.token_hex(8), seed))
            database.executemany(
                "INSERT INTO pictures (key, photo, system, file_sha256, png_sha256, png) VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )
    except sqlite3.Error as error:
        raise ChromanticError(f"{path}: cannot be written ({error}); choose another place") from error


class Study:
    """A study that people take part in."""

    def __init__(self, path: Path) -> None:
        """Opens a study.

        Raises:
            ChromanticError: there is no such file, or it is no study.
        """
        self.path = path
        if not path.is_file():
            raise ChromanticError(f"{path}: no such study; make one with `chromantic study new`")
        try:
            with self._database() as database:
                application, version = (
                    database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
                )
                if application != _APPLICATION_ID:
                    raise ChromanticError(f"{path}: is not a study; make one with `chromantic study new`")
                if version != _FORMAT_VERSION:
                    raise ChromanticError(f"{path}: a study of version {version}, {_FORMAT_VERSION} is needed")
                self.key, self.seed = database.execute("SELECT key, seed FROM study").fetchone()
                self.systems: list[str] = [
                    name for (name,) in database.execute("SELECT system FROM pictures GROUP BY system ORDER BY min(id)")
                ]
                self.photos: list[str] = [
                    name for (name,) in database.execute("SELECT photo FROM pictures GROUP BY photo ORDER BY min(id)")
                ]
        except sqlite3.DatabaseError as error:
            raise ChromanticError(f"{path}: is not a study, or damaged ({error}); restore the file") from error

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own for each request, whose changes are kept together or not at all."""
        uri = f"{self.path.resolve().as_uri()}?mode=rw"  # makes no new file where there is none
        with closing(sqlite3.connect(uri, uri=True, timeout=30)) as database, database:
            yield database

    def add_person(self) -> str:
        """A new person's key, with the order of pictures written down.

        Everyone sees every photo once, as one system made it: as many people as there are systems see everything once.
        """
        key = secrets.token_urlsafe(16)
        with self._database() as database:
            person = database.execute("INSERT INTO people (key) VALUES (?) RETURNING id", (key,)).fetchone()[0]
            ids = {
                (photo, system): picture
                for picture, photo, system in database.execute("SELECT id, photo, system FROM pictures")
            }
            photos = random.Random(f"{self.seed}").sample(self.photos, len(self.photos))
            chosen = [
                ids[photo, self.systems[(place + person) % len(self.systems)]] for place, photo in enumerate(photos)
            ]
            random.Random(f"{self.seed} {person}").shuffle(chosen)
            database.executemany(
                "INSERT INTO answers (person, position, picture) VALUES (?, ?, ?)",
                [(person, position, picture) for position, picture in enumerate(chosen)],
            )
        return key

    def progress(self, person: str) -> Progress | None:
        """How far a person is; None if there is no such person."""
        with self._database() as database:
            rows = database.execute(
                """SELECT pictures.key, natural FROM answers
                JOIN people ON people.id = person JOIN pictures ON pictures.id = picture
                WHERE people.key = ? ORDER BY position""",
                (person,),
            ).fetchall()
        if not rows:
            return None
        open_keys = [key for key, natural in rows if natural is None]
        first, second = [*open_keys, None, None][:2]
        return Progress(len(rows) - len(open_keys), len(rows), first, second)

    def answer(self, person: str, picture: str, natural: bool) -> bool:
        """Stores an answer; a second one about the same picture changes nothing.

        Returns:
            False if the person was never to see the picture.
        """
        where = """person = (SELECT id FROM people WHERE key = ?)
            AND picture = (SELECT id FROM pictures WHERE key = ?)"""
        with self._database() as database:
            database.execute(
                f"UPDATE answers SET natural = ?, answered = datetime('now') WHERE natural IS NULL AND {where}",
                (natural, person, picture),
            )
            return bool(
                database.execute(f"SELECT count(*) FROM answers WHERE {where}", (person, picture)).fetchone()[0]
            )

    def png(self, picture: str) -> bytes | None:
        """What people see of a picture; None if there is no such picture."""
        with self._database() as database:
            row = database.execute("SELECT png FROM pictures WHERE key = ?", (picture,)).fetchone()
        return row and row[0]

    def tallies(self) -> list[Tally]:
        """The answers about every system, the originals first."""
        with self._database() as database:
            rows = database.execute(
                """SELECT system, total(natural), count(natural) FROM pictures
                LEFT JOIN answers ON picture = pictures.id GROUP BY system"""
            )
            by_system = {system: Tally(system, int(natural), answers) for system, natural, answers in rows}
        return [by_system[system] for system in self.systems]

    def people(self) -> tuple[int, int]:
        """Numbers of people who answered anything, and everything."""
        with self._database() as database:
            rows = database.execute("SELECT count(natural), count(*) FROM answers GROUP BY person").fetchall()
        return sum(done > 0 for done, _ in rows), sum(done == total for done, total in rows)
