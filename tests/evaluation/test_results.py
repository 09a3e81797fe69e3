"""Folders of results and callables: measured as weights are, and refused before work where they do not fit."""

import csv
import json
from pathlib import Path

import pytest
import torch
from PIL import Image, ImageOps

from chromantic.cli import main
from chromantic.data.collect import Collections, collect
from chromantic.data.example import Example
from chromantic.data.shrink import shrink
from chromantic.errors import ChromanticError
from chromantic.evaluation.measures.chroma_error import RMSE
from chromantic.evaluation.measures.colourfulness import RELATIVE_COLOURFULNESS
from chromantic.evaluation.measures.psnr import PSNR
from chromantic.evaluation.measures.ssim import SSIM
from chromantic.evaluation.report import evaluate_results
from chromantic.evaluation.results import evaluate_callable, match_results
from chromantic.evaluation.truth import Truth


@pytest.fixture
def photos(devkit: Path) -> list[Example]:
    return collect(Collections(voc=devkit), "val")["VOC2012 val"]


@pytest.fixture
def grey_results(photos: list[Example], tmp_path: Path) -> Path:
    """The photos without their colours, named in every way that is understood."""
    folder = tmp_path / "system"
    folder.mkdir()
    for example, suffix in zip(photos, (".png", ".color.png", ".jpg"), strict=True):
        with Image.open(example.photo) as image:
            ImageOps.grayscale(image).convert("RGB").save(folder / f"{example.photo.stem}{suffix}")
    return folder


def test_the_photos_themselves_are_perfect_results(photos: list[Example], devkit: Path):
    measures = evaluate_results(devkit / "VOC2012/JPEGImages", {"val": photos}).evaluation.measures
    assert set(measures) == {PSNR, SSIM, RMSE, RELATIVE_COLOURFULNESS}
    assert measures[PSNR]["result"] == float("inf")
    assert measures[SSIM]["result"] == pytest.approx(1)
    assert measures[RMSE]["result"] == 0
    assert measures[RELATIVE_COLOURFULNESS]["result"] == 1


def test_what_is_infinite_is_null_in_json(photos: list[Example], devkit: Path, grey_results: Path, tmp_path: Path):
    def written(folder: Path) -> dict:
        evaluate_results(folder, {"val": photos}).write(tmp_path / "report.json")
        return json.loads((tmp_path / "report.json").read_text(), parse_constant=lambda name: pytest.fail(name))

    perfect = written(devkit / "VOC2012/JPEGImages")
    assert perfect["evaluation"]["measures"][PSNR]["result"] is None
    assert perfect["evaluation"]["measures"][PSNR]["grey"] > 0
    assert "measures is infinite" in perfect["note"]
    assert "note" not in written(grey_results)


def test_another_resize_rule_has_another_name_and_other_values(devkit: Path, grey_results: Path, tmp_path: Path):
    values = {}
    for rule in ("squash128", "crop128"):
        output, csv_file, page = (tmp_path / f"{rule}.{suffix}" for suffix in ("json", "csv", "html"))
        files = ["--output", str(output), "--csv", str(csv_file), "--html", str(page)]
        command = ["evaluate", "--voc", str(devkit), "--results", str(grey_results), "--resize", rule, *files]
        assert main(command) == 0
        values[rule] = json.loads(output.read_text())["evaluation"]["measures"]
        other = "crop128" if rule == "squash128" else "squash128"
        for file in (output, csv_file, page):
            assert f"@{rule}" in file.read_text()
            assert f"@{other}" not in file.read_text()
    squashed, cropped = values.values()
    assert [name.replace("squash128", "crop128") for name in squashed] == list(cropped)
    assert squashed[PSNR] != cropped[PSNR.replace("squash128", "crop128")]


def test_the_photos_themselves_are_perfect_results_of_their_middles(photos: list[Example], devkit: Path):
    folder = devkit / "VOC2012/JPEGImages"
    measures = evaluate_results(folder, {"val": photos}, resize="crop128").evaluation.measures
    assert measures["rmse_ab@crop128"]["result"] == 0


def test_results_without_colours_are_as_good_as_grey(photos: list[Example], grey_results: Path):
    measures = evaluate_results(grey_results, {"val": photos}).evaluation.measures
    for measure, tolerance in ((RMSE, 0.5), (PSNR, 2.5)):  # grey by luma has not quite the photo's lightness
        assert measures[measure]["result"] == pytest.approx(measures[measure]["grey"], abs=tolerance)
    assert measures[RELATIVE_COLOURFULNESS]["result"] < 0.02


def test_squashed_results_are_measured_like_those_of_full_size(photos: list[Example], tmp_path: Path):
    (tmp_path / "squashed").mkdir()
    for example in photos:
        rgb = (shrink(example, squash=True).rgb * 255).round().byte()
        Image.fromarray(rgb.movedim(0, -1).numpy()).save(tmp_path / f"squashed/{example.photo.stem}.png")
    measures = evaluate_results(tmp_path / "squashed", {"val": photos}).evaluation.measures
    assert measures[PSNR]["result"] == float("inf")


