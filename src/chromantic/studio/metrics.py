"""Figures of the service, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0

from chromantic.studio.workers import Workers

CONTENT_TYPE = CONTENT_TYPE_PLAIN_1_0_0


class Metrics:
    """The figures of one server."""

    def __init__(self, workers: Workers) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.requests = Counter(
            "chromantic_colorize_requests", "Requests to colorize, by HTTP status", ["status"], registry=self._registry
        )
        self.seconds = Histogram(
            "chromantic_colorize_seconds",
            "From a request's arrival to the beginning of its results",
            registry=self._registry,
            buckets=(0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120),
        )
        taken = Gauge("chromantic_requests_taken", "Requests in work or waiting for it", registry=self._registry)
        taken.set_function(lambda: workers.taken)
        places = Gauge("chromantic_places", "Requests that may be in work or waiting", registry=self._registry)
        places.set(workers.places)

    def text(self) -> bytes:
        """The figures in Prometheus' text format."""
        return generate_latest(self._registry)
