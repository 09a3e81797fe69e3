"""The experiments, reduced and further shortened, on made-up photos: whether they run and say what they measured."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from skimage import data
from skimage.transform import resize

from chromantic.cli import main
from chromantic.data.cache import load_cache
from chromantic.data.classes import CLASS_NAMES
from chromantic.errors import ChromanticError
from chromantic.evaluation.text_table import TextTable
from chromantic.evaluation.truth import Truth
from chromantic.model import pretrained
from chromantic.model.config import preset
from chromantic.model.network import Chromantic, Scene
from chromantic.paper import systems, trainings
from chromantic.paper.experiments import fig13, flows, table3
from chromantic.paper.experiments import registry as experiments
from chromantic.paper.networks.grey_segmentation import GreySegmentation
from chromantic.paper.sections import Section, write_report
from chromantic.paper.setting import Setting
from chromantic.study.naturalness import PAPER_TABLE_4
from chromantic.study.store import Study
from chromantic.training.config import TrainingConfig
from chromantic.training.tasks import Task
from chromantic.training.train import train

pytestmark = pytest.mark.usefixtures("narrow")


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


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Untrained, of VOC's classes."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Chromantic(preset("tiny", CLASS_NAMES, width=1 / 32))
    path = tmp_path_factory.mktemp("weights") / "voc.safetensors"
    pretrained.save(network, path, {})
    return str(path)


@pytest.fixture(autouse=True)
def brief_trainings(monkeypatch: pytest.MonkeyPatch) -> None:
    """One step on two photos in place of every training."""

    def train_briefly(config: TrainingConfig, run: Path, *, task: Task) -> Path | None:
        optimization = replace(config.optimization, steps=1, batch_size=2, compile=False)
        return train(
            replace(config, optimization=optimization, log=replace(config.log, validate_every=1)), run, task=task
        )

    monkeypatch.setattr(trainings, "train", train_briefly)


@pytest.fixture
def setting(photos: Path, weights: str, tmp_path: Path) -> Setting:
    return Setting(photos, tmp_path / "out", weights=weights)


def test_flows_are_trained_once_measured_and_shown(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    two_flows = {flow: flows.FLOWS[flow] for flow in ("purple", "purple-blue-green, feature transformation")}
    monkeypatch.setattr(flows, "FLOWS", two_flows)
    report = experiments.run(["flows"], with_photos(setting, 1))
    text = report.read_text()
    rows = {row.split(" | ")[0].removeprefix("| "): row.split(" | ")[1:] for row in text.splitlines() if "±" in row}
    assert list(rows) == list(two_flows)
    assert rows["purple"][2] == ""  # it has no segmentation
    assert all(float(cell.split(" ±")[0]) >= 0 for cell in list(rows.values())[1])
    for picture in re.findall(r"\]\((.*\.png)\)", text):
        with Image.open(setting.output / picture) as image:
            assert min(image.size) > 170
    runs = sorted((setting.output / "runs" / "flows").iterdir())
    assert len(runs) == len(two_flows) * len(flows.SEEDS)
    networks = [json.loads((run / "run.json").read_text())["network"] for run in runs]
    assert len({(network["flow"], network["fusion"]) for network in networks}) == len(two_flows)

    weights = {run: (run / "weights.safetensors").stat().st_mtime_ns for run in runs}
    height = height_of(setting.output / "flows-samples.png")
    shown = with_photos(replace(setting, shown=Path(__file__).parents[2] / "examples"), 1)
    again = experiments.run(["flows"], shown)
    assert height_of(setting.output / "flows-samples.png") == height + 7 * (128 + 6)  # eight photos, not one
    assert rows_of(again, "Flows") == rows_of(report, "Flows")
    assert weights == {run: (run / "weights.safetensors").stat().st_mtime_ns for run in runs}


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the reduced experiments, whose trainings are shared as those of one command are."""
    return tmp_path_factory.mktemp("out")


@pytest.fixture
def short(photos: Path, weights: str, output: Path) -> Setting:
    """Reduced, with all four photos."""
    return with_photos(Setting(photos, output, reduced=True, weights=weights))


