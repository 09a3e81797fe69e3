"""Real photos with 133 classes of things and stuff, through COCO-Stuff's reader, the cache and a training."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from accelerate.state import AcceleratorState
from PIL import Image

from chromantic.data.cache import load_cache
from chromantic.data.collect import Collections
from chromantic.data.prepare import prepare
from chromantic.model import pretrained
from chromantic.training.config import DataSection, LogSection, NetworkSection, OptimizationSection, TrainingConfig
from chromantic.training.train import train


@pytest.fixture
def panoptic(photos_root: Path, tmp_path: Path) -> Path:
    """COCO's panoptic labels in COCO-Stuff's layout; categories are numbered anew, since COCO leaves numbers out."""
    coco, root = photos_root / "COCO", tmp_path / "dataset"
    categories = json.loads((coco / "panoptic_categories.json").read_text())
    labels = np.full(256, 255, np.uint8)
    labels[[category["id"] for category in categories]] = np.arange(len(categories))
    root.mkdir()
    names = ["unlabeled", *(category["name"] for category in categories)]
    (root / "labels.txt").write_text("".join(f"{number}: {name}\n" for number, name in enumerate(names)))
    for split in ("train", "val"):
        for folder in ("images", "annotations"):
            (root / folder / split).mkdir(parents=True)
        for name in (coco / f"panoptic_{split}.txt").read_text().split():
            (root / "images" / split / f"{name}.jpg").symlink_to(coco / "images" / f"{name}.jpg")
            ids = np.array(Image.open(coco / "panoptic_labels" / f"{name}.png"))
            Image.fromarray(labels[ids]).save(root / "annotations" / split / f"{name}.png")
    return root


@pytest.mark.slow
def test_losses_fall(panoptic: Path, tmp_path: Path) -> None:
    caches = {split: tmp_path / f"{split}.safetensors" for split in ("train", "val")}
    for split, cache in caches.items():
        packed = prepare(Collections(cocostuff=panoptic), split=split, squash=split == "val", output=cache)
        assert (packed.photos, packed.labelled) == (100, 100)
    classes = load_cache(caches["train"]).class_names
    assert len(classes) == 133

    AcceleratorState._reset_state(reset_partial_state=True)
    config = TrainingConfig(
        data=DataSection(train=caches["train"], validation=caches["val"], age_probability=0.0),
        optimization=OptimizationSection(
            steps=40, batch_size=8, learning_rate=2e-3, betas=(0.9, 0.99), warmup_steps=10, polyak_decay=0.9,
            precision="no",
        ),
        network=NetworkSection(preset="tiny"),
        log=LogSection(metrics_every=1, validate_every=10, pictures_every=0, checkpoint_every=0),
    )  # fmt: skip
    weights = train(config, tmp_path / "run")
    assert weights
    assert pretrained.load(weights).config.classes == classes

    records = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]

    def losses(name: str) -> list[float]:
        return [record[name] for record in records if name in record]

    for name in ("embedding", "segmentation", "generator"):
        values = losses(f"train/{name}")
        assert sum(values[-10:]) < 0.95 * sum(values[:10]), name
    for name in ("embedding", "generator"):
        assert losses(f"validation/{name}")[-1] < 0.95 * losses(f"validation/{name}")[0], name
    ignorance = math.log(len(classes)) / len(classes)  # of all classes alike, averaged over classes as the loss is
    assert losses("validation/segmentation")[-1] < 0.95 * ignorance
