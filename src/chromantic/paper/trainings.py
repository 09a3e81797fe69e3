"""Small trainings of equal budget, for comparisons."""

from pathlib import Path

from chromantic.paper.setting import Setting
from chromantic.training.config import (
    DataSection,
    LogSection,
    NetworkSection,
    OptimizationSection,
    TrainingConfig,
)
from chromantic.training.train import train

STEPS, REDUCED_STEPS = 2500, 150
COMPILE = True


def small_training(setting: Setting) -> TrainingConfig:
    """The `tiny` network on 40,000 half-size photos (2,400 if reduced), trained as the default weights are."""
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
            warmup_steps=100,
            decay_steps=steps // 2,
            clip_norm=10.0,
            polyak_decay=0.995,
            weights=(1.0, 25.0, 1.0),
            compile=COMPILE and not setting.reduced,
        ),
        network=NetworkSection(preset="tiny"),
        log=LogSection(pictures_every=0),
    )


def trained(config: TrainingConfig, run: Path) -> Path:
    """The weights of a training, which is run or gone on with if it has not ended."""
    weights = run / "weights.safetensors"
    if not weights.exists():
        train(config, run)
    return weights
