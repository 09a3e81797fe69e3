"""Compares ways of sampling: `python -m benchmarks.sampling`, a few minutes on one core.

The network of the default weights, with random parameters (speed does not depend on them), in float32 on one thread.
`forward` is the yardstick: one teacher-forced pass of the generator over finished samples, with its conditioning.
`fast` is `sample_chroma` as a whole. Milliseconds of processor time, medians of several runs; each run times every
method of a row in turn, and a ratio is the median of the runs' ratios, because clocks and neighbours change. Writes
benchmarks/results/sampling.json and .png.
"""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch.utils.flop_counter import FlopCounterMode

from chromantic.grid import CELL
from chromantic.model.config import preset
from chromantic.model.generator import canvas_of
from chromantic.model.network import Chromantic
from chromantic.reference.cached import sample_cached
from chromantic.reference.naive import sample_naively
from chromantic.reference.noise import to_tensors
from chromantic.reference.sampling import sample_chroma
from chromantic.sampling.noise import draw_noise, random

RUNS = 7
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Case:
    """Samples of `photos` photos, `samples` of each, on a square chroma grid."""

    photos: int
    samples: int
    side: int
    methods: tuple[str, ...] = ("forward", "fast")
    runs: int = RUNS


CASES = (
    Case(1, 1, 32, ("forward", "fast", "cached")),
    Case(8, 1, 32, ("forward", "fast", "cached")),
    Case(64, 1, 32, ("forward", "fast", "cached"), runs=3),
    Case(1, 4, 32),
    Case(1, 16, 32),
    Case(1, 1, 64),
    Case(1, 1, 96),
    Case(1, 1, 32, ("forward", "fast", "naive"), runs=1),
)


@torch.no_grad()
def methods_of(case: Case, network: Chromantic) -> dict[str, Callable[[], object]]:
    """What is timed."""
    pixels = case.side * CELL
    scene = network.encode(torch.rand(case.photos, 1, pixels, pixels) * 100)
    batch = case.photos * case.samples

    def repeat(x: torch.Tensor) -> torch.Tensor:
        return x.repeat_interleave(case.samples, dim=0) if case.samples > 1 else x

    lightness = repeat(scene.lightness)
    canvas = canvas_of(torch.zeros(batch, 2, case.side, case.side), lightness)

    drawn = draw_noise(batch, network.config.components, case.side, case.side, random(0), np.dtype(np.float32))
    noise = to_tensors(drawn)
    conditioning = network.condition(scene)
    return {
        "forward": lambda: network.generator(canvas, network.condition(scene).map(repeat)),
        "fast": lambda: sample_chroma(network, scene, samples=case.samples, rng=random(0)),
        "cached": lambda: sample_cached(network.generator, conditioning.map(repeat), lightness, noise),
        "naive": lambda: sample_naively(network.generator, conditioning.map(repeat), lightness, noise),
    }


def milliseconds(function: Callable[[], object]) -> float:
    start = time.process_time()
    function()
    return (time.process_time() - start) * 1e3


@torch.no_grad()
def measure(case: Case, network: Chromantic) -> dict[str, object]:
    """Milliseconds of a whole batch, their ratios to `forward`, and the arithmetic of one pass in GFLOP."""
    methods = {name: method for name, method in methods_of(case, network).items() if name in case.methods}
    with FlopCounterMode(display=False) as counter:
        methods["forward"]()
    methods["fast"]()  # loads or compiles the kernels
    runs = [{name: milliseconds(method) for name, method in methods.items()} for _ in range(case.runs)]
    return {
        "milliseconds": {name: statistics.median(run[name] for run in runs) for name in methods},
        "ratio_to_forward": {name: statistics.median(run[name] / run["forward"] for run in runs) for name in methods},
        "gflop": counter.get_total_flops() / 1e9,
    }


def show(rows: list[dict]) -> None:
    table = Table("photos", "samples", "chroma", "method", "ms", "ms / sample", "x forward", "GFLOP/s")
    for row in rows:
        batch = row["photos"] * row["samples"]
        for name, duration in row["milliseconds"].items():
            effective = f"{row['gflop'] / duration * 1e3:.0f}" if name in ("forward", "fast") else ""
            table.add_row(
                *(str(row[key]) for key in ("photos", "samples", "side")),
                name,
                f"{duration:.1f}",
                f"{duration / batch:.1f}",
                f"{row['ratio_to_forward'][name]:.2f}",
                effective,
            )
    Console(width=100).print(table)


def plot(rows: list[dict], path: Path) -> None:
    """Milliseconds per sample over the batch, and over the number of pixels."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    batches = [row for row in rows if row["samples"] == 1 and row["side"] == 32 and "naive" not in row["methods"]]
    for name in ("cached", "fast", "forward"):
        points = [(row["photos"], row["milliseconds"][name] / row["photos"]) for row in batches]
        left.plot(*zip(*points, strict=True), marker="o", label=name)
    naive = next(row["milliseconds"]["naive"] for row in rows if "naive" in row["methods"])
    left.plot(1, naive, "o", label="naive")
    left.set(xscale="log", yscale="log", xlabel="photos in a batch, 32 x 32 chroma", ylabel="ms per sample")
    left.set_xticks([1, 8, 64], ["1", "8", "64"])
    sizes = [row for row in rows if row["photos"] == row["samples"] == 1 and "naive" not in row["methods"]]
    for name in ("fast", "forward"):
        points = [(row["side"] ** 2, row["milliseconds"][name]) for row in sizes]
        right.plot(*zip(*points, strict=True), marker="o", label=name)
    right.set(xlabel="chroma pixels of one photo", ylabel="ms", xlim=(0, None), ylim=(0, None))
    for axes in (left, right):
        axes.legend()
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = Chromantic(preset("quarter", ("background",) * 21)).eval()
    rows = [asdict(case) | measure(case, network) for case in CASES]
    show(rows)
    RESULTS.mkdir(exist_ok=True)
    protocol = {"preset": "quarter", "dtype": "float32", "threads": 1, "cpu": torch.backends.cpu.get_cpu_capability()}
    (RESULTS / "sampling.json").write_text(json.dumps(protocol | {"rows": rows}, indent=2) + "\n")
    plot(rows, RESULTS / "sampling.png")


if __name__ == "__main__":
    main()
