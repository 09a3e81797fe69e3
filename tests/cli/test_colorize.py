import io
import json
import subprocess
import sys

import numpy as np
import pytest
from commands import errors_in, files_under, opened, refused, run
from PIL import Image


def test_a_photo_is_colorized_beside_itself(photo, tiny_weights, capsys):
    before = photo.read_bytes()
    assert run("colorize", photo, "--model", tiny_weights) == 0
    assert sorted(files_under(photo.parent)) == ["dog.color.png", "dog.jpg"]
    assert opened(photo.parent / "dog.color.png").size == (48, 40)
    assert photo.read_bytes() == before
    assert capsys.readouterr() == (f"{photo}: wrote {photo.parent / 'dog.color.png'}\n", "")


def test_every_kind_of_result_is_written_to_a_new_folder(photo, tiny_weights, tmp_path, capsys):
    output = tmp_path / "new" / "results"
    options = ["--samples", 2, "--segmentation", "--uncertainty", "--seed", 7, "--json", "--model", tiny_weights]
    assert run("colorize", photo.parent, "--output", output, *options) == 0
    names = ["dog.color-1.png", "dog.color-2.png", "dog.segmentation.png", "dog.uncertainty.png"]
    assert sorted(files_under(output)) == names
    assert opened(output / "dog.segmentation.png").mode == "P"
    assert opened(output / "dog.uncertainty.png").mode == "L"
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [record["path"] for record in records] == [str(output / name) for name in names]
    assert [record["sample"] for record in records] == [1, 2, None, None]
    assert {record["seed"] for record in records} == {7}
    assert all(record["model"].startswith(str(tiny_weights)) for record in records)
    assert all(record["log_likelihood"] is None for record in records)
    assert run("colorize", photo, "--candidates", 2, "--json", "--model", tiny_weights) == 0
    assert json.loads(capsys.readouterr().out)["log_likelihood"] < 0  # the generator's


def test_a_warning_tells_of_a_photo_in_colour(tmp_path, tiny_weights, caplog):
    down = Image.linear_gradient("L").resize((40, 40))
    Image.merge("RGB", [down, down.rotate(90), down.rotate(180)]).save(tmp_path / "a.png")
    assert run("colorize", tmp_path / "a.png", "--model", tiny_weights) == 0
    assert caplog.messages == [f"{tmp_path / 'a.png'}: is in colour already, of which only the lightness is used"]


def test_the_expected_colours_are_one_picture_without_likelihood(photo, tiny_weights, capsys):
    assert run("colorize", photo, "--json", "--model", tiny_weights) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["path"] == str(photo.parent / "dog.color.png")
    assert record["seed"] is record["sample"] is record["log_likelihood"] is None
    before = (photo.parent / "dog.color.png").read_bytes()
    assert run("colorize", photo, "--preview", "--model", tiny_weights) == 0
    assert (photo.parent / "dog.color.png").read_bytes() == before


def test_a_second_run_writes_the_same_again_and_reads_no_result(photo, tiny_weights):
    assert run("colorize", photo.parent, "--model", tiny_weights) == 0
    first = files_under(photo.parent)
    assert run("colorize", photo.parent, "--model", tiny_weights) == 0
    assert files_under(photo.parent) == first
    assert run("colorize", photo.parent, "--seed", 1, "--model", tiny_weights) == 0
    assert files_under(photo.parent) != first


@pytest.mark.parametrize("name", ["dog.color.png", "dog.uncertainty.png"])
def test_handwork_is_replaced_only_where_asked(photo, tiny_weights, capsys, name):
    command = ["colorize", photo, "--uncertainty", "--model", tiny_weights]
    assert run(*command) == 0
    capsys.readouterr()
    result = photo.parent / name
    written = files_under(photo.parent)
    result.write_bytes(written[name] + b"a caption")
    changed = files_under(photo.parent)
    assert run(*command, "--seed", 1) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert errors_in(captured.err) == [
        f"{result}: was changed since, or is no result; move it away, or give --overwrite"
    ]
    assert files_under(photo.parent) == changed
    assert run(*command, "--overwrite") == 0
    assert files_under(photo.parent) == written
    capsys.readouterr()
    assert "leave one out" in refused(capsys, photo.parent, *command, "--overwrite", "--skip-existing")


