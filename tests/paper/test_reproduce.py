"""The experiments, reduced and further shortened, on made-up photos: whether they run and say what they measured."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image
from skimage import data
from skimage.transform import resize

from chromantic.errors import ChromanticError
from chromantic.paper import experiments, flows, trainings
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
        Image.new("L", (200, 160), number).save(voc / f"SegmentationClass/{name}.png")
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
    assert experiments.run(["flows"], setting).read_text() == text
    assert weights == {run: (run / "weights.safetensors").stat().st_mtime_ns for run in runs}


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
