"""Whole trainings: resumed, shared by processes, able to learn."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accelerate.state import AcceleratorState
from PIL import Image

from chromantic.data.prepare import prepare
from chromantic.errors import ChromanticError
from chromantic.model import pretrained
from chromantic.training.config import (
    DataSection,
    LogSection,
    NetworkSection,
    OptimizationSection,
    TrainingConfig,
)
from chromantic.training.train import train


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four photos of coloured rectangles, squashed, so that they serve for training and validation."""
    folder = tmp_path_factory.mktemp("photos")
    torch.manual_seed(0)
    for index in range(4):
        blocks = torch.randint(0, 256, (3, 4, 3), dtype=torch.uint8)
        Image.fromarray(blocks.numpy()).resize((160, 128), Image.Resampling.NEAREST).save(folder / f"{index}.png")
    path = folder / "cache.safetensors"
    prepare(folders=[folder], output=path, squash=True)
    return path


@pytest.fixture
def config(cache: Path) -> TrainingConfig:
    return TrainingConfig(
        data=DataSection(train=cache, validation=cache),
        optimization=OptimizationSection(steps=4, batch_size=4, warmup_steps=2, decay_steps=2, precision="no"),
        network=NetworkSection(preset="tiny"),
        log=LogSection(metrics_every=1, validate_every=2, pictures_every=4, checkpoint_every=1),
    )


@pytest.fixture(autouse=True)
def _fresh_accelerate_state() -> None:
    """Accelerate keeps one state per process, which a second training of other precision may not change."""
    AcceleratorState._reset_state(reset_partial_state=True)


def metrics(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_a_training_leaves_weights_metrics_pictures_and_events(config: TrainingConfig, tmp_path: Path) -> None:
    weights = train(config, tmp_path)
    assert weights is not None
    assert pretrained.about(weights)["photos_seen"] == 16
    pretrained.load(weights)
    lines = metrics(tmp_path)
    assert [line["step"] for line in lines if "train/generator" in line] == [1, 2, 3, 4]
    assert [line["step"] for line in lines if "validation/generator" in line] == [2, 4]
    assert Image.open(tmp_path / "pictures" / "step-00000004.png").size == (4 * 128, 4 * 128)
    assert list((tmp_path / "tensorboard").iterdir())
    assert len(list((tmp_path / "checkpoints").iterdir())) == 2


def test_an_interrupted_training_ends_as_an_uninterrupted_one(
    config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(config, tmp_path / "whole")
    from chromantic.training import train as module

    original = module.sample_batch

    def interrupted(*arguments: object, step: int, **options: object) -> object:
        if step == 2:
            raise KeyboardInterrupt
        return original(*arguments, step=step, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "sample_batch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "parts")
    monkeypatch.undo()
    parts = train(config, tmp_path / "parts")
    assert whole is not None
    assert parts is not None
    assert whole.read_bytes() == parts.read_bytes()
    assert metrics(tmp_path / "whole") == metrics(tmp_path / "parts")


def test_a_training_out_of_time_stops_with_a_checkpoint(config: TrainingConfig, tmp_path: Path) -> None:
    assert train(config, tmp_path, minutes=0) is None
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["step-00000001"]


def test_a_run_of_another_network_is_not_touched(config: TrainingConfig, tmp_path: Path) -> None:
    train(config, tmp_path, minutes=0)
    other = replace(config, network=NetworkSection(preset="tiny", flow="purple"))
    with pytest.raises(ChromanticError, match="another network"):
        train(other, tmp_path)


def test_two_processes_train_as_one(config: TrainingConfig, cache: Path, tmp_path: Path) -> None:
    alone = train(config, tmp_path / "alone")
    toml = tmp_path / "config.toml"
    toml.write_text(
        f'[data]\ntrain = "{cache}"\nvalidation = "{cache}"\n'
        '[network]\npreset = "tiny"\n'
        "[optimization]\nsteps = 4\nbatch_size = 4\nwarmup_steps = 2\ndecay_steps = 2\nprecision = 'no'\n"
        "[log]\nmetrics_every = 1\nvalidate_every = 2\npictures_every = 0\ncheckpoint_every = 2\n"
    )
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command = [*launcher, "-m", "chromantic", "train", toml, tmp_path / "two"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
    subprocess.run(command, check=True, timeout=300, env=environment)

    assert alone is not None
    one, two = pretrained.load(alone), pretrained.load(tmp_path / "two" / "weights.safetensors")
    for (name, expected), actual in zip(one.state_dict().items(), two.state_dict().values(), strict=True):
        torch.testing.assert_close(actual, expected, atol=2e-3, rtol=1e-2, msg=name)
    for expected, actual in zip(metrics(tmp_path / "alone"), metrics(tmp_path / "two"), strict=True):
        assert actual == pytest.approx(expected, rel=2e-3, abs=2e-3)


def test_a_training_can_start_from_weights(config: TrainingConfig, tmp_path: Path) -> None:
    first = train(config, tmp_path / "first")
    assert first is not None
    second = train(config, tmp_path / "second", start=first)
    assert second is not None
    about = pretrained.about(second)
    assert about["photos_seen"] == 32
    assert about["started_from"] == {"fingerprint": pretrained.fingerprint(first), "photos_seen": 16}
    assert metrics(tmp_path / "second")[0]["train/embedding"] < metrics(tmp_path / "first")[0]["train/embedding"]

    other = replace(config, network=NetworkSection(preset="tiny", fusion="film"))
    with pytest.raises(ChromanticError, match="another network"):
        train(other, tmp_path / "third", start=first)


@pytest.mark.slow
def test_four_photos_can_be_memorised(config: TrainingConfig, tmp_path: Path) -> None:
    config = replace(
        config,
        data=replace(config.data, age_probability=0.0),
        optimization=OptimizationSection(
            steps=600, batch_size=4, warmup_steps=20, decay_steps=400, polyak_decay=0.9, precision="no"
        ),
        log=LogSection(metrics_every=1, validate_every=600, pictures_every=600, checkpoint_every=600),
    )
    train(config, tmp_path)
    lines = metrics(tmp_path)
    assert lines[0]["train/embedding"] > 6
    assert lines[-1]["validation/embedding"] < 3
    assert lines[-1]["validation/generator"] < 3.3
