"""Figures of the service, for Prometheus."""

from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0
from prometheus_client.registry import Collector

from chromantic.studio.answers import WorkerStates
from chromantic.studio.uploads import Uploads
from chromantic.studio.workers import Workers

CONTENT_TYPE = CONTENT_TYPE_PLAIN_1_0_0
_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120)
_PAGE_BYTES = 4096


class Metrics:
    """The figures of one server."""

    def __init__(self, workers: Workers, uploads: Uploads) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._registry.register(_State(workers, uploads))
        self.requests = Counter(
            "chromantic_colorize_requests", "Requests to colorize, by HTTP status", ["status"], registry=self._registry
        )
        self.seconds = Histogram(
            "chromantic_colorize_seconds",
            "From a request's arrival to the beginning of its results",
            registry=self._registry,
            buckets=_SECONDS,
        )
        self._stages = Histogram(
            "chromantic_stage_seconds",
            "Stages of the work: wait (for a worker), decode, encode (by the network), sample, write (of the files)",
            ["stage"],
            registry=self._registry,
            buckets=_SECONDS,
        )

    def observe_stages(self, seconds: dict[str, float]) -> None:
        """Counts what the stages of an order took."""
        for stage, taken in seconds.items():
            self._stages.labels(stage).observe(taken)

    def text(self) -> bytes:
        """The figures in Prometheus' text format."""
        return generate_latest(self._registry)


def states_of(workers: Workers) -> WorkerStates:
    """How many processes are in each state."""
    return WorkerStates.model_validate(workers.states())


class _State(Collector):
    """What can be asked at any time."""

    def __init__(self, workers: Workers, uploads: Uploads) -> None:
        self._workers = workers
        self._uploads = uploads

    def collect(self) -> Iterator[Metric]:
        """The figures of now."""
        workers = self._workers
        gauges = {
            "chromantic_requests_taken": ("Requests in work or waiting for it", workers.taken),
            "chromantic_places": ("Requests that may be in work or waiting", workers.places),
            "chromantic_uploads": ("Bodies on their way", self._uploads.open.total()),
            "chromantic_workers_memory_bytes": (
                "Resident memory of the processes that work",
                sum(map(_memory_of, workers.processes())),
            ),
        }
        for name, (text, value) in gauges.items():
            yield GaugeMetricFamily(name, text, value)
        processes = GaugeMetricFamily("chromantic_workers", "Processes by state", labels=["state"])
        for state, count in states_of(workers):
            processes.add_metric([state], count)
        yield processes
        replaced = "Processes that others took the place of"
        yield CounterMetricFamily("chromantic_workers_replaced", replaced, workers.replaced)


def _memory_of(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE_BYTES
    except OSError:
        return 0
