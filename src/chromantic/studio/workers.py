"""Work in threads for requests that wait in a queue of bounded length.

Photos are worked on side by side, each by one thread, as `chromantic.parallel` does and for the reason given there:
passes over batches of them would be no quicker.
"""

import asyncio
import math
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Generic, TypeVar

import torch

Event = TypeVar("Event")

_SMOOTHING = 0.2  # share of the newest in the running mean of seconds


class FullError(Exception):
    """All places are taken; `seconds` is how long one may take to become free."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"busy: all places in the queue are taken; try again in {seconds} s")
        self.seconds = seconds


class CancelledWorkError(Exception):
    """Nobody waits for the work any more."""


class LateError(Exception):
    """The work took longer than it may."""


class Workers:
    """Threads with one torch thread each, and the requests that wait for them."""

    def __init__(self, waiting: int, work_seconds: float, count: int | None = None) -> None:
        """Starts them.

        Args:
            waiting: Places for requests besides those in work.
            work_seconds: How long one request may be worked on.
            count: Threads; None takes as many as torch uses (`OMP_NUM_THREADS`, else the cores).
        """
        self._threads = torch.get_num_threads()
        self.count = count or self._threads
        self.places = self.count + waiting
        self.taken = 0
        self.mean_seconds = 1.0
        self.closing = threading.Event()
        self._work_seconds = work_seconds
        self._pool = ThreadPoolExecutor(self.count, "colorizer", initializer=torch.set_num_threads, initargs=(1,))

    def close(self) -> None:
        """Cancels what is in work, and waits for the threads' end."""
        self.closing.set()
        self._pool.shutdown(cancel_futures=True)
        torch.set_num_threads(self._threads)  # a worker's setting is that of every thread started after it

    @contextmanager
    def place(self) -> Iterator["Place"]:
        """A place in the queue, given back at the end of the block or, if work has been started, at the work's.

        Raises:
            FullError: There is none.
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
        """Frees a place; the seconds are those of work that was done."""
        self.taken -= 1
        if seconds is not None:
            self.mean_seconds += _SMOOTHING * (seconds - self.mean_seconds)


class Place:
    """Of one request."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self.used = False

    def start(self, function: Callable[["Work[Event]"], None]) -> "Work[Event]":
        """Has a thread call the function, which may tell and shall check now and then."""
        self.used = True
        return Work(self._workers, function, self._workers._work_seconds)


class Work(Generic[Event]):
    """One request's work. An asynchronous iterator of what it tells; at the end it raises what the work raised."""

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
        """Called in a thread."""
        self._start = time.monotonic()
        self.check()
        self._function(self)

    def check(self) -> None:
        """Called in the thread, often.

        Raises:
            CancelledWorkError: Nobody waits any more.
            LateError: It has taken too long.
        """
        if self._cancelled.is_set() or self._workers.closing.is_set():
            raise CancelledWorkError
        if self._start is not None and time.monotonic() - self._start > self._may_take:
            raise LateError(f"this took longer than {self._may_take:.0f} s; ask for fewer samples or a smaller photo")

    def tell(self, event: Event) -> None:
        """Called in the thread."""
        self._loop.call_soon_threadsafe(self._told.put_nowait, event)

    def cancel(self) -> None:
        """Ends the work at its next check, or before it begins."""
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