def with_photos(setting: Setting, photos: int = 4) -> Setting:
    """Measures some of the four photos; reduced, there would be every fourth."""
    setting.__dict__["validation"] = setting._all_validation[:: 4 // photos]
    return setting


def height_of(picture: Path) -> int:
    with Image.open(picture) as image:
        return image.height


def rows_of(report: Path, heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, without its head."""
    section = report.read_text().split(f"## {heading}")[1]
    table = section.split("\n\n| ")[1].split("\n\n")[0]
    return [[cell.strip(" |") for cell in line.split(" | ")] for line in table.splitlines()[2:]]


def test_one_segmenter_judges_all_methods(short: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table3, "FLOWS", {"purple": table3.FLOWS["purple"]})
    report = experiments.run(["segmenter", "fig8", "table3"], with_photos(short, 2))
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


@pytest.fixture(scope="module")
def results(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another system's results: all photos in one colour."""
    folder = tmp_path_factory.mktemp("results")
    for photo in (photos / "VOCdevkit/VOC2012/JPEGImages").iterdir():
        Image.new("RGB", (200, 160), (200, 40, 40)).save(folder / f"{photo.stem}.png")
    return folder


def test_segmentation_is_learned_in_three_ways(short: Setting) -> None:
    report = experiments.run(["fig9"], short)
    rows = {name: cells for name, *cells in rows_of(report, "What colorization does")}
    assert {name: cells[-1] for name, cells in rows.items()} == {
        "joint with colorization": "0.030",
        "from a colorizer": "0.043",
        "from scratch": "0.060",
    }
    assert all(0 < float(lowest) <= float(last) for lowest, last, _ in rows.values())
    runs = short.output / "runs" / "fig9"
    of_colorizer, of_scratch = (
        json.loads((runs / f"{way}-reduced/metrics.jsonl").read_text().splitlines()[0])["validation/segmentation"]
        for way in ("from-colorizer", "from-scratch")
    )
    assert of_colorizer != of_scratch
    with Image.open(short.output / "fig9.png") as image:
        assert image.size == (780, 390)


def test_what_segments_begins_with_the_bottom_of_the_colorizer(weights: str, short: Setting) -> None:
    photos = load_cache(short.validation_cache)
    torch.manual_seed(1)
    network = GreySegmentation(Path(weights)).build(preset("tiny", CLASS_NAMES), photos)
    trained = pretrained.load(weights)
    assert all(map(torch.equal, network.trunk.rows.parameters(), trained.trunk.rows.parameters()))
    assert not all(map(torch.equal, network.segmentation.parameters(), trained.segmentation.parameters()))
    lightness = torch.rand(1, 1, 128, 128) * 100
    whole = trained.encode(lightness).class_logits
    network.load_state_dict({name: each for name, each in trained.state_dict().items() if name in network.state_dict()})
    torch.testing.assert_close(network(lightness), whole)


def test_both_ways_to_see_the_segmentation_are_judged(short: Setting) -> None:
    rows = rows_of(experiments.run(["sec322"], with_photos(short, 2)), "Concatenation or")
    assert [(name, paper) for name, *_, paper in rows] == [
        ("concatenation", "better"),
        ("feature transformation", "worse"),
    ]
    assert all(float(psnr) > 5 for _, _, _, psnr, _, _ in rows)


def test_other_systems_are_shown_and_measured(short: Setting, results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table3, "FLOWS", {})
    monkeypatch.setattr(table3, "BASELINES", {})
    monkeypatch.setattr(systems, "train_baseline", lambda *_: pytest.fail("trained"))
    several = (("zhang", results), ("deshpande", results), ("deshpande", results))
    setting = with_photos(replace(short, systems=several), 2)
    report = experiments.run(["fig11", "fig12", "table3"], setting)
    text = report.read_text()
    assert "Those of zhang are from their folders" in text
    assert "Those of deshpande are from their folders" in text
    rows = {name: cells for name, *cells in rows_of(report, "mIoU after")}
    assert rows["zhang"][-2:] == ["68.1", "22.81"]
    assert 5 < float(rows["zhang"][2]) < float(rows["grey"][2])
    (single,) = (system for system in systems.single_systems(setting) if system.name == "zhang")
    (diverse,) = (system for system in systems.diverse_systems(setting, 3) if system.name == "deshpande")
    photo = setting.validation[0]
    assert [picture.shape for picture in diverse.draw(photo)] == [(160, 200, 3)] * 2
    assert (single.draw(photo)[0] == (200, 40, 40)).all()


def test_baselines_stand_for_other_systems(short: Setting) -> None:
    report = experiments.run(["fig11", "fig12"], short)
    assert report.read_text().count("No other system was brought") == 2
    for name, columns in {"fig11": 6, "fig12": 8}.items():
        with Image.open(short.output / f"{name}.png") as image:
            assert image.width / image.height > columns / 5.5  # of four photos
    photo = short.validation[0]
    drawn = [picture for system in systems.diverse_systems(short, 3) for picture in system.draw(photo)]
    assert [picture.shape for picture in drawn] == [(160, 200, 3)] * 6
    assert len({picture.tobytes() for picture in drawn}) == 6


def test_a_study_is_prepared_and_its_answers_are_shown(short: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    report = experiments.run(["table4"], short)
    path = short.output / "study-reduced" / "study.sqlite"
    assert (
        f"Nobody has been asked yet**, and nothing but people can fill this table. `chromantic study serve {path}`"
        in (report.read_text())
    )
    rows = {name: cells for name, *cells in rows_of(report, "Naturalness")}
    assert rows["originals"] == ["0", "", "", "99.58"]
    assert rows["L2 regression, Iizuka's kind"] == ["0", "", "", "88.61"]
    assert rows["Cao"] == ["", "", "", "80.00"]
    assert len(rows) == len(PAPER_TABLE_4)

    study = Study(path)
    assert len(study.photos) == 4
    person = study.add_person()
    while picture := study.progress(person).picture:
        study.answer(person, picture, natural=True)
    rows = {name: cells for name, *cells in rows_of(experiments.run(["table4"], short), "Naturalness")}
    assert sum(int(cells[0] or 0) for cells in rows.values()) == 4
    assert {cells[1] for cells in rows.values() if cells[0] not in ("", "0")} == {"100.00"}

    theirs = experiments.run(["table4"], replace(short, output=short.output / "other", study=path))
    assert "Nobody has been asked" not in theirs.read_text()
    other = with_photos(replace(short, systems=(("zhang", short.output),)))
    other.__dict__["brought"] = {"zhang": [{example: example.photo for example in short.validation}]}
    with pytest.raises(ChromanticError, match="is a study of other systems"):
        experiments.run(["table4"], other)


def test_the_command_knows_systems_by_name(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["reproduce", "fig11", "--data", str(photos), "--output", str(tmp_path / "out"), "--system"]
    assert main([*command, "results"]) == 2
    assert "results: a system is NAME=FOLDER" in capsys.readouterr().err
    assert main([*command, f"originals={tmp_path}"]) == 2
    assert "originals: is no name for" in capsys.readouterr().err
    assert main([*command, f"zhang={tmp_path}/none"]) == 2
    assert "none: no such folder" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["label", "size", "mask", "photo", "empty", "weights", "result", "study"])
def test_bad_input_is_named_before_anything_is_trained(
    wrong: str, photos: Path, weights: str, results: Path, tiny_checkpoint: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(trainings, "train", lambda *_, **__: pytest.fail("trained"))
    data = tmp_path / "data"
    shutil.copytree(photos, data)
    voc, brought = data / "VOCdevkit/VOC2012", tmp_path / "brought"
    shutil.copytree(results, brought)
    mask, lists = voc / "SegmentationClass/rocket.png", voc / "ImageSets/Segmentation"
    setting = Setting(data, tmp_path / "out", weights=weights)
    if wrong == "label":
        Image.new("L", (200, 160), 21).save(mask)
    elif wrong == "size":
        Image.new("L", (160, 200), 1).save(mask)
    elif wrong == "mask":
        mask.unlink()
    elif wrong == "photo":
        (voc / "JPEGImages/rocket.jpg").unlink()
    elif wrong == "empty":
        (lists / "val.txt").write_text("")
    elif wrong == "weights":
        setting = replace(setting, weights=str(tiny_checkpoint))
    elif wrong == "result":
        (brought / "rocket.png").unlink()
        setting = replace(setting, systems=(("zhang", brought),))
    else:
        setting = replace(setting, study=tmp_path / "none.sqlite")
    expected = {
        "label": r"rocket\.png: label 21 is no class; use 0\.\.20",
        "size": r"rocket\.png: is 160 x 200, its photo \S+rocket\.jpg 200 x 160",
        "mask": r"rocket\.png: listed, but missing",
        "photo": r"rocket\.jpg: listed, but missing",
        "empty": r"val\.txt: the list is empty",
        "weights": "give weights trained on the photos' classes",
        "result": r"has no picture of \S+rocket\.jpg; add rocket\.png",
        "study": r"none\.sqlite: no such study",
    }
    with pytest.raises(ChromanticError, match=expected[wrong]):
        experiments.run(["all"], setting)
    assert not setting.output.exists()


def test_what_cannot_be_done_is_refused_before_work(setting: Setting, tmp_path: Path) -> None:
    with pytest.raises(ChromanticError, match="fig99: no such experiment; give all or some of flows"):
        experiments.run(["flows", "fig99"], setting)
    with pytest.raises(ChromanticError, match="VOC"):
        experiments.run(["flows"], Setting(tmp_path, setting.output))
    assert not setting.output.exists()


def test_a_report_shows_tables_and_pictures(setting: Setting) -> None:
    table = TextTable(("method", "PSNR"), [("ours", "1.0"), ("paper", "2.0")])
    path = setting.output / "picture.png"
    report = write_report([Section("Title", "How.", ["Before.", table], {"A picture": path})], setting).read_text()
    assert "| method | PSNR |\n| --- | --- |\n| ours | 1.0 |\n| paper | 2.0 |" in report
    assert "![A picture](picture.png)" in report
    assert "Reduced" not in report
