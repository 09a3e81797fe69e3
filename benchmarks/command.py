"""Where the time of `chromantic colorize PHOTO` goes, and how many photos a second one process colorizes.

`python -m benchmarks.command` takes about a minute on two idle cores, with the default weights and a photo of
500 x 375 pixels:

- cold: the whole command in a new process, on one core; the steps are timed inside it, and its peak memory is read;
- warm: the same steps of a process that has colorized before, on one core;
- many photos: one after another, and one on each core (`chromantic.parallel`), alone and beside a process that keeps
  one core busy.

Medians of several runs, seconds of the clock. Writes benchmarks/results/command.json.
"""

import json
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.table import Table

RUNS = 10
PHOTOS = 24
EXAMPLE = Path(__file__).parents[1] / "examples" / "dog.jpg"
SIZE = (500, 375)
RESULTS = Path(__file__).parent / "results"
STEPS = {
    "chromantic.exported.network.ExportedNetwork": {"__init__": "weights"},
    "chromantic.photo": {"read_photo": "reading"},
    "chromantic.colorizer": {
        "read_photo": "reading",
        "shrink_lightness": "lightness and back",
        "lightness_of": "lightness and back",
        "join_chroma": "lightness and back",
        "chroma_maps": "enlarging",
        "chroma_from_maps": "enlarging",
        "write_rows": "writing",
    },
    "chromantic.engine.Engine": {"understand": "encoding", "draw": "sampling"},
}
"""Functions, where they are looked up, by the step that they are part of."""


def timed(function: Callable, step: str, seconds: dict[str, float]) -> Callable:
    """The function; its seconds, without those of other steps inside it, are added to its step's."""

    def wrapper(*arguments: object, **options: object) -> object:
        start, others = time.perf_counter(), sum(seconds.values())
        try:
            return function(*arguments, **options)
        finally:
            inside = sum(seconds.values()) - others
            seconds[step] = seconds.get(step, 0) + time.perf_counter() - start - inside

    return wrapper


def count_steps() -> dict[str, float]:
    """From now on the seconds of each step are added up here."""
    import chromantic.colorizer
    import chromantic.engine
    import chromantic.exported.network
    import chromantic.photo

    homes = {
        "chromantic.exported.network.ExportedNetwork": chromantic.exported.network.ExportedNetwork,
        "chromantic.photo": chromantic.photo,
        "chromantic.colorizer": chromantic.colorizer,
        "chromantic.engine.Engine": chromantic.engine.Engine,
    }
    seconds: dict[str, float] = {}
    for home, steps in STEPS.items():
        for name, step in steps.items():
            setattr(homes[home], name, timed(getattr(homes[home], name), step, seconds))
    return seconds


def child(photo: str, output: str) -> None:
    """The command, then the same work again in the warm process; prints the seconds of the steps of both."""
    start = time.perf_counter()
    seconds = count_steps()
    imports = time.perf_counter() - start
    from chromantic.cli import main
    from chromantic.colorizer import Colorizer

    assert main(["colorize", photo, "--output", output]) == 0
    command = time.perf_counter() - start
    cold = seconds | {"importing": imports, "the rest of the command": command - imports - sum(seconds.values())}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    colorizer = Colorizer.from_pretrained()
    warm = []
    for _ in range(RUNS):
        seconds.clear()
        start = time.perf_counter()
        colorizer.colorize(photo).save(Path(output) / "warm.png")
        warm.append(dict(seconds) | {"all": time.perf_counter() - start})
    print(json.dumps({"cold": cold, "command": command, "memory": memory, "warm": medians(warm)}))


def medians(runs: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def one_photo(photo: Path) -> dict[str, object]:
    """The steps of the command, cold and warm, and the whole command without the stop watches."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "chromantic", "colorize", str(photo), "--output", folder]
        subprocess.run(command, check=True, env=environment)  # compiles the kernels where they are not yet
        whole = []
        for _ in range(RUNS):
            start = time.perf_counter()
            subprocess.run(command, check=True, env=environment)
            whole.append(time.perf_counter() - start)
        watched = [sys.executable, "-m", "benchmarks.command", "--child", str(photo), folder]
        outputs = [
            json.loads(subprocess.run(watched, check=True, env=environment, capture_output=True).stdout)
            for _ in range(RUNS)
        ]
    cold = medians([output["cold"] for output in outputs])
    seconds = statistics.median(whole)
    cold["starting and ending Python"] = seconds - statistics.median(output["command"] for output in outputs)
    return {
        "cold": cold | {"all": seconds},
        "warm": medians([output["warm"] for output in outputs]),
        "peak_memory_mib": max(output["memory"] for output in outputs),
    }


@contextmanager
def busy_core(busy: bool) -> Iterator[None]:
    """A process that keeps one core busy, in a group of its own, as a user's other programs are."""
    if not busy:
        yield
        return
    process = multiprocessing.get_context("spawn").Process(target=_spin, daemon=True)
    process.start()
    time.sleep(2)
    try:
        yield
    finally:
        process.kill()
        process.join()


def _spin() -> None:
    os.setsid()
    while True:
        pass


def many_photos(photo: Path) -> list[dict[str, object]]:
    """Photos a second."""
    from chromantic.colorizer import Colorizer
    from chromantic.parallel import map_in_threads

    colorizer = Colorizer.from_pretrained()
    cores = os.cpu_count() or 1
    rows = []
    with tempfile.TemporaryDirectory() as folder:

        def finish(number: int) -> None:
            colorizer.colorize(photo).save(Path(folder) / f"{number}.png")

        def loop() -> None:
            for number in range(PHOTOS):
                finish(number)

        def photo_a_core() -> None:
            for _ in map_in_threads(finish, range(PHOTOS), cores):
                pass

        finish(0)
        ways = {"one after another": loop, "a photo a core": photo_a_core}
        for busy in (False, True):
            with busy_core(busy):
                for name, way in ways.items():
                    durations = []
                    for _ in range(3):
                        start = time.perf_counter()
                        way()
                        durations.append(time.perf_counter() - start)
                    rate = PHOTOS / statistics.median(durations)
                    rows.append({"way": name, "beside_a_busy_process": busy, "photos_per_second": rate})
    return rows


def show(results: dict) -> None:
    console = Console(width=100)
    table = Table("step", "cold, ms", "warm, ms")
    for step, seconds in results["cold"].items():
        warm = results["warm"].get(step)
        table.add_row(step, f"{seconds * 1e3:.0f}", "" if warm is None else f"{warm * 1e3:.0f}", end_section=False)
    console.print(table, f"peak memory {results['peak_memory_mib']:.0f} MiB")
    table = Table("many photos", "beside a busy process", "photos/s")
    for row in results["many_photos"]:
        table.add_row(row["way"], "yes" if row["beside_a_busy_process"] else "no", f"{row['photos_per_second']:.2f}")
    console.print(table)


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
        return
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.jpg"
        with Image.open(EXAMPLE) as example:
            example.resize(SIZE).save(photo, quality=95)
        results = one_photo(photo) | {"many_photos": many_photos(photo)}
    show(results)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "command.json").write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
