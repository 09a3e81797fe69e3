"""What makes colours better? One setting at a time: `python -m benchmarks.tuning DATA OUTPUT [--only NAME ...]`.

DATA and OUTPUT are those of `chromantic reproduce`, whose packed photos are used. Each variant is the `tiny` network on
4,000 photos at half their size, trained as the default weights are but for one setting; two more seeds of the base tell
what is noise. Losses are those of VOC val after the last step, at full size. Trainings stay in OUTPUT and are not
repeated. A minute and a half a variant on one core. Writes benchmarks/results/tuning.json.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from chromantic.data.collect import Collections
from chromantic.data.prepare import prepare
from chromantic.paper.setting import Setting
from chromantic.paper.trainings import small_training, trained
from chromantic.training.config import TrainingConfig

STEPS = 250
RESULTS = Path(__file__).parent / "results"
MEASURES = ("embedding", "generator", "segmentation")

Change = Callable[[TrainingConfig], TrainingConfig]


def base(setting: Setting) -> TrainingConfig:
    """The training that every variant changes."""
    config = small_training(setting)
    shorter = replace(config.optimization, steps=STEPS, warmup_steps=50, decay_steps=STEPS // 2, polyak_decay=0.98)
    return replace(config, data=replace(config.data, half_size_steps=STEPS), optimization=shorter)


def labelled_only(setting: Setting) -> Path:
    """The training photos without the unlabelled ones, packed."""
    path = setting.output / "cache" / "labelled.safetensors"
    if not path.exists():
        prepare(Collections(voc=setting.data / "VOCdevkit", coco=setting.data / "COCO"), output=path)
    return path


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
    "Adam's rate x 2": optimization(learning_rate=2e-3),
    "Adam's betas 0.95, 0.9995 (paper)": optimization(betas=(0.95, 0.9995)),
    "no fall of the rates": optimization(decay_steps=0),
    "rates fall from the start": optimization(decay_steps=STEPS - 50),
    "Polyak decay 0.995": optimization(polyak_decay=0.995),
    "segmentation x 0.2": optimization(weights=(1.0, 5.0, 1.0)),
    "segmentation x 4 (paper)": optimization(weights=(1.0, 100.0, 1.0)),
    "rare classes as they come": data(rare_class_power=0.0),
    "rare classes far oftener": data(rare_class_power=1.0),
    "no ageing": data(age_probability=0.0),
    "ageing of half": data(age_probability=0.5),
    "dropout 0.1": optimization(dropout=0.1),
    "dropout 0.3": optimization(dropout=0.3),
    "half of the crops stretched": data(stretch_probability=0.5),
    "branch after the 512-channel blocks": network(branch="512-channel blocks"),
    "a third of the steps, at full size": lambda config: data(half_size_steps=0)(
        optimization(steps=STEPS // 3, decay_steps=STEPS // 6)(config)
    ),
}

LABELLED_ONLY = "labelled photos only"
NAMES = [*VARIANTS, LABELLED_ONLY]


def measure(name: str, setting: Setting) -> dict[str, float]:
    """The validation losses of a variant."""
    change = data(train=labelled_only(setting)) if name == LABELLED_ONLY else VARIANTS[name]
    config = change(base(setting))
    config = replace(config, log=replace(config.log, validate_every=config.optimization.steps))
    run = setting.run(f"tuning/{name.replace(' ', '-').replace('/', 'by')}")
    trained(config, run)
    return last_losses(run)


def last_losses(run: Path) -> dict[str, float]:
    """The validation losses after a run's last step."""
    last = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])
    return {measure: last[f"validation/{measure}"] for measure in MEASURES}


def report(rows: dict[str, dict[str, float]], steps: int, name: str) -> None:
    """Show the losses of every variant, and write them to `name` among the results."""
    table = Table("variant", *MEASURES)
    for variant, losses in rows.items():
        table.add_row(variant, *(f"{loss:.4f}" for loss in losses.values()))
    Console(width=100).print(table)
    (RESULTS / name).write_text(json.dumps({"steps": steps, "validation": rows}, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--only", nargs="+", choices=NAMES, metavar="NAME", default=NAMES)
    arguments = parser.parse_args()
    setting = Setting(arguments.data, arguments.output)
    report({name: measure(name, setting) for name in arguments.only}, STEPS, "tuning.json")


if __name__ == "__main__":
    main()
