"""Draws a training's losses on the validation photos by photos seen: `python -m benchmarks.curves LOG SVG`."""

import json
import sys
from pathlib import Path

from matplotlib.figure import Figure

from chromantic.training.config import read_config

NAMES = {
    "embedding": "embedding, bits per dimension",
    "generator": "generator, bits per dimension",
    "segmentation": "segmentation, cross entropy",
}


def main(log: Path, output: Path) -> None:
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    batch = read_config(Path("default")).optimization.batch_size
    figure = Figure(figsize=(9, 2.6), layout="constrained")
    for axes, (name, label) in zip(figure.subplots(1, 3), NAMES.items(), strict=True):
        values = [(row["step"] * batch / 1000, row[f"validation/{name}"]) for row in rows]
        axes.plot(*zip(*values[2:], strict=True), color="#304f8c")  # the first two are off the scale
        axes.set(xlabel="thousand photos seen", title=label)
        axes.grid(alpha=0.3)
    figure.savefig(output)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
