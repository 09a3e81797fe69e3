"""The work of an archive on a Ray cluster, whose machines see both folders under the same names."""

import hashlib
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from chromantic.archive.job import DiskFullError, Job, remove_leftovers
from chromantic.archive.manifest import MOST_ATTEMPTS, Outcome, Version
from chromantic.colorizer import Colorizer
from chromantic.parallel import use_one_core

_ATTEMPTS = ".attempts-{}"
"""A file in the output folder with a byte for each time that a photo was begun: Ray would begin one without end."""


def colorize_on_cluster(job: Job, due: dict[Path, Version], workers: int | None, address: str) -> Iterator[Outcome]:
    """What became of each photo, in the order in which they end.

    A worker that dies is started anew, and its photos are given to the others; a photo that several have died with is
    taken to be the cause, and recorded as broken.

    Args:
        job: What to do.
        due: The photos.
        workers: Processes, one core or GPU each; None takes as many as the cluster has.
        address: Of the cluster.

    Raises:
        DiskFullError: There is no room for the results.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray
    from ray.data import ActorPoolStrategy, DataContext, from_items

    ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    try:
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        DataContext.get_current().enable_progress_bars = False
        items = [{"path": os.fsencode(path), "size": v.size, "modified_ns": v.modified_ns} for path, v in due.items()]
        most, resources = worker_resources(ray.cluster_resources())
        photos = from_items(items, override_num_blocks=len(items))  # what dies with a worker is a photo, not a batch
        model = str(Path(job.model).resolve()) if Path(job.model).is_file() else job.model  # workers start elsewhere
        theirs = replace(job, source=job.source.resolve(), target=job.target.resolve(), model=model)
        work = photos.map(
            _Worker,  # type: ignore[arg-type]  # Ray makes one in each process
            fn_constructor_args=(theirs,),
            compute=ActorPoolStrategy(min_size=1, max_size=workers or most),
            **resources,
        )
        for row in work.iter_rows():
            if row["full"]:
                raise DiskFullError(row["error"])
            output = None if row["output"] is None else Path(os.fsdecode(row["output"]))
            path, version = Path(os.fsdecode(row["path"])), Version(row["size"], row["modified_ns"])
            yield Outcome(path, version, row["sha256"], output, row["error"], row["seconds"])
    finally:
        ray.shutdown()
        for folder in {(job.target / path).parent for path in due}:
            remove_leftovers(folder)  # of workers that died
        for attempts in job.target.glob(_ATTEMPTS.format("*")):
            attempts.unlink()


def worker_resources(cluster: Mapping[str, float]) -> tuple[int, dict[str, Any]]:
    """How many workers a cluster has room for, and what each asks Ray for: a GPU where there are any, else a core."""
    gpus = int(cluster.get("GPU", 0))
    return (gpus, {"num_gpus": 1}) if gpus else (max(1, int(cluster.get("CPU", 1))), {"num_cpus": 1})


class _Worker:
    """A process of the cluster, with weights of its own."""

    def __init__(self, job: Job) -> None:
        use_one_core()
        self.job = job
        self.colorizer = Colorizer.from_pretrained(job.model, "auto")  # Ray hides GPUs it has not asked for

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        path, version = Path(os.fsdecode(row["path"])), Version(row["size"], row["modified_ns"])
        attempts = self.job.target / _ATTEMPTS.format(hashlib.sha256(row["path"]).hexdigest())
        try:
            with attempts.open("ab") as file:
                file.write(b".")
                died = file.tell() - 1
            if died >= MOST_ATTEMPTS:
                message = f"{self.job.source / path}: {died} workers in a row died with it; get a fresh copy"
                outcome = Outcome(path, version, error=message)
            else:
                outcome = self.job.colorize(self.colorizer, path, version)
        except (DiskFullError, OSError) as error:  # nothing can be written
            return {**row, "full": True, "sha256": None, "output": None, "error": str(error), "seconds": 0.0}
        attempts.unlink()
        output = None if outcome.output is None else os.fsencode(outcome.output)
        ended = {"sha256": outcome.sha256, "output": output, "error": outcome.error, "seconds": outcome.seconds}
        return {**row, "full": False, **ended}
