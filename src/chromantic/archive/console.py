"""Shows a run, with a bar or with lines, and sums it up."""

import logging
import sys
import time

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from chromantic.archive.job import Job
from chromantic.archive.report import PAGE
from chromantic.archive.run import Counts, run
from chromantic.progress import terminal_bar

_LOOK_SECONDS = 5.0
_log = logging.getLogger("chromantic.archive")


def run_with_progress(job: Job, *, workers: int | None, ray_address: str | None, watch: bool) -> int:
    """Runs a job with a bar on a terminal, else a line in the log for each photo, and a line at the end.

    Returns:
        The exit code: 1 where photos failed, else 0.

    Raises:
        ChromanticError: As `run` does.
    """
    start = time.monotonic()
    if not sys.stderr.isatty() and not _log.isEnabledFor(logging.INFO):
        _log.setLevel(logging.INFO)
    columns = (TextColumn("Colorizing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    figures = TextColumn("{task.fields[speed]:.2f} photos/s, {task.fields[failed]} failed")
    with terminal_bar(*columns, figures) as bar:
        task = bar.add_task("", total=None, speed=0.0, failed=0)

        def show(ended: int, failed: int, total: int) -> None:
            bar.update(task, completed=ended, total=total, failed=failed, speed=ended / (time.monotonic() - start))

        look = _LOOK_SECONDS if watch else None
        counts = run(job, workers=workers, ray_address=ray_address, watch=look, report=show)
    print(_summary(job, counts, time.monotonic() - start))
    return 1 if counts.failed else 0


def _summary(job: Job, counts: Counts, seconds: float) -> str:
    line = f"{job.target}: {counts.done} colorized, {counts.skipped} were done, {counts.failed} failed"
    line += f" (in {seconds:.0f} s, {counts.done / seconds:.2f} photos/s)"
    return line + (f"; why: {job.target / PAGE}" if counts.failed else "")
