"""Why a training ends before its last step: its time is up, or somebody interrupts it."""

import os
import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any

import torch
from accelerate import Accelerator

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_NOTICE = b"\nchromantic: finishing this step and writing a checkpoint; Ctrl-C again ends at once\n"


class Stop:
    """Asks a training to end after the step that it is in.

    Inside `with`, the first SIGINT (Ctrl-C) or SIGTERM only asks. A second one does what it does elsewhere: it ends the
    process at once.

    Attributes:
        interrupted: Whether any process of the training got such a signal; known after `asked`.
    """

    def __init__(self, accelerator: Accelerator, deadline: float) -> None:
        """Takes the time, on the clock of `time.monotonic`, at which the training has to stop."""
        self.interrupted = False
        self._accelerator, self._deadline = accelerator, deadline
        self._signalled = False
        self._elsewhere: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Stop":
        if threading.current_thread() is threading.main_thread():  # others may not handle signals
            self._elsewhere = {number: signal.signal(number, self._ask) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def asked(self) -> bool:
        """Whether to end now, the same in all processes: clocks differ, and a signal may reach one process alone."""
        flags = [self._signalled, time.monotonic() > self._deadline]
        if self._accelerator.num_processes > 1:
            votes = torch.tensor(flags, dtype=torch.float32, device=self._accelerator.device)
            flags = (self._accelerator.reduce(votes) > 0).tolist()
        self.interrupted, _ = flags
        return any(flags)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._signalled = True
        self._restore()
        if self._accelerator.is_main_process:
            os.write(2, _NOTICE)  # print may not be called while it is at work

    def _restore(self) -> None:
        for number, handler in self._elsewhere.items():
            signal.signal(number, handler)
        self._elsewhere = {}
