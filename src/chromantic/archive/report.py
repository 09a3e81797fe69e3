"""What became of an archive, for people: a table and a page beside the manifest."""

import csv

from chromantic.archive.job import Job
from chromantic.archive.manifest import Manifest
from chromantic.archive.tree import Tree
from chromantic.files import write_whole
from chromantic.html_pages import templates

TABLE, PAGE = "manifest.csv", "manifest.html"

_COLUMNS = "path, status, output, error, seconds, size, sha256, model, options, ended"
_MOST_ERRORS = 1000  # on the page; the table has all
_PAGES = templates("chromantic.archive")


def write_reports(manifest: Manifest, job: Job, model: str, tree: Tree) -> None:
    """Writes `manifest.csv`, with a row for each photo, and `manifest.html`, with numbers and errors.

    Args:
        manifest: Of the output folder.
        job: What was done.
        model: Name and fingerprint of the weights.
        tree: What the input folder holds.

    Raises:
        ChromanticError: They cannot be written.
    """
    with write_whole(job.target / TABLE) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_COLUMNS.split(", "))
        rows.writerows(manifest.records(_COLUMNS))
    numbers = dict(manifest.count())
    page = _PAGES.get_template("report.html.jinja").render(
        source=str(job.source),
        target=str(job.target),
        model=model,
        options={name: value for name, value in vars(job.options).items() if value not in (None, False)},
        numbers={what: numbers.get(what, 0) for what in ("done", "failed", "started")},
        sidecars=tree.sidecars,
        passed_over=tree.passed_over,
        errors=list(manifest.records("path, error", "status = 'failed'", _MOST_ERRORS)),
        table=TABLE,
    )
    with write_whole(job.target / PAGE) as partial:
        partial.write_text(page, encoding="utf-8", errors="backslashreplace")
