"""The mIoU after colorization, with a segmenter whose answers are known, and with segmenters from files."""

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from chromantic.data.classes import CLASS_NAMES
from chromantic.data.collect import Collections, collect
from chromantic.data.example import Example
from chromantic.errors import ChromanticError
from chromantic.evaluation.judge.segmenter_network import SEGMENTER_KEY, SegmenterNetwork
from chromantic.evaluation.judge.segmenters import load_segmenter
from chromantic.evaluation.results import evaluate_callable
from chromantic.evaluation.truth import Truth
from chromantic.model import pretrained
from chromantic.model.config import preset

PERSON = 15


class SeesColours:
    """Segments coloured pixels as a person (which all of `devkit` is), others as background."""

    name = "sees_colours"
    classes = CLASS_NAMES

    def __call__(self, rgb: torch.Tensor) -> torch.Tensor:
        logits = torch.zeros(len(rgb), len(CLASS_NAMES), *rgb.shape[2:])
        logits[:, 0] = 0.5
        logits[:, PERSON] = (rgb.amax(dim=1) > rgb.amin(dim=1) + 0.02).float()
        return logits


@pytest.fixture
def photos(devkit: Path) -> list[Example]:
    return collect(Collections(voc=devkit), "val")["VOC2012 val"]


def test_colours_win_back_their_share_of_the_gap(photos: list[Example]):
    truth = Truth.read(photos[:2])
    miou, share = "miou_after_colorization", "share_of_miou_gap_won_back"
    protocol = "@squash128_labels32_sees_colours"

    def measured(colorize) -> dict[str, dict[str, float]]:
        return evaluate_callable(colorize, photos, segmenter=SeesColours()).measures

    evaluation = evaluate_callable(lambda _: truth.rgb / 255, photos, segmenter=SeesColours())
    person = {what: ious["person"] for what, ious in evaluation.class_iou_after.items()}
    assert person["grey"] < 0.01 < person["original"] == person["result"]
    perfect = evaluation.measures
    mious = perfect[miou + protocol]
    assert mious["grey"] < 0.01
    assert 0.2 < mious["original"] == mious["result"] <= 0.5  # background occurs, by mistake
    assert perfect[share + protocol] == {"result": 1}
    distances = perfect["frechet_distance_of_mean_logits@squash128_sees_colours"]
    assert distances["result"] < 1e-6 < distances["grey"]

    half = truth.rgb.clone()
    half[:, :, :64] = half[:, :, :64].mean(dim=1, keepdim=True)
    values = measured(lambda _: half / 255)
    mious = values[miou + protocol]
    assert mious["grey"] < mious["result"] < mious["original"]
    by_hand = (mious["result"] - mious["grey"]) / (mious["original"] - mious["grey"])
    assert values[share + protocol]["result"] == pytest.approx(by_hand)


def test_a_segmenter_needs_labels_of_its_classes(photos: list[Example]):
    def refused(examples: list[Example], match: str) -> None:
        with pytest.raises(ChromanticError, match=match):
            evaluate_callable(lambda _: pytest.fail("colorized"), examples, segmenter=SeesColours())

    refused([replace(photos[0], labels=None, class_names=())], "no photo has labels")
    refused([replace(photos[0], class_names=("cat", "dog"))], "2 classes that are not the 21 of sees_colours")


def test_weights_of_a_segmenter_are_read_and_named_by_their_hash(tmp_path: Path):
    path = tmp_path / "segmenter.safetensors"
    torch.manual_seed(0)
    network = SegmenterNetwork(preset("tiny", ("background", "cat"))).eval()
    pretrained.save_module(network, path, SEGMENTER_KEY, network.config, {})
    segmenter = load_segmenter(path)
    assert segmenter.name == f"table2_chroma32_{pretrained.fingerprint(path)}"
    rgb = torch.rand(2, 3, 128, 128)
    logits = segmenter(rgb)
    assert logits.shape == (2, 2, 32, 32)
    assert not torch.allclose(logits, segmenter(rgb.mean(dim=1, keepdim=True).expand_as(rgb)))  # it sees colours
    assert segmenter(torch.rand(1, 3, 30, 41)).shape == (1, 2, 7, 10)  # photos of any size, for `own_size`
    with pytest.raises(ChromanticError, match="holds a segmenter, not a network"):
        pretrained.load(path)


def test_colorizing_weights_are_no_segmenter(tiny_checkpoint: Path, tmp_path: Path):
    with pytest.raises(ChromanticError, match="holds a network, not a segmenter"):
        load_segmenter(tiny_checkpoint)
    with pytest.raises(ChromanticError, match=r"none\.onnx: no such file"):
        load_segmenter(tmp_path / "none.onnx")


