"""Small trainings of equal budget, for comparisons."""

from dataclasses import replace
from pathlib import Path

from chromantic.paper.networks.baselines import BaselineTask
from chromantic.paper.networks.colour_segmentation import ColourSegmentation
from chromantic.paper.setting import Setting
from chromantic.training.config import (
    DataSection,
    LogSection,
    NetworkSection,
    OptimizationSection,
    TrainingConfig,
)
from chromantic.training.tasks import COLORIZATION, Task
from chromantic.training.train import train

STEPS, REDUCED_STEPS = 2500, 400
SEGMENTER_STEPS, REDUCED_SEGMENTER_STEPS = 6000, 1500
COMPILE = True
_VALIDATIONS = 5
"""In each training whose losses Figure 9 follows."""
_LOG = LogSection(pictures_every=0)


def small_training(setting: Setting) -> TrainingConfig:
    """The `tiny` network on 40,000 half-size photos (6,400 if reduced), trained as the default weights are."""
    steps = REDUCED_STEPS if setting.reduced else STEPS
    return TrainingConfig(
        data=DataSection(
            train=setting.train_cache,
            validation=setting.validation_cache,
            age_probability=0.2,
            half_size_steps=steps,
        ),
        optimization=OptimizationSection(
            steps=steps,
            batch_size=16,
            learning_rate=1e-3,
            muon_learning_rate=0.02,
            betas=(0.9, 0.99),
            warmup_steps=min(100, steps // 10),
            decay_steps=steps // 2,
            clip_norm=10.0,
            polyak_decay=0.995,
            weights=(1.0, 25.0, 1.0),
            compile=COMPILE and not setting.reduced,
        ),
        network=NetworkSection(preset="tiny"),
        log=LogSection(validate_every=max(1, steps // _VALIDATIONS), pictures_every=0),
    )


def segmenter_training(setting: Setting) -> TrainingConfig:
    """The segmenter of colour photos; its last steps see photos at full size, as it will judge them."""
    config = small_training(setting)
    steps = REDUCED_SEGMENTER_STEPS if setting.reduced else SEGMENTER_STEPS
    return replace(
        config,
        log=_LOG,
        data=replace(config.data, age_probability=0.0, half_size_steps=steps - steps // 10),
        optimization=replace(
            config.optimization,
            steps=steps,
            decay_steps=steps // 2,
            weights=(0.0, 1.0, 0.0),
            segmentation_loss="mean_over_pixels",
        ),
        network=NetworkSection(preset="tiny" if setting.reduced else "quarter"),
    )


def train_segmenter(setting: Setting) -> Path:
    """The weights of the segmenter that judges all colorizations, trained once."""
    return trained(segmenter_training(setting), setting.run("segmenter"), ColourSegmentation())


def train_baseline(setting: Setting, method: str) -> Path:
    """The weights of one of `chromantic.paper.networks.baselines.METHODS`, trained once."""
    config = replace(small_training(setting), log=_LOG)
    return trained(config, setting.run(f"baselines/{method}"), BaselineTask(method))


def trained(config: TrainingConfig, run: Path, task: Task = COLORIZATION) -> Path:
    """The weights of a training, which is run or continued where it has not ended."""
    weights = run / "weights.safetensors"
    if not weights.exists():
        train(config, run, task=task)
    return weights
