"""What is in the output folder of a job."""

import sqlite3

from chromantic.archive.job import Job

RESULTS = ["a.jpg.png", "b/c.tif", "b/d/e.png", "b/d/f.webp"]


def results_of(job: Job) -> dict[str, bytes]:
    files = [path for path in sorted(job.target.rglob("*")) if path.is_file()]
    ours = [path for path in files if not path.name.startswith((".manifest", "manifest."))]
    return {str(path.relative_to(job.target)): path.read_bytes() for path in ours}


def rows_of(job: Job, columns: str) -> list[tuple]:
    with sqlite3.connect(job.target / "manifest.sqlite") as manifest:
        return manifest.execute(f"SELECT {columns} FROM photos ORDER BY path").fetchall()
