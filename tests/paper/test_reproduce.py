"""The experiments, reduced and further shortened, on made-up photos: whether they run and say what they measured."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from skimage import data
from skimage.transform import resize

from chromantic.data.voc import CLASS_NAMES
from chromantic.errors import ChromanticError
from chromantic.evaluation.protocol import Truth
from chromantic.model import pretrained
from chromantic.model.config import preset
from chromantic.model.network import Chromantic, Scene
from chromantic.paper import experiments, fig13, flows, table3, trainings
from chromantic.paper.report import Section, Table, write_report
from chromantic.paper.setting import Setting


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder: VOC's layout with a handful of labelled colour photos in both lists."""
    root = tmp_path_factory.mktemp("data")
    voc = root / "VOCdevkit" / "VOC2012"
    for folder in ("ImageSets/Segmentation", "JPEGImages", "SegmentationClass"):
        (voc / folder).mkdir(parents=True)
    names = ["astronaut", "coffee", "rocket", "cat"]
    for number, name in enumerate(names):
        pixels = (resize(getattr(data, name)(), (160, 200)) * 255).astype("uint8")
        Image.fromarray(pixels).save(voc / f"JPEGImages/{name}.jpg")
        Image.new("L", (200, 160), number // 2).save(voc / f"SegmentationClass/{name}.png")
    for split in ("train_aug", "val"):
        (voc / f"ImageSets/Segmentation/{split}.txt").write_text("\n".join(names))
    return root


@pytest.fixture
def setting(photos: Path, tiny_weights: Path, tmp_path: Path) -> Setting:
    return Setting(photos, tmp_path / "out", weights=str(tiny_weights))


def test_flows_are_trained_once_measured_and_shown(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainings, "STEPS", 2)
    monkeypatch.setattr(trainings, "COMPILE", False)
    two_flows = {flow: flows.FLOWS[flow] for flow in ("purple", "purple-blue-green, feature transformation")}
    monkeypatch.setattr(flows, "FLOWS", two_flows)
    report = experiments.run(["flows"], setting)
    text = report.read_text()
    rows = {row.split(" | ")[0].removeprefix("| "): row.split(" | ")[1:] for row in text.splitlines() if "±" in row}
    assert list(rows) == list(two_flows)
    assert rows["purple"][2] == ""  # it has no segmentation
    assert all(float(cell.split(" ±")[0]) >= 0 for cell in list(rows.values())[1])
    for picture in re.findall(r"\]\((.*\.png)\)", text):
        with Image.open(setting.output / picture) as image:
            assert min(image.size) > 200
    runs = sorted((setting.output / "runs" / "flows").iterdir())
    assert len(runs) == len(two_flows) * len(flows.SEEDS)
    networks = [json.loads((run / "run.json").read_text())["network"] for run in runs]
    assert len({(network["flow"], network["fusion"]) for network in networks}) == len(two_flows)

    weights = {run: (run / "weights.safetensors").stat().st_mtime_ns for run in runs}
    height = Image.open(setting.output / "flows-samples.png").height
    examples = Path(__file__).parents[2] / "examples"
    experiments.run(["flows"], replace(setting, shown=examples))
    assert Image.open(setting.output / "flows-samples.png").height == height * len(list(examples.glob("*.??g"))) / 4
    assert experiments.run(["flows"], setting).read_text() == text
    assert weights == {run: (run / "weights.safetensors").stat().st_mtime_ns for run in runs}


@pytest.fixture
def short(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setting:
    """Reduced to two steps a training and all four photos, with untrained weights of VOC's classes."""
    monkeypatch.setattr(trainings, "REDUCED_STEPS", 2)
    monkeypatch.setattr(trainings, "REDUCED_SEGMENTER_STEPS", 2)
    torch.manual_seed(0)
    pretrained.save(Chromantic(preset("tiny", CLASS_NAMES)), tmp_path / "weights.safetensors", {})
    setting = Setting(photos, tmp_path / "out", reduced=True, weights=str(tmp_path / "weights.safetensors"))
    setting.__dict__["validation"] = Setting(photos, tmp_path).validation  # reduced, it is every fourth
    return setting


def rows_of(report: Path, heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, without its head."""
    section = report.read_text().split(f"## {heading}")[1]
    table = section.split("\n\n| ")[1].split("\n\n")[0]
    return [[cell.strip(" |") for cell in line.split(" | ")] for line in table.splitlines()[2:]]


def test_one_segmenter_judges_all_methods(short: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table3, "FLOWS", {"purple": table3.FLOWS["purple"]})
    report = experiments.run(["segmenter", "fig8", "table3"], short)
    measures = set(re.findall(r"miou_after_colorization@\w+", report.read_text()))
    weights = short.output / "runs" / "segmenter-reduced" / "weights.safetensors"
    assert measures == {f"miou_after_colorization@squash128_labels32_table2_chroma32_{pretrained.fingerprint(weights)}"}

    of_photos = dict(rows_of(report, "The segmenter"))
    fig8 = {name: cells for name, *cells in rows_of(report, "mIoU of one segmenter")}
    assert [fig8[name][1] for name in ("grey", "colorized, one sample", "original")] == ["66.9", "70.3", "72.1"]
    assert fig8["colorized, one sample"][3] == "65 %"
    methods = {name: cells for name, *cells in rows_of(report, "mIoU after")}
    assert len(methods) == len(table3.BASELINES) + 1 + 1 + 2
    for what in ("grey", "original"):
        assert of_photos[what] == fig8[what][0] == methods[what][0]
    assert methods["L2 regression (Iizuka's kind)"][-2:] == ["67.6", "24.20"]
    assert all(float(cells[2]) > 5 for name, cells in methods.items() if name != "original")  # dB
    runs = sorted(path.name for path in (short.output / "runs" / "baselines").iterdir())
    assert runs == [f"{name}-reduced" for name in sorted(table3.BASELINES)]


def test_samples_are_compared_photo_by_photo(short: Setting) -> None:
    report = experiments.run(["fig10"], short)
    rows = {name: cells for name, *cells in rows_of(report, "How different")}
    assert rows["photos"] == ["4", "1,449"]
    assert 0 < float(rows["median"][0]) < 1
    with Image.open(short.output / "fig10.png") as image:
        assert image.size == (780, 390)


def test_the_worst_photo_of_a_class_is_that_with_the_largest_error_inside(
    short: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def all_true_but_the_second(_: object, scene: Scene, **__: object) -> tuple[torch.Tensor, None]:
        chroma = Truth.read(short.validation).chroma
        assert len(scene.lightness) == len(chroma)
        chroma[1, 0] += 30
        chroma[2, :] += 10
        return chroma, None

    monkeypatch.setattr(fig13, "sample_chroma", all_true_but_the_second)
    report = experiments.run(["fig13"], short)
    assert rows_of(report, "Failures") == [
        ["background", "2", f"{30 / 2**0.5 / 2:.1f}", f"{30 / 2**0.5:.1f}", "coffee"],
        ["aeroplane", "2", "5.0", "10.0", "rocket"],
    ]
    with Image.open(short.output / "fig13-1.png") as image:
        assert min(image.size) > 200


def test_what_cannot_be_done_is_refused_before_work(setting: Setting, tmp_path: Path) -> None:
    with pytest.raises(ChromanticError, match="fig99: no such experiment; give all or some of flows"):
        experiments.run(["flows", "fig99"], setting)
    with pytest.raises(ChromanticError, match="VOC"):
        experiments.run(["flows"], Setting(tmp_path, setting.output))
    assert not setting.output.exists()


def test_a_report_shows_tables_and_pictures(setting: Setting) -> None:
    table = Table(("method", "PSNR"), [("ours", "1.0"), ("paper", "2.0")])
    path = setting.output / "picture.png"
    report = write_report([Section("Title", "How.", ["Before.", table], {"A picture": path})], setting).read_text()
    assert "| method | PSNR |\n| --- | --- |\n| ours | 1.0 |\n| paper | 2.0 |" in report
    assert "![A picture](picture.png)" in report
    assert "Reduced" not in report
