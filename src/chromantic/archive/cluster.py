"""The work of an archive on a Ray cluster, whose machines see both folders under the same names."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chromantic.archive.manifest import Outcome, Version
from chromantic.archive.work import DiskFullError, Options, colorize_file, remove_leftovers
from chromantic.colorizer import Colorizer

if TYPE_CHECKING:
    from chromantic.archive.run import Job


def colorize_on_cluster(job: "Job", due: dict[Path, Version], workers: int | None, address: str) -> Iterator[Outcome]:
    """What became of each photo, in the order in which they end.

    A worker that dies is started anew, and its photos are given to the others.

    Args:
        job: What to do.
        due: The photos.
        workers: Processes, one core each; None takes as many as the cluster has cores.
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
        most = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        photos = from_items(items, override_num_blocks=len(items))  # what dies with a worker is a photo, not a batch
        work = photos.map(
            _Worker,  # type: ignore[arg-type]  # Ray makes one in each process
            fn_constructor_args=(str(job.source.resolve()), str(job.target.resolve()), job.model, job.options),
            compute=ActorPoolStrategy(min_size=1, max_size=most),
            num_cpus=1,
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


class _Worker:
    """A process of the cluster, with weights of its own."""

    def __init__(self, source: str, target: str, model: str, options: Options) -> None:
        import torch

        torch.set_num_threads(1)
        self.source, self.target, self.options = Path(source), Path(target), options
        self.colorizer = Colorizer.from_pretrained(model)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        path, version = Path(os.fsdecode(row["path"])), Version(row["size"], row["modified_ns"])
        try:
            outcome = colorize_file(self.colorizer, self.source, self.target, path, version, self.options)
        except DiskFullError as error:
            return {**row, "full": True, "sha256": None, "output": None, "error": str(error), "seconds": 0.0}
        output = None if outcome.output is None else os.fsencode(outcome.output)
        ended = {"sha256": outcome.sha256, "output": output, "error": outcome.error, "seconds": outcome.seconds}
        return {**row, "full": False, **ended}
