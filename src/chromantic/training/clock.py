"""How long a training has run, interruptions left out, and on what machine."""

import platform
import time
from pathlib import Path

import torch


class Clock:
    """Hours of a training, which its checkpoints keep: they count on when it is resumed."""

    def __init__(self) -> None:
        """Starts at zero."""
        self._before = 0.0
        self._since = time.monotonic()

    @property
    def hours(self) -> float:
        """Hours so far."""
        return (self._before + time.monotonic() - self._since) / 3600

    def state_dict(self) -> dict[str, float]:
        """What a checkpoint keeps."""
        return {"hours": self.hours}

    def load_state_dict(self, state: dict[str, float]) -> None:
        """Counts on from a checkpoint."""
        self._before, self._since = state["hours"] * 3600, time.monotonic()


def machine(processes: int) -> str:
    """What so many processes compute on, in words."""
    if torch.cuda.is_available():
        return f"{processes} x {torch.cuda.get_device_name()}"
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    return f"{name}, threads: {processes * torch.get_num_threads()}"
