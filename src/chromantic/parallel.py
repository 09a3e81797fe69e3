"""Several photos at once: one photo a thread, each on one core.

A network's pass over one photo also runs on several cores, but then the cores wait for each other at every layer, and
one that another process keeps busy holds all of them up. Photos do not wait for each other. Passes over a batch of
photos are no way out: on a CPU they cost as much for each photo as passes over single ones
(docs/experiments/command.md).
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 2  # items taken per worker: one in work, one ready


def map_in_threads(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None
) -> Iterator[Result]:
    """The function's results in the order of the items, worked out by threads that have one torch thread each.

    Args:
        function: Called in the threads.
        items: Taken a few ahead of the results, so that there may be any number of them.
        workers: Threads; None takes as many as torch uses (`OMP_NUM_THREADS`, else the cores).

    Raises:
        Exception: What the function raises, when its turn comes; the items after it are dropped, but for those that are
            in work, which are waited for.
    """
    threads = torch.get_num_threads()
    workers = workers or threads
    left = iter(items)
    try:
        with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            pending = deque(pool.submit(function, item) for item in islice(left, _AHEAD * workers))
            try:
                while pending:
                    yield pending.popleft().result()
                    pending.extend(pool.submit(function, item) for item in islice(left, 1))
            finally:
                for future in pending:
                    future.cancel()
    finally:
        torch.set_num_threads(threads)  # a worker's setting is that of every thread started after it