def test_the_same_folder_gives_the_same_files(devkit: Path, grey_results: Path, tmp_path: Path, capsys):
    written = []
    for run in ("first", "second"):
        files = {option: tmp_path / f"{run}.{option}" for option in ("output", "csv", "html")}
        files["output"] = files["output"].with_suffix(".json")
        options = [str(part) for option, path in files.items() for part in (f"--{option}", path)]
        assert main(["evaluate", "--voc", str(devkit), "--results", str(grey_results), *options]) == 0
        written.append([path.read_text() for path in files.values()])
    assert PSNR in capsys.readouterr().out
    assert written[0] == written[1]
    values = json.loads(written[0][0])
    assert values["system"] == str(grey_results)
    rows = list(csv.DictReader(written[0][1].splitlines()))
    assert [row["photo"] for row in rows] == ["VOC2012/astronaut", "VOC2012/coffee"]
    mean = sum(float(row[f"{RMSE} result"]) for row in rows) / 2
    assert mean == pytest.approx(values["evaluation"]["measures"][RMSE]["result"])
    page = written[0][2]
    # best, typical, worst and of their class: both photos, original and result
    assert page.count("data:image/png;base64,") == 4 * 2 * 2
    assert "VOC2012/coffee" in page

    with Image.open(grey_results / "astronaut.png") as image:
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(grey_results / "astronaut.png")
    other = tmp_path / "third.json"
    assert main(["evaluate", "--voc", str(devkit), "--results", str(grey_results), "--output", str(other)]) == 0
    assert json.loads(other.read_text())["sha256"] != values["sha256"]


def test_true_chroma_and_true_pictures_from_a_callable(photos: list[Example]):
    truth = Truth.read(photos[:2])
    chroma = evaluate_callable(lambda _: truth.chroma, photos[:2]).measures
    pictures = evaluate_callable(lambda _: truth.rgb / 255, photos[:2]).measures
    assert pictures[RMSE]["result"] == 0
    assert 0 < chroma[RMSE]["result"] < chroma[RMSE]["grey"] / 2
    grey = evaluate_callable(lambda lightness: torch.zeros(len(lightness), 2, 128, 128), photos[:2]).measures
    assert grey[RMSE]["result"] == grey[RMSE]["grey"]


@pytest.mark.parametrize(
    ("returned", "reason"),
    [(torch.zeros(2, 1, 32, 32), "returned shape"), (torch.full((2, 2, 32, 32), torch.nan), "not finite")],
)
def test_a_callable_that_returns_something_else_is_refused(photos: list[Example], returned, reason: str):
    with pytest.raises(ChromanticError, match=reason):
        evaluate_callable(lambda _: returned, photos[:2])


def test_results_that_do_not_fit_are_refused_before_any_measurement(photos, grey_results, monkeypatch):
    monkeypatch.setattr("chromantic.evaluation.results.read_colourful", lambda *_: pytest.fail("measured"))

    def refused(match: str, examples=photos) -> None:
        with pytest.raises(ChromanticError, match=match):
            evaluate_results(grey_results, {"val": examples})

    astronaut = grey_results / "astronaut.png"
    with Image.open(astronaut) as image:
        image.resize((300, 200)).save(astronaut)
    refused(r"astronaut\.png: is 300 x 200, its photo 512 x 512; give it that size, or 128 x 128")
    Image.new("RGBA", (512, 512)).save(astronaut)
    refused(r"astronaut\.png: is transparent")
    astronaut.write_bytes(b"no picture")
    refused(r"astronaut\.png: not a picture")
    astronaut.unlink()
    refused(r"has no picture of .*astronaut\.jpg; add astronaut\.png")
    Image.new("RGB", (512, 512)).save(astronaut)
    Image.new("RGB", (512, 512)).save(grey_results / "stranger.png")
    refused(r"stranger\.png: none of the photos has its name")
    (grey_results / "stranger.png").rename(grey_results / "astronaut.webp")
    refused("has the name of")
    (grey_results / "astronaut.webp").unlink()
    refused("cannot be told apart", [*photos, Example("other/coffee", Path("elsewhere/coffee.png"))])
    with pytest.raises(ChromanticError, match="no such folder"):
        match_results(grey_results / "none", photos)


def test_with_a_limit_more_results_than_photos_are_no_mistake(photos: list[Example], grey_results: Path):
    report = evaluate_results(grey_results, {"val": photos}, limit=1)
    assert report.evaluation.photos == {"all": 1, "labelled": 1, "colourful": 1}
    with pytest.raises(ChromanticError, match="limit 0"):
        evaluate_results(grey_results, {"val": photos}, limit=0)


def test_options_of_weights_do_not_go_with_results(devkit: Path, grey_results: Path, capsys):
    command = ["evaluate", "--voc", str(devkit), "--results", str(grey_results), "--model", "other"]
    assert main(command) == 2
    assert "leave out --model" in capsys.readouterr().err


def test_a_card_tells_of_one_protocol(devkit: Path, tmp_path: Path, capsys):
    command = ["evaluate", "--voc", str(devkit), "--resize", "crop128", "--card", str(tmp_path / "CARD.md")]
    assert main(command) == 2
    assert "leave out --resize" in capsys.readouterr().err
