"""A run over an archive: what is left of it, by threads of this machine or by a Ray cluster."""

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from chromantic.archive.job import Job, remove_leftovers
from chromantic.archive.manifest import (
    MOST_ATTEMPTS,
    NAME,
    NO_FILE,
    Manifest,
    Outcome,
    Row,
    Version,
    only_run,
    text_of,
)
from chromantic.archive.report import write_reports
from chromantic.archive.tree import Tree, walk
from chromantic.colorizer import Colorizer
from chromantic.errors import ChromanticError, one_printable_line
from chromantic.files import check_writable, sha256
from chromantic.parallel import map_in_threads
from chromantic.photo import is_sealed

SETTLED_SECONDS = 2.0
"""A file that has changed within this time may still be on its way in: a watching run leaves it for the next look."""

CountsCallback = Callable[[int, int, int], None]
"""Takes the numbers of photos ended in this run, of those that failed, and of all it has to do."""

_log = logging.getLogger(__name__)


@dataclass
class Counts:
    """How many photos: colorized in this run, failed in this run, and done before."""

    done: int = 0
    failed: int = 0
    skipped: int = 0


def run(
    job: Job,
    *,
    workers: int | None = None,
    ray_address: str | None = None,
    watch: float | None = None,
    report: CountsCallback = lambda ended, failed, total: None,
) -> Counts:
    """Colorizes what is new, changed, failed before or made with another model or other options.

    Args:
        job: What to do.
        workers: Threads, each on one core; None takes one a core. On a cluster: processes.
        ray_address: Of a Ray cluster that does the work; it sees both folders under the same names.
        watch: Seconds between looks for new files; only an interruption then ends the run. None looks once.
        report: Told of every photo.

    Raises:
        ChromanticError: A folder or an option cannot be used, another run is at work, or the disk is full.
    """
    _check_folders(job)
    colorizer = Colorizer.from_pretrained(job.model, job.device)
    counts, tried = Counts(), dict[Path, Version]()
    with only_run(job.target), closing(Manifest(job.target)) as manifest:
        said, unreported = dict[str, str](), True
        while True:
            tree = walk(job.source, job.exclude)
            if tree.passed_over != said:
                said = tree.passed_over
                _log.warning("%s: passed over: %s", job.source, ", ".join(f"{what} {n}" for what, n in said.items()))
            due, lost = _due(job, colorizer.name, manifest, tree, tried, watch is not None, counts)
            manifest.queue(due)
            tried.update(due | {outcome.path: outcome.version for outcome in lost})
            unreported = unreported or bool(due or lost)
            try:
                for outcome in chain(lost, _work(job, colorizer, manifest, due, workers, ray_address)):
                    _count(job, outcome, counts)
                    report(counts.done + counts.failed, counts.failed, len(due) + len(lost))
            except BaseException:
                with suppress(ChromanticError):  # of a full disk
                    write_reports(manifest, job, colorizer.name, tree)
                raise
            if unreported and (watch is None or not due):  # not at every look at a stream of photos
                write_reports(manifest, job, colorizer.name, tree)
                unreported = False
            if watch is None:
                return counts
            time.sleep(watch)


def _check_folders(job: Job) -> None:
    if not job.source.is_dir():
        raise ChromanticError(f"{job.source}: no such folder; check the path")
    source, target = job.source.resolve(), job.target.resolve()
    if source.is_relative_to(target) or target.is_relative_to(source):
        raise ChromanticError(f"{job.target}: holds the input folder or lies in it; choose another OUT")
    check_writable(job.target / NAME)
    job.target.mkdir(parents=True, exist_ok=True)


