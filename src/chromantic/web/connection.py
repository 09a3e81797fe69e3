"""A connection that a client cannot keep open for nothing."""

import asyncio
import resource
from weakref import WeakSet

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

HEAD_SECONDS = 10.0
"""How long the head of a request may take, from the connection's beginning or the end of the request before."""
MOST = min(1000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
"""Connections at a time; above it, those are closed that have waited the longest without a request."""
_ARRIVAL_SECONDS = 0.1  # until a head that was sent at once has been read
_crowded = WeakSet[ServerState]()  # servers that are about to make room


class Connection(H11Protocol):
    """uvicorn's, with a time limit for the head of a request and a limit of open connections."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Closes another connection if there are too many."""
        super().connection_made(transport)
        self._time()
        if len(self.connections) > MOST and self.server_state not in _crowded:
            _crowded.add(self.server_state)
            self.loop.call_later(_ARRIVAL_SECONDS, self._make_room)

    def data_received(self, data: bytes) -> None:
        """Takes the time of a head that is not there yet."""
        super().data_received(data)
        self._time()

    def on_response_complete(self) -> None:
        """Takes the time of the next head."""
        super().on_response_complete()
        self._time()

    def connection_lost(self, exc: Exception | None) -> None:
        """Takes no more time."""
        super().connection_lost(exc)
        self._untime()

    def _make_room(self) -> None:
        _crowded.discard(self.server_state)
        there = [other for other in self.connections if not other.transport.is_closing()]
        idle = [other for other in there if isinstance(other, Connection) and other._deadline]
        for other in sorted(idle, key=Connection._when)[: max(0, len(there) - MOST)]:
            other.transport.abort()

    def _time(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._untime()
        elif self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _untime(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _when(self) -> float:
        return self._deadline.when() if self._deadline else float("inf")
