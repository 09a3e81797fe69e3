"""What became of each photo, in an SQLite file beside the results.

A row is written before a photo is begun and again when it has ended: a run that is killed leaves rows that say
`started`, whose photos the next run begins again.
"""

import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from chromantic.errors import ChromanticError, one_printable_line
from chromantic.options import Options

NAME = "manifest.sqlite"
MOST_ATTEMPTS = 4
"""A photo with which so many runs in a row have died is taken to be the cause, and recorded as broken."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS photos (
    path TEXT PRIMARY KEY,  -- in the input folder; bytes that are no UTF-8 are escaped
    status TEXT NOT NULL CHECK (status IN ('started', 'done', 'failed')),
    attempts INTEGER NOT NULL,  -- runs that began it and did not end it
    size INTEGER, modified_ns INTEGER, sha256 TEXT,  -- of the input file
    model TEXT, options TEXT,  -- that the result was made with
    output TEXT UNIQUE,  -- in the output folder
    error TEXT, seconds REAL,
    ended TEXT  -- UTC
)
"""


@dataclass(frozen=True)
class Version:
    """A file's size in bytes and its time of change, which tell without reading it that it is another."""

    size: int
    modified_ns: int


NO_FILE = Version(-1, -1)
"""Stands for the version of what cannot be looked at."""


@dataclass(frozen=True)
class Row:
    """What the manifest knows of a photo."""

    status: str
    attempts: int
    version: Version
    sha256: str | None
    model: str | None
    options: Options | None
    output: str | None
    ended: float  # seconds since 1970, without fractions


@dataclass(frozen=True)
class Outcome:
    """What became of a photo: an output or an error."""

    path: Path
    version: Version
    sha256: str | None = None
    output: Path | None = None
    error: str | None = None
    seconds: float = 0.0


def _options_of(text: str | None) -> Options | None:
    """The options of a row; None where there are none, or where another version had others."""
    try:
        return Options(**json.loads(text)) if text else None
    except (ValueError, TypeError, ChromanticError):
        return None


def text_of(path: Path) -> str:
    """A path as the manifest holds it."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


class Manifest:
    """The table of an output folder, open for one run; threads may share it."""

    def __init__(self, folder: Path) -> None:
        """Opens or creates the manifest of an existing folder.

        Raises:
            ChromanticError: It is damaged or no manifest.
        """
        self.path = folder / NAME
        self._lock = threading.Lock()
        with self._reporting():
            self._connection = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute(_SCHEMA)

    def close(self) -> None:
        """Ends the use of the file."""
        self._connection.close()

    def rows(self) -> dict[str, Row]:
        """All rows by path."""
        columns = "path, status, attempts, CAST(strftime('%s', ended) AS INTEGER), "
        columns += "size, modified_ns, sha256, model, options, output"
        with self._reporting():
            rows = self._connection.execute(f"SELECT {columns} FROM photos")
            return {
                path: Row(status, attempts, Version(*version), sha256, model, _options_of(options), output, ended or 0)
                for path, status, attempts, ended, *version, sha256, model, options, output in rows
            }

    def records(self, columns: str, where: str = "1", most: int = -1) -> Iterator[tuple[object, ...]]:
        """What the table says, in order of path.

        Args:
            columns: As SQL has them.
            where: A condition in SQL.
            most: Rows; -1 gives all.
        """
        query = f"SELECT {columns} FROM photos WHERE {where} ORDER BY path LIMIT {most}"
        with self._reporting():
            yield from self._connection.execute(query)

    def count(self) -> list[tuple[str, int]]:
        """Each status with the number of its rows."""
        with self._reporting():
            return self._connection.execute("SELECT status, count(*) FROM photos GROUP BY status").fetchall()

    def queue(self, photos: Mapping[Path, Version]) -> None:
        """Records that photos are to be colorized: from now on a result in their places may be theirs."""
        statement = (
            "INSERT INTO photos (path, status, attempts, size, modified_ns) VALUES (?, 'started', 0, ?, ?)"
            " ON CONFLICT (path) DO UPDATE SET status = 'started', size = excluded.size,"
            " modified_ns = excluded.modified_ns"
        )
        rows = [(text_of(path), version.size, version.modified_ns) for path, version in photos.items()]
        with self._lock, self._reporting():
            self._connection.execute("BEGIN")
            self._connection.executemany(statement, rows)
            self._connection.execute("COMMIT")

    def start(self, path: Path) -> None:
        """Records that a photo of the queue is begun."""
        self._execute("UPDATE photos SET attempts = attempts + 1 WHERE path = ?", (text_of(path),))

    def end(self, outcome: Outcome, model: str, options: Options) -> None:
        """Records what became of a photo, or of what cannot be looked at."""
        output = None if outcome.output is None else text_of(outcome.output)
        self._execute(
            "INSERT OR REPLACE INTO photos VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, datetime('now'))",
            (
                text_of(outcome.path), "done" if outcome.error is None else "failed", outcome.version.size,
                outcome.version.modified_ns, outcome.sha256, model, json.dumps(asdict(options), sort_keys=True), output,
                outcome.error and one_printable_line(outcome.error), outcome.seconds,
            ),
        )  # fmt: skip

    def forget_lost(self, rows: Mapping[str, Row], photos: Iterable[Path]) -> None:
        """Forgets what could not be looked at, and failed photos that are no longer there.

        Args:
            rows: Of the manifest.
            photos: That are there.
        """
        self._execute("DELETE FROM photos WHERE size = ?", (NO_FILE.size,))
        failed = {path for path, row in rows.items() if row.status == "failed"}
        for path in failed - {text_of(photo) for photo in photos}:
            self._execute("DELETE FROM photos WHERE path = ?", (path,))

    def touch(self, path: Path, version: Version) -> None:
        """Records a new time of change of a photo whose content is the same."""
        self._execute(
            "UPDATE photos SET size = ?, modified_ns = ? WHERE path = ?",
            (version.size, version.modified_ns, text_of(path)),
        )

    def _execute(self, statement: str, values: tuple[object, ...]) -> None:
        with self._lock, self._reporting():
            self._connection.execute(statement, values)

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise ChromanticError(f"{self.path}: cannot be used ({error}); make room, or choose another OUT") from error


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Keeps a second run out of an output folder as long as this one lives.

    Raises:
        ChromanticError: Another run is at work there.
    """
    with closing(sqlite3.connect(folder / ".manifest.lock", timeout=0)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")  # which the system ends with the process
        except sqlite3.OperationalError as error:
            raise ChromanticError(f"{folder}: another run is at work there; wait for its end") from error
        yield
