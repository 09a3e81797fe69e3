import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from outputs import RESULTS, results_of, rows_of
from PIL import Image

from chromantic.archive.job import Job
from chromantic.archive.manifest import MOST_ATTEMPTS, Manifest, Version, only_run
from chromantic.archive.run import Counts, run
from chromantic.cli import main
from chromantic.errors import ChromanticError


@pytest.mark.slow
def test_runs_killed_at_any_moment_go_on(job):
    rng = np.random.default_rng(1)
    for number in range(40):
        noise = rng.integers(0, 256, (300, 300), dtype=np.uint8)
        Image.fromarray(noise).save(job.source / f"b/{number:02d}.png")
    command = [sys.executable, "-m", "chromantic", "archive", job.source, job.target, "--model", job.model]
    finished = 0
    for _ in range(3):
        process = subprocess.Popen([*map(str, command), "--workers", "2"], stderr=subprocess.DEVNULL)
        while len(results_of(job) if job.target.exists() else []) <= finished and process.poll() is None:
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
        finished = len([name for name in results_of(job) if ".chromantic-" not in name])
    assert finished > 0
    assert main([*map(str, command[3:])]) == 1
    results = results_of(job)
    assert len(results) == 44
    for name in results:
        Image.open(job.target / name).load()
    statuses = [status for (status,) in rows_of(job, "status")]
    assert (statuses.count("done"), statuses.count("failed"), len(statuses)) == (44, 1, 45)


def test_an_interruption_exits_130_and_goes_on(job, monkeypatch):
    original, calls = Job.colorize, []

    def interrupt(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(Job, "colorize", interrupt)
    command = ["archive", str(job.source), str(job.target), "--model", job.model, "--workers", "1"]
    assert main(command) == 130
    assert 0 < len(results_of(job)) < 4
    assert main(command) == 1
    assert sorted(results_of(job)) == RESULTS


def test_a_photo_that_kills_every_run_is_recorded_and_left(job):
    job.target.mkdir()
    manifest = Manifest(job.target)
    manifest.queue({Path("a.jpg"): Version(1, 1)})
    for _ in range(MOST_ATTEMPTS):
        manifest.start(Path("a.jpg"))
    manifest.close()
    assert run(job, workers=1) == Counts(done=3, failed=2)
    assert "4 runs in a row died with it" in rows_of(job, "error")[0][0]


def test_a_second_run_is_refused_while_one_is_at_work(job):
    job.target.mkdir()
    with only_run(job.target), pytest.raises(ChromanticError, match="another run is at work"):
        run(job)


def test_watching_takes_what_arrives(job, monkeypatch):
    monkeypatch.setattr("chromantic.archive.run.SETTLED_SECONDS", 0)
    looks = []

    def sleep(_):
        looks.append(sorted(results_of(job)))
        if len(looks) == 3:
            raise KeyboardInterrupt
        Image.new("L", (20, 20), 50).save(job.source / f"later{len(looks)}.png")

    monkeypatch.setattr("chromantic.archive.run.time.sleep", sleep)
    with pytest.raises(KeyboardInterrupt):
        run(job, workers=1, watch=1.0)
    assert [len(names) for names in looks] == [4, 5, 6]