def onnx_file(path: Path, classes: int, batch: int | str, names: str | None = None) -> Path:
    """A 1x1 convolution with known weights."""
    kernel = np.linspace(-1, 1, 3 * classes, dtype=np.float32).reshape(classes, 3, 1, 1)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["rgb", "kernel"], ["logits"])],
        "segmenter",
        [helper.make_tensor_value_info("rgb", TensorProto.FLOAT, [batch, 3, 128, 128])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, classes, 128, 128])],
        [numpy_helper.from_array(kernel, "kernel")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    if names:
        helper.set_model_props(model, {"classes": names})
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("batch", [1, "batch"])
def test_an_onnx_segmenter_gives_its_logits(tmp_path: Path, batch: int | str):
    segmenter = load_segmenter(onnx_file(tmp_path / "deeplab.onnx", 21, batch))
    assert segmenter.classes == CLASS_NAMES
    assert segmenter.name.startswith("deeplab_")
    rgb = torch.rand(3, 3, 128, 128)
    kernel = torch.linspace(-1, 1, 63).view(21, 3)
    torch.testing.assert_close(segmenter(rgb), torch.einsum("kc,bchw->bkhw", kernel, rgb), atol=1e-5, rtol=1e-5)
    with pytest.raises(ChromanticError, match=r"deeplab_\w+: takes no pictures of 41 x 30 \(.*\); give a segmenter"):
        segmenter(torch.rand(1, 3, 30, 41))


def test_an_onnx_segmenter_names_its_classes(tmp_path: Path):
    assert load_segmenter(onnx_file(tmp_path / "a.onnx", 2, 1, '["cat", "dog"]')).classes == ("cat", "dog")
    with pytest.raises(ChromanticError, match="name its classes"):
        load_segmenter(onnx_file(tmp_path / "b.onnx", 2, 1))
    with pytest.raises(ChromanticError, match=r"d\.onnx: is no segmenter"):
        load_segmenter(onnx_file(tmp_path / "d.onnx", 2, 1, "cat, dog"))
    (tmp_path / "c.onnx").write_bytes(b"nothing")
    with pytest.raises(ChromanticError, match=r"c\.onnx: is no segmenter"):
        load_segmenter(tmp_path / "c.onnx")


class StandIn(torch.nn.Module):
    """As torchvision's network: a dict of logits, of pictures that were normalized."""

    def __init__(self) -> None:
        super().__init__()
        self.last = torch.nn.Conv2d(3, 21, 1)

    def forward(self, rgb: torch.Tensor) -> dict[str, torch.Tensor]:
        assert not self.training
        assert rgb.shape[2:] == (520, 520)
        return {"out": self.last(rgb), "aux": torch.zeros(len(rgb), 21, 520, 520)}


def torchvision_of(network: torch.nn.Module) -> dict[str, ModuleType]:
    """The part of torchvision that is used, with its way to prepare pictures."""

    def prepare(rgb: torch.Tensor) -> torch.Tensor:
        mean, deviation = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[:, :, None, None]
        return (torch.nn.functional.interpolate(rgb, (520, 520), mode="bilinear") - mean) / deviation

    segmentation = ModuleType("torchvision.models.segmentation")
    weights = SimpleNamespace(transforms=lambda: prepare)
    segmentation.DeepLabV3_ResNet101_Weights = SimpleNamespace(COCO_WITH_VOC_LABELS_V1=weights)
    segmentation.deeplabv3_resnet101 = lambda *, weights: network
    models = ModuleType("torchvision.models")
    models.segmentation = segmentation
    return {
        "torchvision": ModuleType("torchvision"),
        "torchvision.models": models,
        "torchvision.models.segmentation": segmentation,
    }


def test_torchvisions_deeplab_is_an_adapter_away(monkeypatch: pytest.MonkeyPatch):
    names = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        network = StandIn()
        for name, module in torchvision_of(network).items():
            monkeypatch.setitem(sys.modules, name, module)
        segmenter = load_segmenter(Path("deeplabv3_resnet101"))
        names.append(segmenter.name)
    assert names[0] == names[1] != names[2]
    assert names[0].startswith("torchvision_deeplabv3_resnet101_")
    assert segmenter.classes == CLASS_NAMES
    white = torch.tensor([(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225])[None, :, None, None]
    expected = network.last(white).expand(2, -1, 520, 520)
    torch.testing.assert_close(segmenter(torch.ones(2, 3, 128, 128)), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("error", [ImportError("No module"), RuntimeError("operator torchvision::nms does not exist")])
def test_a_torchvision_that_does_not_work_is_named(error: Exception, monkeypatch: pytest.MonkeyPatch):
    class Broken:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "torchvision":
                raise error

    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(ChromanticError, match=r"torchvision does not work here \((No module|operator)"):
        load_segmenter(Path("deeplabv3_resnet101"))
