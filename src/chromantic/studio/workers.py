"""Processes that do the work of requests, and a queue of bounded length in which the requests wait.

A photo has one process on one core (see `chromantic.parallel`). A process can be ended whatever it does: where the work
on a photo takes too long, or does not stop when its client has left, another takes its place.
"""

import asyncio
import logging
import math
import multiprocessing
import os
import pickle
import signal
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from chromantic.errors import ChromanticError
from chromantic.parallel import cores
from chromantic.studio.answers import EventData, ServedModel
from chromantic.studio.limits import Limits
from chromantic.studio.order import Order
from chromantic.studio.worker import SIZE, STOP, CancelledWorkError, Done, Failed, Refused, pack, work

if TYPE_CHECKING:
    from chromantic.colorizer import Colorizer

State = Literal["starting", "idle", "busy", "stuck"]

_SMOOTHING = 0.2  # weight of the newest in the running mean of seconds
_STOP_SECONDS = 1.0  # for ending work that nobody waits for, before its process is ended
_LOOK_SECONDS = 1.0  # between two looks whether an idle process is still there
_PAUSE_SECONDS = 1.0  # before a process is started in the place of one that did not get ready
_READ_BYTES = 1 << 20
_log = logging.getLogger(__name__)


class FullError(Exception):
    """All places are taken. One may become free in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"busy: all places in the queue are taken; try again in {seconds} s")
        self.seconds = seconds


class LateError(Exception):
    """The work took too long."""


class FailedWorkError(Exception):
    """The studio made a mistake, or the work ended its process."""


class Work:
    """One request's work. Iterating over it gives the events that are told, and raises what it raised."""

    def __init__(self, workers: "Workers", order: Order) -> None:
        self.order = order
        self.wanted = True
        self.begun = False
        self.arrived = time.monotonic()
        self.seconds: dict[str, float] = {}
        self._workers = workers
        self._ended = False
        self._error: Exception | None = None
        self._told: asyncio.Queue[EventData | None] = asyncio.Queue()  # None at the end

    def tell(self, event: EventData) -> None:
        self._told.put_nowait(event)

    def end(self, error: Exception | None = None) -> None:
        """Frees its place, once."""
        if not self._ended:
            self._ended = True
            self._error = error
            self._told.put_nowait(None)
            self._workers.ended(self, error)

    def cancel(self) -> None:
        """Ends the work, whether it has begun or not. Work that has ended stays as it is."""
        if not self._ended and self.wanted:
            self.wanted = False
            if self.begun:
                self._workers.stop(self)
            else:
                self.end(CancelledWorkError("cancelled"))

    async def __aiter__(self) -> AsyncIterator[EventData]:
        while (event := await self._told.get()) is not None:
            yield event
        if self._error:
            raise self._error


class Workers:
    """Processes that compute on one core each, and the requests that wait for them."""

    def __init__(self, load: Callable[[], "Colorizer"], limits: Limits, count: int | None = None) -> None:
        """Prepares them.

        Args:
            load: Called in each process for what colorizes; must be picklable.
            limits: How many may wait, and how long their work may take.
            count: How many processes; None takes one a core.
        """
        self.count = count or cores()
        self.places = self.count + limits.waiting
        self.taken = 0
        self.replaced = 0
        self.when_done: Callable[[dict[str, float]], None] = lambda seconds: None
        self.limits = limits
        self._load = load
        self._mean_seconds = 1.0
        self._waiting: asyncio.Queue[Work] = asyncio.Queue()
        self._workers: list[_Worker] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._model: asyncio.Future[ServedModel] | None = None

    async def start(self) -> None:
        """Starts the processes, unless that is done, and waits for the first to be ready.

        Raises:
            ChromanticError: There are no such weights or no such device.
        """
        if self._model is None:
            self._model = asyncio.get_running_loop().create_future()
            self._workers = [_Worker(self, self._load) for _ in range(self.count)]
            self._tasks = [asyncio.create_task(worker.live()) for worker in self._workers]
        try:
            await asyncio.shield(self._model)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Ends all work, and the processes."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        while not self._waiting.empty():
            self._waiting.get_nowait().end(CancelledWorkError("cancelled"))

    @property
    def model(self) -> ServedModel:
        """The weights in use, once the first process is ready."""
        assert self._model
        return self._model.result()

    def states(self) -> Counter[State]:
        """How many of the processes are in each state."""
        return Counter(worker.state for worker in self._workers)

    def processes(self) -> list[int]:
        """Their numbers in the operating system."""
        return [worker.process.pid for worker in self._workers if worker.process and worker.process.pid]

    def take(self, order: Order) -> Work:
        """Takes a place in the queue for an order, until the work on it ends.

        Raises:
            FullError: All places are taken.
        """
        if self.taken >= self.places:
            raise FullError(max(1, math.ceil(self._mean_seconds * self.taken / self.count)))
        self.taken += 1
        work = Work(self, order)
        self._waiting.put_nowait(work)
        return work

    async def next_work(self) -> Work:
        while not (work := await self._waiting.get()).wanted:
            pass
        return work

    def stop(self, work: Work) -> None:
        for worker in self._workers:
            if worker.work is work:
                worker.stop()

    def ended(self, work: Work, error: Exception | None) -> None:
        self.taken -= 1
        if error is None:
            seconds = sum(work.seconds.values()) - work.seconds["wait"]
            self._mean_seconds += _SMOOTHING * (seconds - self._mean_seconds)
            self.when_done(work.seconds)

    def ready(self, model: ServedModel | ChromanticError) -> None:
        """Takes what a process says when it has started."""
        assert self._model
        if self._model.done():
            return
        if isinstance(model, ChromanticError):
            self._model.set_exception(model)
        else:
            self._model.set_result(model)


