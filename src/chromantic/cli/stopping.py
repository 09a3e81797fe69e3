"""Signals that end a command: nothing half-written stays, and the end comes within seconds."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from chromantic.files import forsake_partial_files

GRACE_SECONDS = 5.0
"""How long a command may take to end by itself, with the photos that are in work, before it is ended."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StoppedError(BaseException):
    """Raised where a signal ends a command.

    Attributes:
        exit_code: As shells have it: 128 and the signal's number.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_code = 128 + number


@contextmanager
def stoppable() -> Iterator[None]:
    """Lets Ctrl-C and signals raise in the block: `KeyboardInterrupt`, or `StoppedError`.

    What has not ended after `GRACE_SECONDS`, or when a second signal comes, is ended at once. Signals that something
    else handles, or that are to be ignored (nohup), are left alone.
    """
    usual = (signal.SIG_DFL, signal.default_int_handler)
    if threading.current_thread() is not threading.main_thread():  # others may not handle signals
        yield
        return
    former = {number: signal.getsignal(number) for number in _SIGNALS}
    stopper = _Stopper()
    for number, handler in former.items():
        if handler in usual:
            signal.signal(number, stopper.stop)
    try:
        yield
    finally:
        for number, handler in former.items():
            if handler in usual:
                signal.signal(number, handler)


class _Stopper:
    def __init__(self) -> None:
        self._asked = False

    def stop(self, number: int, _: FrameType | None) -> None:
        if self._asked:
            _end(number)
        self._asked = True
        timer = threading.Timer(GRACE_SECONDS, _end, [number])
        timer.daemon = True
        timer.start()
        raise KeyboardInterrupt if number == signal.SIGINT else StoppedError(number)


def _end(number: int) -> None:
    forsake_partial_files()
    os._exit(128 + number)
