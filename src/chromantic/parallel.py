"""Several photos at once: one photo a thread, each on one core.

A network's pass over one photo also runs on several cores, but then the cores wait for each other at every layer, and
one that another process keeps busy holds all of them up. Photos do not wait for each other. Passes over a batch of
photos are no way out: on a CPU they cost as much for each photo as passes over single ones
(docs/experiments/command.md).
"""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from chromantic.errors import ChromanticError

Item = TypeVar("Item")
Result = TypeVar("Result")

_process: int | None = None  # that has begun to colorize
_AHEAD = 2  # items taken per worker: one in work, one ready


def map_in_threads(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None
) -> Iterator[Result]:
    """The function's results in the order of the items, worked out by threads that compute on one core each.

    Args:
        function: Called in the threads.
        items: Taken a few ahead of the results, so that there may be any number of them.
        workers: Threads; None takes one a core.

    Raises:
        Exception: What the function raises, when its turn comes. The items after it are dropped; those that threads
            have begun are waited for.
    """
    workers = workers or cores()
    left = iter(items)
    with threads_as_before(), ThreadPoolExecutor(workers, initializer=use_one_core) as pool:
        pending = deque(pool.submit(function, item) for item in islice(left, _AHEAD * workers))
        try:
            while pending:
                yield pending.popleft().result()
                pending.extend(pool.submit(function, item) for item in islice(left, 1))
        finally:
            for future in pending:
                future.cancel()


def cores() -> int:
    """How many cores to compute on: `OMP_NUM_THREADS`, else those that this process may use."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    if told.isdecimal() and int(told):
        return int(told)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def use_one_core() -> None:
    """Lets this thread, and those started after it, compute on one core: torch, where it is loaded, takes several."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)


@contextmanager
def threads_as_before() -> Iterator[None]:
    """Takes back, for threads that are started later, what `use_one_core` did in those of the block."""
    torch = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch else 1
    try:
        yield
    finally:
        if torch:
            torch.set_num_threads(threads)


def check_process() -> None:
    """Refuses to work in a process that was forked from one at work: it lacks its threads, and would wait for them.

    Raises:
        ChromanticError: It was.
    """
    global _process
    _process = _process or os.getpid()
    if _process != os.getpid():
        raise ChromanticError(
            "this process was forked from one that had begun to read photos, and lacks its threads; start it by "
            "multiprocessing's spawn"
        )
