"""Whole trainings: what they leave, what they refuse, and that they learn."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accelerate.state import AcceleratorState
from PIL import Image
from safetensors.torch import load_file
from torch import nn

from chromantic import __version__
from chromantic.data.cache import Batch
from chromantic.data.collect import Collections
from chromantic.data.prepare import prepare
from chromantic.errors import ChromanticError
from chromantic.model import pretrained
from chromantic.model.network import Chromantic
from chromantic.training.config import DataSection, LogSection, NetworkSection, OptimizationSection, TrainingConfig
from chromantic.training.losses import Totals
from chromantic.training.setup import set_up
from chromantic.training.tasks import COLORIZATION, ColorizationTask
from chromantic.training.train import train

pytestmark = pytest.mark.usefixtures("narrow")


def test_a_backbone_begins_with_imagenet_learns_above_what_is_frozen_and_goes_on(
    config: TrainingConfig, tmp_path: Path
) -> None:
    """With hints, sources in shares, and a generator that learns from a part of each batch."""
    data = replace(config.data, hint_probability=0.5, source_shares={"VOC2012 train_aug": 0.7, "folder album": 0.3})
    optimization = replace(
        config.optimization, steps=2, frozen_blocks=7, generator_share=0.25, muon_learning_rate=0.02, warmup_steps=0
    )
    lite = replace(config, network=NetworkSection(preset="lite"), data=data, optimization=optimization)
    assert train(lite, tmp_path / "cut", minutes=0.0) is None
    AcceleratorState._reset_state(True)
    resumed, whole = train(lite, tmp_path / "cut"), train(lite, tmp_path / "whole")
    assert resumed is not None
    assert whole is not None
    tensors = load_file(whole)
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in load_file(resumed).items())

    imagenet = Chromantic(pretrained.load(whole).config)
    imagenet.trunk.load_imagenet()
    begun = {name: weight.half() for name, weight in imagenet.trunk.state_dict(prefix="trunk.").items()}
    assert torch.equal(tensors["trunk.blocks.6.project.weight"], begun["trunk.blocks.6.project.weight"])
    assert not torch.equal(tensors["trunk.blocks.7.project.weight"], begun["trunk.blocks.7.project.weight"])
    assert tensors["hints.weight"].any()


def metrics(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_a_training_leaves_weights_metrics_pictures_and_events(
    config: TrainingConfig, cache: Path, tmp_path: Path
) -> None:
    log = LogSection(metrics_every=1, validate_every=2, pictures_every=4, checkpoint_every=1)
    data = replace(config.data, validation=cache, half_size_steps=2)
    weights = train(replace(config, data=data, log=log), tmp_path)
    assert weights is not None
    about = pretrained.about(weights)
    assert 0 <= about.pop("hours") < 1
    assert about.pop("machine").endswith(f"threads: {torch.get_num_threads()}")
    assert about == {
        "version": __version__,
        "data": {"VOC2012 train_aug": 3, "folder album": 1},
        "licence": "CC0",
        "seed": 0,
        "steps": 4,
        "photos_seen": 8,
    }
    pretrained.load(weights)
    lines = metrics(tmp_path)
    assert lines[-2]["train/segmentation"] < 0.85 * lines[0]["train/segmentation"]
    assert [line["step"] for line in lines if "train/generator" in line] == [1, 2, 3, 4]
    assert [line["step"] for line in lines if "validation/generator" in line] == [2, 4]
    with Image.open(tmp_path / "pictures" / "step-00000004.png") as picture:
        assert picture.size == (554, 580)  # four photos, each in four ways
    assert list((tmp_path / "tensorboard").iterdir())
    assert len(list((tmp_path / "checkpoints").iterdir())) == 2


def test_weights_that_explode_are_not_kept(config: TrainingConfig, tmp_path: Path) -> None:
    config = replace(config, log=replace(config.log, checkpoint_every=1))
    train(replace(config, optimization=replace(config.optimization, steps=1)), tmp_path)
    exploding = replace(config, optimization=replace(config.optimization, learning_rate=1e30))
    with pytest.raises(ChromanticError, match=f"{tmp_path}: not a number at step 3; go on with a lower learning rate"):
        train(exploding, tmp_path)
    assert max(path.name for path in (tmp_path / "checkpoints").iterdir()) == "step-00000002"


def test_a_run_goes_on_as_what_it_is_or_not_at_all(
    config: TrainingConfig, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    train(config, run, minutes=0.0)
    record = (run / "run.json").read_bytes()
    others = {
        "fusion": replace(config, network=NetworkSection(preset="tiny", fusion="film")),
        "batch_size, seed": replace(config, optimization=replace(config.optimization, batch_size=4), seed=1),
    }
    for differing, other in others.items():
        with pytest.raises(ChromanticError, match=f"{run}: holds a training that differs in {differing};"):
            train(other, run)
    with pytest.raises(ChromanticError, match=f"started afresh, not from {tiny_checkpoint}"):
        train(config, run, start=tiny_checkpoint)
    assert (run / "run.json").read_bytes() == record
    (run / "run.json").write_bytes(record[:-9])
    with pytest.raises(ChromanticError, match=r"no whole run\.json"):
        train(config, run)


def test_caches_that_do_not_fit_are_refused_before_training(
    config: TrainingConfig, cache: Path, tmp_path: Path
) -> None:
    tall, album = tmp_path / "tall.safetensors", tmp_path / "album"
    album.mkdir()
    for name, size in {"wide": (200, 128), "tall": (128, 200)}.items():
        Image.new("RGB", size, "orange").save(album / f"{name}.png")
    prepare(Collections(folders=(album,)), output=tall)
    with pytest.raises(ChromanticError, match=f"{tall}: has photos of several sizes"):
        train(replace(config, data=DataSection(train=cache, validation=tall)), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_compiling_without_a_compiler_is_refused(
    config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch._inductor.config.cpp.cxx", ("no-such-compiler",))
    with pytest.raises(ChromanticError, match="compile = false"):
        train(replace(config, optimization=replace(config.optimization, compile=True)), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("native", "precision"), [(True, "bf16"), (False, "no")])
def test_bfloat16_is_left_to_machines_that_have_it(
    config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, native: bool, precision: str
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx512_f": True, "avx512_bf16": native})
    config = replace(config, optimization=replace(config.optimization, precision="auto"))
    assert set_up(config, tmp_path, COLORIZATION, None).accelerator.mixed_precision == precision


def test_hints_are_for_networks_that_take_them(config: TrainingConfig, tmp_path: Path) -> None:
    with pytest.raises(ChromanticError, match="hint_probability: tiny networks take no hints"):
        train(replace(config, data=replace(config.data, hint_probability=0.5)), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_training_does_not_dwell_on_the_smallest_numbers(config: TrainingConfig, tmp_path: Path) -> None:
    small, seen = torch.tensor(1e-38), []

    class Watched(ColorizationTask):
        def losses(self, network: nn.Module, batch: Batch, config: OptimizationSection) -> Totals:
            seen.append(float(small * 0.1))
            return super().losses(network, batch, config)

    train(replace(config, optimization=replace(config.optimization, steps=1)), tmp_path, task=Watched())
    assert seen == [0.0]
    assert float(small * 0.1) > 0  # elsewhere nothing has changed


def test_dropout_changes_the_training_and_not_the_measuring(
    config: TrainingConfig, cache: Path, tmp_path: Path
) -> None:
    data, log = replace(config.data, validation=cache, half_size_steps=0), replace(config.log, validate_every=1)
    optimization = replace(config.optimization, steps=2, dropout=0.5, learning_rate=1e-12, warmup_steps=0)
    train(replace(config, data=data, log=log, optimization=optimization), tmp_path)
    steps, validations = metrics(tmp_path)[::2], metrics(tmp_path)[1::2]
    assert validations[0]["validation/embedding"] == pytest.approx(validations[-1]["validation/embedding"], abs=1e-5)
    assert steps[0]["train/embedding"] != pytest.approx(validations[0]["validation/embedding"], abs=1e-5)


def test_a_training_can_start_from_weights(config: TrainingConfig, tmp_path: Path) -> None:
    first = train(config, tmp_path / "first")
    assert first is not None
    fingerprint, about = pretrained.fingerprint(first), pretrained.about(first)
    assert train(config, tmp_path / "second", start=first, minutes=0.0) is None
    start = first.rename(first.with_suffix(".old"))
    with pytest.raises(ChromanticError, match=f"started from {first}, not from {start}"):
        train(config, tmp_path / "second", start=start)

    second = train(config, tmp_path / "second", start=first)  # which is no longer there
    assert second is not None
    assert pretrained.about(second)["photos_seen"] == 16
    assert pretrained.about(second)["started_from"] == {"fingerprint": fingerprint, **about}
    assert metrics(tmp_path / "second")[0]["train/embedding"] < metrics(tmp_path / "first")[0]["train/embedding"]

    before = second.read_bytes()
    with pytest.raises(ChromanticError, match="has finished its 4 steps"):
        train(config, tmp_path / "second")
    with pytest.raises(ChromanticError, match=f"started from {first}, not from {second}"):
        train(config, tmp_path / "second", start=second)
    assert second.read_bytes() == before


def test_weights_to_start_from_must_fit(config: TrainingConfig, tiny_checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(ChromanticError, match=r"tiny\.safetensors: does not say how many photos"):
        train(config, tmp_path / "run", start=tiny_checkpoint)
    other = tmp_path / "other.safetensors"
    pretrained.save(pretrained.load(tiny_checkpoint), other, {"photos_seen": 1})
    with pytest.raises(ChromanticError, match="another network"):
        train(config, tmp_path / "run", start=other)
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_four_photos_can_be_memorised(config: TrainingConfig, cache: Path, tmp_path: Path) -> None:
    config = replace(
        config,
        data=DataSection(train=cache, validation=cache, age_probability=0.0),
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
