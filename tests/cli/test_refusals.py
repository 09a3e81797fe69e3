"""Bad input: one line that names the file, exit code 2, nothing written."""

import pickle
from pathlib import Path

import pytest
from commands import files_under, refused, run


@pytest.mark.parametrize(("name", "words"), [("missing.jpg", "no such file"), ("folder", "no photos")])
def test_what_is_no_photo_is_refused_where_it_is_alone(tmp_path, capsys, name, words):
    (tmp_path / "folder").mkdir()
    error = refused(capsys, tmp_path, "colorize", tmp_path / name)
    assert str(tmp_path / name) in error
    assert words in error


def test_bad_weights_are_refused(photo, tiny_checkpoint, tmp_path, capsys):
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    with safe_open(tiny_checkpoint, framework="pt") as file:
        metadata = file.metadata()
    tensors = load_file(tiny_checkpoint)
    name = next(iter(tensors))
    save_file(tensors | {name: tensors[name][:1].clone()}, tmp_path / "shape.safetensors", metadata)
    save_file({key: value for key, value in tensors.items() if key != name}, tmp_path / "part.safetensors", metadata)
    save_file(tensors, tmp_path / "foreign.safetensors")
    (tmp_path / "pickled.safetensors").write_bytes(pickle.dumps({"weights": [1, 2, 3]}))
    for weights in ["shape", "part", "foreign", "pickled", "missing"]:
        path = tmp_path / f"{weights}.safetensors"
        assert str(path) in refused(capsys, tmp_path, "colorize", photo, "--model", path)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--samples", 0], "samples 0"),
        (["--preview", "--seed", 1], "--preview: draws nothing"),
        (["--samples", "many"], "many"),
        (["--samples", "1.5"], "--samples: 1.5 is no whole number"),
        (["--seed", "1.7"], "--seed: 1.7 is no whole number"),
        (["--temperature", -1], "temperature -1"),
        (["--temperature", "nan"], "temperature nan"),
        (["--seed", -5], "seed -5"),
        (["--candidates", 0], "candidates 0"),
        (["--colour"], "--colour"),
    ],
)
def test_bad_options_are_refused(photo, tiny_weights, capsys, arguments, words):
    assert words in refused(capsys, photo.parent, "colorize", photo, *arguments, "--model", tiny_weights)


def test_an_unreadable_folder_is_refused(photo, capsys, monkeypatch):
    def forbid(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", forbid)  # the superuser may read everything
    assert refused(capsys, photo, "colorize", photo.parent) == f"chromantic: {photo.parent}: Permission denied\n"


def test_a_name_keeps_its_spaces(tmp_path, capsys):
    assert f"{tmp_path}/two  spaces.jpg: " in refused(capsys, tmp_path, "colorize", tmp_path / "two  spaces.jpg")
    assert f"{tmp_path}/two lines.jpg: " in refused(capsys, tmp_path, "colorize", tmp_path / "two\nlines.jpg")


def test_missing_photos_and_unknown_commands_are_refused(tmp_path, capsys):
    assert "PHOTO" in refused(capsys, tmp_path, "colorize")
    assert "paint" in refused(capsys, tmp_path, "paint")


def test_where_nothing_can_be_written_is_found_before_any_work(photo, tiny_weights, tmp_path, capsys, monkeypatch):
    pytest.importorskip("torchmetrics", reason="no torchmetrics; pip install '.[dev]'")
    for load in ("chromantic.model.pretrained.load", "chromantic.engine.Engine.from_pretrained"):
        monkeypatch.setattr(load, lambda *_: pytest.fail("weights were loaded"))
    inside_a_file = photo / "new"
    error = refused(capsys, tmp_path, "colorize", photo, "--output", inside_a_file, "--model", tiny_weights)
    assert f"{inside_a_file}/dog.color.png: cannot be written" in error
    for command, name in (("sheet", "sheet.png"), ("evaluate", "report.json")):
        photos = [photo] if command == "sheet" else ["--folder", photo.parent]
        options = ["--output", inside_a_file / name, "--model", tiny_weights]
        assert f"{inside_a_file / name}: cannot be written" in refused(capsys, tmp_path, command, *photos, *options)
    (tmp_path / "experiment.toml").write_text('[data]\ntrain = "train.safetensors"\n')
    assert f"{photo}/" in refused(capsys, tmp_path, "train", tmp_path / "experiment.toml", photo)


def test_outputs_are_named_for_what_they_are_and_replace_no_input(photo, tmp_path, capsys):
    pytest.importorskip("torchmetrics", reason="no torchmetrics; pip install '.[dev]'")
    for name in ("sheet.xyz", "sheet"):
        assert ".png" in refused(capsys, tmp_path, "sheet", photo, "--output", tmp_path / name)
    evaluate = ["evaluate", "--folder", photo.parent, "--output"]
    assert ".json" in refused(capsys, tmp_path, *evaluate, photo)
    used = tmp_path / "used.json"
    used.touch()
    for option in ("--model", "--train"):
        assert "overwritten" in refused(capsys, tmp_path, *evaluate, used, option, used)
    assert "--limit: 2.5" in refused(capsys, tmp_path, "evaluate", "--limit", 2.5)


def test_the_longest_names_work(photo, tiny_weights):
    name = "n" * 245
    photo.rename(photo.with_name(name))
    assert run("colorize", photo.with_name(name), "--model", tiny_weights) == 0
    assert sorted(files_under(photo.parent)) == [name, f"{name}.color.png"]


def test_segmentation_needs_weights_that_segment(photo, tmp_path, capsys):
    pytest.importorskip("torch", reason="no torch; pip install '.[dev]'")
    from chromantic.model import pretrained
    from chromantic.model.config import preset
    from chromantic.model.network import Chromantic

    weights = tmp_path / "purple.safetensors"
    pretrained.save(Chromantic(preset("tiny", ("background",), flow="purple")), weights, {})
    assert str(weights) in refused(capsys, tmp_path, "colorize", photo, "--segmentation", "--model", weights)
    assert run("colorize", photo, "--model", weights) == 0
