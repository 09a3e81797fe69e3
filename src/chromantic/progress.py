"""Progress bars: on standard error, and only where that is a terminal."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

Item = TypeVar("Item")


def terminal_bar(*columns: "ProgressColumn", shown: bool = True) -> "Progress":
    """A bar with rich's own columns or others; it shows nothing where there is no terminal, or if not `shown`."""
    from rich.console import Console  # here: the command line's help shows no bars
    from rich.progress import Progress

    console = Console(stderr=True)
    shown = shown and console.is_terminal
    return Progress(*columns, console=console, disable=not shown, redirect_stdout=sys.stdout.isatty())


@contextmanager
def progress(description: str, total: int) -> Iterator[Callable[[int], None]]:
    """Shows a bar; the block gets a function that takes the number of finished items."""
    with terminal_bar() as bar:
        task = bar.add_task(description, total=total)
        yield lambda finished: bar.update(task, completed=finished)


def track(items: Sequence[Item], description: str) -> Iterator[Item]:
    """Yields the items one after another, with a bar of how many are finished."""
    with progress(description, len(items)) as update:
        for finished, item in enumerate(items, start=1):
            yield item
            update(finished)
