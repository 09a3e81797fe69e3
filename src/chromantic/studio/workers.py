"""Threads that do the work of requests, and a queue of bounded length in which the requests wait.

Each photo has one thread, for the reasons given in `chromantic.parallel`.
"""

import asyncio
import math
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Generic, TypeVar

from chromantic.parallel import cores, use_one_core

Event = TypeVar("Event")

_SMOOTHING = 0.2  # weight of the newest in the running mean of seconds


class FullError(Exception):
    """All places are taken. One may become free in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"busy: all places in the queue are taken; try again in {seconds} s")
        self.seconds = seconds


class CancelledWorkError(Exception):
    """Nobody waits for the work any longer."""


class LateError(Exception):
    """The work took too long."""


class Workers:
    """Threads that compute on one core each, and the requests that wait for them."""

    def __init__(self, waiting: int, work_seconds: float, count: int | None = None) -> None:
        """Starts them.

        Args:
            waiting: How many requests may wait, besides those in work.
            work_seconds: How long the work on one request may take.
            count: How many threads; None takes one a core.
        """
        self.count = count or cores()
        self.places = self.count + waiting
        self.taken = 0
        self.mean_seconds = 1.0
        self.closing = threading.Event()
        self._work_seconds = work_seconds
        self._pool = ThreadPoolExecutor(self.count, "colorizer", initializer=use_one_core)

    def close(self) -> None:
        """Cancels all work, and waits for the threads to end."""
        self.closing.set()
        self._pool.shutdown(cancel_futures=True)

    @contextmanager
    def place(self) -> Iterator["Place"]:
        """A place in the queue: until the block ends, or until the work does that the block starts.

        Raises:
            FullError: All places are taken.
        """
        if self.taken >= self.places:
            raise FullError(max(1, math.ceil(self.mean_seconds * self.taken / self.count)))
        self.taken += 1
        place = Place(self)
        try:
            yield place
        finally:
            if not place.used:
                self.taken -= 1

    def submit(self, work: "Work[Event]") -> Future[None]:
        return self._pool.submit(work.run)

    def finish(self, seconds: float | None) -> None:
        """Frees a place, after so many seconds of work; None if the work was not done."""
        self.taken -= 1
        if seconds is not None:
            self.mean_seconds += _SMOOTHING * (seconds - self.mean_seconds)


class Place:
    """One request's place in the queue."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self.used = False

    def start(self, function: Callable[["Work[Event]"], None]) -> "Work[Event]":
        """Has a thread call the function. It may `tell` of events, and must `check` often."""
        self.used = True
        return Work(self._workers, function, self._workers._work_seconds)


class Work(Generic[Event]):
    """One request's work. Iterating over it gives the events that it tells, and raises what it raised."""

    def __init__(self, workers: Workers, function: Callable[["Work[Event]"], None], seconds: float) -> None:
        self._workers = workers
        self._function = function
        self._may_take = seconds
        self._start: float | None = None
        self._cancelled = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._told: asyncio.Queue[Event | None] = asyncio.Queue()  # None at the end
        self.ended = asyncio.Event()
        self._future = workers.submit(self)
        self._future.add_done_callback(lambda _: self._loop.call_soon_threadsafe(self._end))

    def run(self) -> None:
        """Does the work. Called in a thread."""
        self._start = time.monotonic()
        self.check()
        self._function(self)

    def check(self) -> None:
        """Checks that the work is still wanted. Called in the thread, often.

        Raises:
            CancelledWorkError: Nobody waits for the work any longer.
            LateError: It has taken too long.
        """
        if self._cancelled.is_set() or self._workers.closing.is_set():
            raise CancelledWorkError
        if self._start is not None and time.monotonic() - self._start > self._may_take:
            raise LateError(f"work: took longer than {self._may_take:.0f} s; ask for fewer samples or a smaller photo")

    def tell(self, event: Event) -> None:
        """Hands an event to whoever iterates. Called in the thread."""
        self._loop.call_soon_threadsafe(self._told.put_nowait, event)

    def cancel(self) -> None:
        """Ends the work at its next check, or before it begins. Work that has ended stays as it is."""
        self._cancelled.set()
        self._future.cancel()

    def _end(self) -> None:
        done = not self._future.cancelled() and self._future.exception() is None and self._start is not None
        self._workers.finish(time.monotonic() - self._start if done and self._start is not None else None)
        self.ended.set()
        self._told.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[Event]:
        while (event := await self._told.get()) is not None:
            yield event
        if self._future.cancelled():
            raise CancelledWorkError
        self._future.result()
