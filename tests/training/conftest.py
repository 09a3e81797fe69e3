"""Photos to train on, and a fresh start for every training."""

from pathlib import Path

import pytest
import torch
from accelerate.state import AcceleratorState
from PIL import Image

from chromantic.data.collect import Collections
from chromantic.data.prepare import prepare
from chromantic.training.config import DataSection, LogSection, NetworkSection, OptimizationSection, TrainingConfig


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four photos of rectangles, squashed, so that they serve for training and validation.

    Two are labelled, one is labelled and grey, and one is not labelled: the three losses count different pixels.
    """
    root = tmp_path_factory.mktemp("photos")
    voc, album = root / "VOCdevkit" / "VOC2012", root / "album"
    for folder in ("ImageSets/Segmentation", "JPEGImages", "SegmentationClass"):
        (voc / folder).mkdir(parents=True)
    album.mkdir()
    (voc / "ImageSets" / "Segmentation" / "train_aug.txt").write_text("a\nb\ngrey\n")
    generator = torch.Generator().manual_seed(0)
    for name in ("a", "b", "grey", "unlabelled"):
        blocks = torch.randint(0, 256, (3, 4, 3), generator=generator, dtype=torch.uint8)
        labels = 15 * (blocks[:, :, 1] > 128).byte()
        if name == "grey":
            blocks = blocks[:, :, :1].expand(-1, -1, 3).contiguous()
        photo, mask = (
            Image.fromarray(each.numpy()).resize((160, 128), Image.Resampling.NEAREST) for each in (blocks, labels)
        )
        if name == "unlabelled":
            photo.save(album / f"{name}.png")
        else:
            photo.save(voc / "JPEGImages" / f"{name}.jpg", quality=95, subsampling=0)
            mask.save(voc / "SegmentationClass" / f"{name}.png")
    path = root / "cache.safetensors"
    prepare(Collections(voc=voc.parent, folders=(album,)), output=path, squash=True)
    return path


@pytest.fixture
def config(cache: Path) -> TrainingConfig:
    """Four steps of two photos at half their size, each with a line of metrics; nothing else is done on the way."""
    return TrainingConfig(
        data=DataSection(train=cache, licence="CC0", half_size_steps=4),
        optimization=OptimizationSection(steps=4, batch_size=2, warmup_steps=2, decay_steps=2, precision="no"),
        network=NetworkSection(preset="tiny"),
        log=LogSection(metrics_every=1, validate_every=0, pictures_every=0, checkpoint_every=0),
    )


@pytest.fixture(autouse=True)
def _fresh_accelerate_state() -> None:
    """Accelerate keeps one state per process, which a second training of other precision may not change."""
    AcceleratorState._reset_state(reset_partial_state=True)
