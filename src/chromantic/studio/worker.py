"""A process that does the work of requests, one after another. It may be ended at any moment."""

import os
import pickle
import signal
import socket
import struct
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from chromantic.devices import DeviceName
from chromantic.errors import ChromanticError
from chromantic.studio.answers import EventData, ServedModel
from chromantic.studio.limits import Limits
from chromantic.studio.order import Order

if TYPE_CHECKING:
    from chromantic.colorizer import Colorizer

SIZE = struct.Struct("!Q")
"""Goes before each message of either side: how many bytes it has."""
STOP = None
"""The message that ends the work on an order; one that comes too late means nothing."""
_ALARM_SECONDS = 10  # beyond the time limit: ends a process whose studio has been killed


@dataclass(frozen=True)
class Done:
    """The work on an order has ended well.

    Attributes:
        seconds: What each of its stages took.
    """

    seconds: dict[str, float]


@dataclass(frozen=True)
class Refused:
    """The order cannot be fulfilled, or nobody waits for it any longer."""

    error: ChromanticError


@dataclass(frozen=True)
class Failed:
    """The studio made a mistake."""

    trace: str


class CancelledWorkError(ChromanticError):
    """Nobody waits for the work any longer."""


@dataclass
class Job:
    """The work on one order, as its process sees it.

    Attributes:
        seconds: What each stage has taken so far.
    """

    channel: socket.socket
    seconds: dict[str, float] = field(default_factory=dict)

    def tell(self, event: EventData) -> None:
        """Hands an event to whoever waits."""
        send(self.channel, event)

    def check(self) -> None:
        """Checks that the work is still wanted; to be called often.

        Raises:
            CancelledWorkError: Nobody waits for it any longer.
        """
        try:
            self.channel.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        raise CancelledWorkError("cancelled")

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Adds the time of the block to a stage's."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - start


def load_colorizer(model: str, device: DeviceName) -> "Colorizer":
    """Loads weights, by name or path.

    Raises:
        ChromanticError: There are none, they are damaged, or there is no such device.
    """
    from chromantic.colorizer import Colorizer  # here: the process that serves needs no torch

    return Colorizer.from_pretrained(model, device)


def work(channel: socket.socket, load: Callable[[], "Colorizer"], limits: Limits) -> None:
    """Tells which weights it has, then does the work of each order that comes, until the channel is closed.

    Args:
        channel: To the process that serves.
        load: Gives what colorizes.
        limits: What a request may ask for.
    """
    os.setpgid(0, 0)  # a terminal's Ctrl-C is for the studio alone, which ends this process with its decoders
    from chromantic.parallel import use_one_core
    from chromantic.studio.fulfil import fulfil_order, warm  # here, as above

    try:
        colorizer = load()
    except ChromanticError as error:
        send(channel, Refused(error))
        return
    use_one_core()
    send(
        channel,
        ServedModel(name=colorizer.name, parameters=colorizer.engine.size, classes=list(colorizer.class_names)),
    )
    warm(colorizer)
    with suppress(EOFError, OSError):  # the studio is gone
        while True:
            order = _receive(channel)
            if order is not STOP:
                signal.alarm(int(limits.work_seconds) + _ALARM_SECONDS)
                job = Job(channel)
                send(channel, _outcome(partial(fulfil_order, colorizer, order, limits, job), job))
                signal.alarm(0)
                del order  # a photo, until the next one comes


def pack(message: object) -> bytes:
    """A message of either side."""
    content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return SIZE.pack(len(content)) + content


def send(channel: socket.socket, message: object) -> None:
    channel.sendall(pack(message))


def _receive(channel: socket.socket) -> Order | None:
    """The next order, or `STOP`.

    Raises:
        EOFError: The other side is gone.
    """
    content = _read(channel, SIZE.unpack(_read(channel, SIZE.size))[0])
    message: Order | None = pickle.loads(content)
    return message


def _read(channel: socket.socket, size: int) -> bytearray:
    content = bytearray(size)
    rest = memoryview(content)
    while rest:
        got = channel.recv_into(rest)
        if not got:
            raise EOFError
        rest = rest[got:]
    return content


def _outcome(function: Callable[[], None], job: Job) -> Done | Refused | Failed:
    try:
        function()
    except ChromanticError as error:
        return Refused(error)
    except Exception:
        return Failed(traceback.format_exc())
    return Done(job.seconds)
