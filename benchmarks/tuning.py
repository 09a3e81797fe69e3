"""What makes colours better? One setting at a time: `python -m benchmarks.tuning CACHES OUTPUT [--only NAME ...]`.

CACHES holds `train.safetensors`, `labelled.safetensors` (the same without the unlabelled photos) and `val.safetensors`,
made by `chromantic prepare`. Each variant is the `tiny` network on 6,400 photos at half their size, trained as the
default weights are but for one setting; two more seeds of the base tell what is noise. Losses are those of
`val.safetensors` after the last step, at full size. Trainings stay in OUTPUT and are not repeated. About two minutes a
variant on one core. Writes benchmarks/results/tuning.json.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from chromantic.paper.trainings import trained
from chromantic.training.config import DataSection, LogSection, NetworkSection, OptimizationSection, TrainingConfig

STEPS = 400
RESULTS = Path(__file__).parent / "results"
MEASURES = ("embedding", "generator", "segmentation")

Change = Callable[[TrainingConfig], TrainingConfig]


def base(caches: Path) -> TrainingConfig:
    """The training that every variant changes."""
    return TrainingConfig(
        data=DataSection(
            train=caches / "train.safetensors",
            validation=caches / "val.safetensors",
            age_probability=0.2,
            half_size_steps=STEPS,
        ),
        optimization=OptimizationSection(
            steps=STEPS,
            learning_rate=1e-3,
            muon_learning_rate=0.02,
            betas=(0.9, 0.99),
            warmup_steps=50,
            decay_steps=STEPS // 2,
            clip_norm=10.0,
            polyak_decay=0.98,
            weights=(1.0, 25.0, 1.0),
            compile=True,
        ),
        network=NetworkSection(preset="tiny"),
        log=LogSection(pictures_every=0, checkpoint_every=0),
    )


def optimization(**changes: object) -> Change:
    return lambda config: replace(config, optimization=replace(config.optimization, **changes))


def data(**changes: object) -> Change:
    return lambda config: replace(config, data=replace(config.data, **changes))


def network(**changes: object) -> Change:
    return lambda config: replace(config, network=replace(config.network, **changes))


VARIANTS: dict[str, Change] = {
    "base": lambda config: config,
    "base, seed 1": lambda config: replace(config, seed=1),
    "base, seed 2": lambda config: replace(config, seed=2),
    "Adam alone": optimization(muon_learning_rate=None),
    "Adam alone, rate x 3": optimization(muon_learning_rate=None, learning_rate=3e-3),
    "Muon's rate / 2": optimization(muon_learning_rate=0.01),
    "Muon's rate x 2": optimization(muon_learning_rate=0.04),
    "Adam's rate / 2": optimization(learning_rate=5e-4),
    "Adam's rate x 2": optimization(learning_rate=2e-3),
    "Adam's betas 0.95, 0.9995 (paper)": optimization(betas=(0.95, 0.9995)),
    "no fall of the rates": optimization(decay_steps=0),
    "rates fall from the start": optimization(decay_steps=STEPS - 50),
    "no Polyak average": optimization(polyak_decay=0.0),
    "Polyak decay 0.995": optimization(polyak_decay=0.995),
    "segmentation x 0.2": optimization(weights=(1.0, 5.0, 1.0)),
    "segmentation x 4 (paper)": optimization(weights=(1.0, 100.0, 1.0)),
    "rare classes as they come": data(rare_class_power=0.0),
    "rare classes far oftener": data(rare_class_power=1.0),
    "no ageing": data(age_probability=0.0),
    "ageing of half": data(age_probability=0.5),
    "branch after the 512-channel blocks": network(branch="512-channel blocks"),
    "labelled photos only": lambda config: data(train=config.data.train.with_name("labelled.safetensors"))(config),
    "a third of the steps, at full size": lambda config: data(half_size_steps=0)(
        optimization(steps=STEPS // 3, decay_steps=STEPS // 6)(config)
    ),
}


def measure(name: str, caches: Path, output: Path) -> dict[str, float]:
    """The validation losses of a variant."""
    config = VARIANTS[name](base(caches))
    config = replace(config, log=replace(config.log, validate_every=config.optimization.steps))
    run = output / name.replace(" ", "-").replace("/", "by")
    trained(config, run)
    last = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])
    return {measure: last[f"validation/{measure}"] for measure in MEASURES}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("caches", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--only", nargs="+", choices=VARIANTS, metavar="NAME", default=list(VARIANTS))
    arguments = parser.parse_args()
    rows = {name: measure(name, arguments.caches, arguments.output) for name in arguments.only}
    table = Table("variant", *MEASURES)
    for name, losses in rows.items():
        table.add_row(name, *(f"{loss:.4f}" for loss in losses.values()))
    Console(width=100).print(table)
    (RESULTS / "tuning.json").write_text(json.dumps({"steps": STEPS, "validation": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
