"""Hints on the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chromantic.cli import main


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "a.png"
    Image.fromarray(np.random.default_rng(0).integers(80, 180, (60, 80), np.uint8)).save(file)
    return file


def colorize(photo: Path, weights: Path, *flags: str) -> int:
    return main(["colorize", str(photo), "--model", str(weights), *flags])


def test_flags_and_a_file_of_hints_give_the_same(photo, tiny_weights):
    hints = photo.with_suffix(".hints.json")
    hints.write_text(json.dumps({"hints": [{"x": 20, "y": 30, "colour": "#a02020", "radius": 4}], "saturation": 1.5}))
    result = photo.with_suffix(".color.png")
    assert colorize(photo, tiny_weights, "--hint", "20,30=#a02020,4", "--saturation", "1.5") == 0
    by_flags = result.read_bytes()
    assert colorize(photo, tiny_weights, "--hints", str(hints)) == 0
    assert result.read_bytes() == by_flags
    assert colorize(photo, tiny_weights, "--hints", str(hints), "--hint", "70,10=navy", "--saturation", "1") == 0
    assert result.read_bytes() != by_flags
    assert b"20,30=#a02020,4 70,10=navy" in result.read_bytes()


def test_reference_and_like_are_the_same(photo, tiny_weights, tmp_path):
    reference = tmp_path / "reference.jpg"
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (60, 80, 3), np.uint8)).save(reference)
    results = []
    for flag in ("--reference", "--like"):
        assert colorize(photo, tiny_weights, flag, str(reference)) == 0
        results.append(photo.with_suffix(".color.png").read_bytes())
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--hint", "80,1=red"], "outside its 80 x 60"),
        (["--hint", "1,1=blurple"], "is no colour"),
        (["--hint", "red"], "x,y=colour"),
        (["--strokes", "small.png"], "small.png: is 8 x 6; make it 80 x 60"),
        (["--keep", "small.png"], "small.png: is 8 x 6; make it 80 x 60"),
        (["--strokes", "none.png"], "none.png: no such file"),
        (["--reference", "grey.png"], "grey.png: has no colours"),
        (["--reference", "none.png"], "none.png: no such file"),
        (["--hints", "none.json"], "none.json: cannot be read"),
        (["--hints", "many.json"], "many.json: hints: 1000000 are too many"),
        (["--saturation", "2.5"], "saturation"),
        (["--warmth", "x"], "warmth"),
    ],
)
def test_what_cannot_be_is_one_line_and_nothing_is_written(
    photo, tiny_weights, tmp_path, monkeypatch, capsys, flags, message
):
    monkeypatch.chdir(tmp_path)
    Image.new("RGBA", (8, 6), "red").save("small.png")
    Image.new("L", (80, 60), 90).save("grey.png")
    Path("many.json").write_text("[" + ",".join("1" * 10**6) + "]")
    before = sorted(tmp_path.iterdir())
    assert colorize(photo, tiny_weights, *flags) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


def test_one_of_several_photos_that_hints_do_not_fit_leaves_the_others(photo, tiny_weights, tmp_path, capsys):
    small = tmp_path / "b.png"
    Image.new("L", (20, 20), 90).save(small)
    assert main(["colorize", str(photo), str(small), "--hint", "70,50=red", "--model", str(tiny_weights)]) == 1
    assert photo.with_suffix(".color.png").is_file()
    assert "b.png: " in capsys.readouterr().err
    assert not small.with_suffix(".color.png").exists()


def test_an_archive_refuses_what_is_for_one_photo(tmp_path, tiny_weights, capsys):
    (tmp_path / "in").mkdir()
    for flags in (["--hint", "1,1=red"], ["--strokes", "a.png"], ["--keep", "a.png"]):
        assert main(["archive", str(tmp_path / "in"), str(tmp_path / "out"), *flags]) == 2
        assert "for one photo" in capsys.readouterr().err
