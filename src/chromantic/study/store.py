"""A study in one SQLite file: its pictures, the people who judge them, and their answers.

A person's order of pictures is written down when the person starts, and an answer is on the disk before it is
acknowledged. So no reload, lost connection or crash loses or repeats an answer.
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
"""Name of the untouched photos, which count as one of the systems."""

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
class StudyPicture:
    """One photo as one system made it.

    Attributes:
        photo: Name of the photo.
        system: What made the picture, or `ORIGINALS`.
        file_sha256: Hash of the file that was brought.
        png_sha256: Hash of `png`.
        png: What people see.
    """

    photo: str
    system: str
    file_sha256: str
    png_sha256: str
    png: bytes


@dataclass(frozen=True)
class PersonProgress:
    """How far a person is.

    Attributes:
        answered: Number of pictures answered.
        total: Number of pictures to answer.
        picture: Key of the picture to answer now; None at the end.
        upcoming: Key of the one after it.
    """

    answered: int
    total: int
    picture: str | None
    upcoming: str | None


def write_study(path: Path, pictures: Sequence[StudyPicture], seed: int) -> None:
    """Writes a study that nobody has answered yet, whole or not at all.

    Args:
        path: The file; there is none yet.
        pictures: Every photo by every system, the originals' first.
        seed: Fixes which pictures each person sees, and in which order.

    Raises:
        ChromanticError: The file cannot be written.
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
            ChromanticError: There is no such file, or it is no study.
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
        """A new connection, whose changes are kept together or not at all."""
        uri = f"{self.path.resolve().as_uri()}?mode=rw"  # never creates a file
        with closing(sqlite3.connect(uri, uri=True, timeout=30)) as database, database:
            yield database

    def add_person(self) -> str:
        """Writes down a new person's pictures, in their order.

        A person sees every photo once, by one of the systems. As many people as there are systems see every picture.

        Returns:
            The person's key.
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

    def progress(self, person: str) -> PersonProgress | None:
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
        return PersonProgress(len(rows) - len(open_keys), len(rows), first, second)

    def answer(self, person: str, picture: str, natural: bool) -> bool:
        """Stores a person's answer. A second one about the same picture changes nothing.

        Returns:
            False if the picture is not one of the person's.
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
            rows: list[tuple[bytes]] = database.execute("SELECT png FROM pictures WHERE key = ?", (picture,)).fetchall()
        return rows[0][0] if rows else None

    def answers_by_system(self) -> dict[str, tuple[int, int]]:
        """Answers "natural", and all answers, about each system, the originals first."""
        with self._database() as database:
            rows = database.execute(
                """SELECT system, total(natural), count(natural) FROM pictures
                LEFT JOIN answers ON picture = pictures.id GROUP BY system ORDER BY min(pictures.id)"""
            )
            return {system: (int(natural), answers) for system, natural, answers in rows}

    def people(self) -> tuple[int, int]:
        """Numbers of people who answered anything, and everything."""
        with self._database() as database:
            rows = database.execute("SELECT count(natural), count(*) FROM answers GROUP BY person").fetchall()
        return sum(done > 0 for done, _ in rows), sum(done == total for done, total in rows)