class _Worker:
    """A process, and the next one when it is ended."""

    def __init__(self, workers: Workers, load: Callable[[], "Colorizer"]) -> None:
        self.work: Work | None = None
        self.process: multiprocessing.context.ForkServerProcess | None = None
        self._workers = workers
        self._load = load
        self._ready = False
        self._heard = time.monotonic()
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    @property
    def state(self) -> State:
        if not self._ready:
            return "starting"
        if self.work is None:
            return "idle"
        return "stuck" if time.monotonic() - self._heard > self._workers.limits.quiet_seconds else "busy"

    async def live(self) -> None:
        """Starts a process and gives it work, again and again, until cancelled."""
        while True:
            try:
                await self._start()
                while True:
                    await self._do(await self._next())
            except (EOFError, OSError, TimeoutError):
                _log.debug("a worker is replaced", exc_info=True)
            finally:
                started = self._ready
                await self._end()
            self._workers.replaced += 1
            if not started:
                await asyncio.sleep(_PAUSE_SECONDS)

    def stop(self) -> None:
        """Ends the work at the process's next look, or with the process."""
        self._writer.write(pack(STOP))
        work = self.work

        def kill() -> None:
            if self.work is work:
                self._kill()

        asyncio.get_running_loop().call_later(_STOP_SECONDS, kill)

    async def _start(self) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["chromantic.studio.fulfil"])  # torch is imported once, not by each
        ours, theirs = socket.socketpair()
        with theirs:
            self._reader, self._writer = await asyncio.open_connection(sock=ours, limit=_READ_BYTES)
            arguments = (theirs, self._load, self._workers.limits)
            self.process = context.Process(target=work, args=arguments, name="chromantic-worker", daemon=True)
            self.process.start()
        match await self._receive():
            case ServedModel() as model:
                self._workers.ready(model)
            case Refused(error):
                self._workers.ready(error)
                _log.error("%s", error)
                raise EOFError
        self._ready = True

    async def _next(self) -> Work:
        while not self._reader.at_eof():
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    return await self._workers.next_work()
        raise EOFError

    async def _do(self, work: Work) -> None:
        work.begun = True
        work.seconds["wait"] = time.monotonic() - work.arrived
        self.work, self._heard = work, time.monotonic()
        limit = self._workers.limits.work_seconds
        try:
            async with asyncio.timeout(limit):
                self._writer.write(pack(work.order))
                await self._writer.drain()
                while not self._take(work, await self._receive()):
                    pass
        except TimeoutError:
            advice = "ask for fewer samples or a smaller photo"
            work.end(LateError(f"work: took longer than {limit:.0f} s; {advice}"))
            raise
        except (EOFError, OSError) as error:
            if work.wanted:
                _log.error("a worker's process ended at work on a photo of %d bytes", len(work.order.photo))
                work.end(FailedWorkError("work: its process ended; try a smaller photo"))
            raise EOFError from error
        finally:
            work.end(CancelledWorkError("cancelled"))  # if nothing else has ended it
            self.work = None

    def _take(self, work: Work, message: object) -> bool:
        """Whether a message was the last one about an order."""
        match message:
            case Done(seconds):
                work.seconds |= seconds
                work.end()
            case Refused(error):
                work.end(error)
            case Failed(trace):
                _log.error("the studio made a mistake:\n%s", trace.rstrip())
                work.end(FailedWorkError("studio: failed; its log says why"))
            case event:
                work.tell(event)  # type: ignore[arg-type]
                return False
        return True

    async def _receive(self) -> object:
        """The next message; `EOFError` where there is none."""
        (size,) = SIZE.unpack(await self._reader.readexactly(SIZE.size))
        content = await self._reader.readexactly(size)
        self._heard = time.monotonic()
        return pickle.loads(content)

    async def _end(self) -> None:
        self._ready = False
        self._kill()
        self._writer.close()
        if self.process:
            await asyncio.to_thread(self.process.join)
            self.process.close()
            self.process = None

    def _kill(self) -> None:
        """Ends the process, with those that it has started."""
        if self.process and self.process.pid and self.process.is_alive():
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:  # it has not got that far
                self.process.kill()
