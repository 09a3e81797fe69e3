"""The examples of docs/extend, each at work."""

import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image

pytest.importorskip("torchmetrics", reason="no torchmetrics; pip install '.[train]'")
EXAMPLES = Path(__file__).parents[2] / "docs" / "extend"
MINIMAL = """
[network]
preset = "tiny"
[data]
train = "{cache}"
[optimization]
steps = 1
batch_size = 2
weights = [1.0, 100.0, 1.0, 0.05]
[log]
metrics_every = 1
"""


@pytest.fixture
def example(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The example that a test is about, imported from beside its page."""
    name = request.function.__name__.removeprefix("test_")
    source = (EXAMPLES / f"{name}.py").read_text()
    assert f"literalinclude}} {name}.py" in (EXAMPLES / f"{name}.md").read_text()
    module = ModuleType(f"docs_extend_{name}")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # dataclasses look their module up
    exec(compile(source, str(EXAMPLES / f"{name}.py"), "exec"), module.__dict__)
    return module


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder in the layout of the data set's page: two photos of colours, whose left halves are sky."""
    generator = np.random.default_rng(0)
    for folder in ("photos", "masks"):
        (tmp_path / folder).mkdir()
    (tmp_path / "classes.txt").write_text("ground\nsky\n")
    (tmp_path / "train.txt").write_text("one\ntwo\n")
    for name in ("one", "two"):
        pixels = generator.integers(0, 256, (4, 5, 3), dtype=np.uint8).repeat(32, 0).repeat(32, 1)
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{name}.jpg", quality=95)
        mask = np.zeros((128, 160), np.uint8)
        mask[:, :80] = 1
        Image.fromarray(mask).save(tmp_path / "masks" / f"{name}.png")
    return tmp_path


def test_backbone(example: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from chromantic.model import pretrained
    from chromantic.model.config import preset
    from chromantic.model.network import Chromantic
    from chromantic.model.trunks import TRUNKS

    monkeypatch.setitem(TRUNKS, "plain", example.PlainTrunk)
    network = Chromantic(preset("tiny", ("ground", "sky"), trunk="plain")).eval()
    scene = network.encode(torch.rand(1, 1, 32, 48) * 100)
    assert scene.class_logits is not None
    assert scene.class_logits.shape == (1, 2, 8, 12)
    pretrained.save(network, tmp_path / "plain.safetensors", {})
    assert isinstance(pretrained.load(tmp_path / "plain.safetensors").trunk, example.PlainTrunk)


def test_loss(example: ModuleType, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from chromantic.data.collect import Collections
    from chromantic.data.prepare import prepare
    from chromantic.training.config import read_config
    from chromantic.training.losses import LOSSES
    from chromantic.training.train import train

    monkeypatch.setitem(LOSSES, "distance", example.distance_loss)
    cache = photos / "cache.safetensors"
    prepare(Collections(folders=(photos / "photos",)), output=cache, squash=True)
    (photos / "config.toml").write_text(MINIMAL.format(cache=cache))
    train(read_config(photos / "config.toml"), photos / "run")
    (logged,) = map(json.loads, (photos / "run" / "metrics.jsonl").read_text().splitlines())
    assert 5 < logged["train/distance"] < 200


def test_dataset(example: ModuleType, photos: Path) -> None:
    from chromantic.data.cache import load_cache
    from chromantic.data.prepare import prepare

    prepare(example.Collections(masked=photos), output=photos / "cache.safetensors", split="train")
    cache = load_cache(photos / "cache.safetensors")
    assert cache.class_names == ("ground", "sky")
    assert cache.sources == {"masked train": 2}


def test_metric(example: ModuleType, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from chromantic.data.collections.folder import folder_examples
    from chromantic.evaluation.protocol import MEASURES
    from chromantic.evaluation.results import evaluate_callable

    red, red_too, green, grey = (
        torch.tensor(ab)[None, :, None, None] for ab in ([50.0, 0], [20.0, 5], [-50.0, 0], [1.0, 0])
    )
    assert example.same_hue(torch.cat([red_too, green], dim=3), torch.cat([red, red], dim=3)) == 0.5
    assert example.same_hue(green, grey) == 1

    monkeypatch.setitem(MEASURES, example.SAME_HUE, example.MEASURE)
    evaluation = evaluate_callable(
        lambda lightness: torch.full((len(lightness), 2, 32, 32), 20.0), folder_examples(photos)
    )
    assert 0 < evaluation.measures[example.SAME_HUE]["result"] < 1


def test_segmenter(example: ModuleType, photos: Path) -> None:
    from chromantic.data.cache import load_cache
    from chromantic.data.classes import CLASS_NAMES
    from chromantic.data.collect import Collections
    from chromantic.data.prepare import prepare
    from chromantic.data.verdicts import Segmenter

    network = torch.nn.Conv2d(3, len(CLASS_NAMES), 1)
    with torch.no_grad():
        network.bias[CLASS_NAMES.index("sheep")] += 100.0
    segmenter = example.NetworkSegmenter(network, CLASS_NAMES, "sheep_only_0123456789ab", side=64)
    assert isinstance(segmenter, Segmenter)
    output = photos / "cache.safetensors"
    prepare(Collections(folders=(photos / "photos",)), output=output, segmenters=[segmenter])
    cache = load_cache(output)
    assert cache.labelled_by == {segmenter.name: 2}