def test_results_that_are_there_are_left_where_asked(photo, tiny_weights, capsys):
    options = ["--skip-existing", "--samples", 2, "--model", tiny_weights]
    Image.open(photo).save(photo.with_name("fox.jpg"))
    (photo.parent / "dog.color-1.png").write_text("mine")
    assert run("colorize", photo.parent, *options) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{photo}: wrote {photo.parent / 'dog.color-2.png'}",
        f"{photo.parent / 'fox.jpg'}: wrote {photo.parent / 'fox.color-1.png'}, {photo.parent / 'fox.color-2.png'}",
    ]
    first = files_under(photo.parent)
    assert run("colorize", photo.parent, *options) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{photo.parent / name}: skipped, its results are there" for name in ("dog.jpg", "fox.jpg")
    ]
    assert files_under(photo.parent) == first
    assert first["dog.color-1.png"] == b"mine"


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "I;16", "RGB"])
def test_every_mode_of_photo_works(tmp_path, tiny_weights, mode):
    levels = np.linspace(0, 255, 40 * 48).reshape(40, 48)
    image = Image.fromarray((levels * 257).astype(np.uint16) if mode == "I;16" else levels.astype(np.uint8))
    (image if mode == "I;16" else image.convert(mode)).save(tmp_path / "photo.png")
    assert run("colorize", tmp_path, "--model", tiny_weights) == 0
    assert opened(tmp_path / "photo.color.png").mode == ("RGBA" if "A" in mode else "RGB")


# Standard input and output


def test_a_photo_goes_through_a_pipe(photo, tiny_weights):
    model = ["--model", tiny_weights]
    assert run("colorize", photo, *model) == 0
    result = (photo.parent / "dog.color.png").read_bytes()
    command = [sys.executable, "-m", "chromantic", "colorize", "-", *map(str, model)]
    process = subprocess.run(command, input=photo.read_bytes(), capture_output=True, check=False)
    assert (process.returncode, process.stdout, process.stderr) == (0, result, b"")


def test_input_and_output_go_through_pipes_alone_too(photo, tiny_weights, monkeypatch, capfdbinary):
    model = ["--model", tiny_weights]
    assert run("colorize", photo, *model) == 0
    result = (photo.parent / "dog.color.png").read_bytes()
    capfdbinary.readouterr()
    assert run("colorize", photo, "--output", "-", *model) == 0
    assert capfdbinary.readouterr() == (result, b"")
    output = photo.parent / "new"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(photo.read_bytes())))
    assert run("colorize", "-", "--output", output, *model) == 0
    said = f"standard input: wrote {output / 'stdin.color.png'}\n"
    assert capfdbinary.readouterr() == (said.encode(), b"")
    assert (output / "stdin.color.png").read_bytes() == result
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(photo.read_bytes()[:900])))
    assert run("colorize", "-", *model) == 1
    said, errors = capfdbinary.readouterr()
    assert said == b""
    assert errors.startswith(b"chromantic: standard input: damaged or truncated")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-", "dog.jpg"], "give it alone"),
        (["-", "--samples", 2], "one result of one photo"),
        (["-", "--uncertainty"], "one result of one photo"),
        (["dog.jpg", "dog.jpg", "--output", "-"], "one result of one photo"),
        ([".", "--output", "-"], "one result of one photo"),
        (["-", "--json"], "leave it out"),
    ],
)
def test_what_does_not_fit_through_a_pipe_is_refused(photo, capsys, monkeypatch, arguments, words):
    monkeypatch.chdir(photo.parent)
    assert words in refused(capsys, photo.parent, "colorize", *arguments)


def test_no_picture_goes_to_a_terminal(photo, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert "is a terminal" in refused(capsys, photo.parent, "colorize", "-")