def _due(
    job: Job,
    model: str,
    manifest: Manifest,
    tree: Tree,
    tried: dict[Path, Version],
    settled: bool,
    counts: Counts,
) -> tuple[dict[Path, Version], list[Outcome]]:
    """What is to be colorized, and what cannot be."""
    rows, due, lost = manifest.rows(), dict[Path, Version](), list[Outcome]()
    manifest.forget_lost(rows, tree.photos)
    for path, why in tree.unreadable.items():
        message = f"{job.source / path}: cannot be looked at ({why}); check its permissions and its disk"
        outcome = Outcome(path, NO_FILE, error=message)
        manifest.end(outcome, model, job.options)
        if tried.get(path) != NO_FILE:
            lost.append(outcome)
    now, counts.skipped = time.time(), 0
    for path, version in tree.photos.items():
        row, output = rows.get(text_of(path)), job.output_of(path)
        if tried.get(path) == version or (settled and now - version.modified_ns / 1e9 < SETTLED_SECONDS):
            continue
        if row and _is_done(row, job, path, version, model, manifest):
            counts.skipped += 1
        elif row and row.status == "started" and row.attempts >= MOST_ATTEMPTS:
            message = f"{job.source / path}: {row.attempts} runs in a row died with it; get a fresh copy"
            lost.append(Outcome(path, version, error=message))
        elif output != path and output in tree.photos:
            message = f"{job.source / path}: its result would take the place of that of {output.name}; rename one"
            lost.append(Outcome(path, version, error=message))
        elif not _may_replace(job.target / output, row):
            message = f"{job.target / output}: was changed since, or is no result; move it away"
            lost.append(Outcome(path, version, error=message))
        else:
            if row and row.status == "started":
                remove_leftovers((job.target / output).parent)
            due[path] = version
    for outcome in lost:
        manifest.end(outcome, model, job.options)
    return due, lost


def _may_replace(output: Path, row: Row | None) -> bool:
    """Whether nothing is lost where a result is written: there is none, or it is as a run has left it."""
    if not os.path.lexists(output) or (row and row.status == "started"):
        return True
    try:
        sealed = is_sealed(output)
        if sealed is None:  # perhaps written before there were seals
            return row is not None and output.lstat().st_ctime < row.ended + 1
        return sealed
    except OSError:
        return False


def _is_done(row: Row, job: Job, path: Path, version: Version, model: str, manifest: Manifest) -> bool:
    """Whether a result is there and still that of the photo, the model and the options."""
    if row.status != "done" or (row.model, row.options) != (model, job.options):
        return False
    if not os.path.lexists(job.target / job.output_of(path)):
        return False
    if row.version != version:
        try:
            if sha256(job.source / path) != row.sha256:
                return False
        except OSError:
            return False
        manifest.touch(path, version)
    return True


def _work(
    job: Job,
    colorizer: Colorizer,
    manifest: Manifest,
    due: dict[Path, Version],
    workers: int | None,
    ray_address: str | None,
) -> Iterator[Outcome]:
    if ray_address and due:
        from chromantic.archive.cluster import colorize_on_cluster  # here: Ray is an extra

        return _recorded(colorize_on_cluster(job, due, workers, ray_address), manifest, colorizer.name, job)

    def colorize(path: Path) -> Outcome:
        manifest.start(path)
        outcome = job.colorize(colorizer, path, due[path])
        manifest.end(outcome, colorizer.name, job.options)  # here: what ends after an interruption counts, too
        return outcome

    rows = manifest.rows()
    suspects = [path for path in due if rows[text_of(path)].attempts]  # a run died while it was at work on them
    others = [path for path in due if not rows[text_of(path)].attempts]
    return chain(map_in_threads(colorize, suspects, 1), map_in_threads(colorize, others, workers))


def _recorded(outcomes: Iterator[Outcome], manifest: Manifest, model: str, job: Job) -> Iterator[Outcome]:
    for outcome in outcomes:
        manifest.end(outcome, model, job.options)
        yield outcome


def _count(job: Job, outcome: Outcome, counts: Counts) -> None:
    if outcome.error is None:
        counts.done += 1
        _log.info("%s: colorized in %.1f s", one_printable_line(job.source / outcome.path), outcome.seconds)
    else:
        counts.failed += 1
        _log.warning("%s", one_printable_line(outcome.error))
