import errno
import json
import os
import pickle
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chromantic import __version__
from chromantic.cli import main


def opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image


@pytest.fixture
def photo(tmp_path) -> Path:
    """A grey photo in a folder of its own, with noise that JPEG cannot compress away."""
    folder = tmp_path / "photos"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (40, 48), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "dog.jpg")
    return folder / "dog.jpg"


def files_under(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


# Colorizing


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


def test_the_expected_colours_are_one_picture_without_likelihood(photo, tiny_weights, capsys):
    assert run("colorize", photo, "--json", "--model", tiny_weights) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["path"] == str(photo.parent / "dog.color.png")
    assert record["seed"] is record["sample"] is record["log_likelihood"] is None


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


def gigapixel_png() -> bytes:
    def chunk(content: bytes) -> bytes:
        return struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))

    header = b"IHDR" + struct.pack(">IIBBBBB", 40_000, 25_001, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(header) + chunk(b"IDAT" + zlib.compress(b""))


# Photos that fail: a line for each at the end, exit code 1, the others done


@pytest.fixture
def unreadable(photo) -> dict[Path, str]:
    """Files beside the photo that cannot be colorized, and words of why."""
    folder = photo.parent
    (folder / "a text.jpg").write_text("Dear photo,\nI am a letter.\n")
    (folder / "truncated.jpg").write_bytes(photo.read_bytes()[:900])
    (folder / "empty.jpg").touch()
    (folder / "giant.png").write_bytes(gigapixel_png())
    return {
        folder / "a text.jpg": "not a picture",
        folder / "empty.jpg": "is empty",
        folder / "giant.png": "more than 1 gigapixel",
        folder / "truncated.jpg": "truncated",
    }


def errors_in(text: str) -> list[str]:
    lines = text.splitlines()
    assert all(line.startswith("chromantic: ") for line in lines), text
    return [line.removeprefix("chromantic: ") for line in lines]


def assert_all_named(errors: list[str], unreadable: dict[Path, str]) -> None:
    assert len(errors) == len(unreadable)
    for file, words in unreadable.items():
        (error,) = [error for error in errors if error.startswith(f"{file}: ")]
        assert words in error


def test_dates_are_kept_where_asked(photo, tiny_weights, tmp_path, capsys):
    os.utime(photo, (1_000_000_000, 1_100_000_000))
    assert run("colorize", photo, "--keep-dates", "--segmentation", "--model", tiny_weights) == 0
    for kind in ("color", "segmentation"):
        assert (photo.parent / f"dog.{kind}.png").stat().st_mtime == 1_100_000_000
    assert run("colorize", photo, "--model", tiny_weights) == 0
    assert (photo.parent / "dog.color.png").stat().st_mtime > 1_100_000_000
    folder = tmp_path / "in"
    folder.mkdir()
    photo.rename(folder / "dog.jpg")
    assert run("archive", folder, tmp_path / "out", "--keep-dates", "--model", tiny_weights) == 0
    assert (tmp_path / "out" / "dog.jpg.png").stat().st_mtime == 1_100_000_000
    assert run("colorize", "-", "--keep-dates") == 2
    assert "--keep-dates: standard input and output have no dates" in capsys.readouterr().err


def test_a_bad_photo_in_a_folder_never_ends_the_others(photo, unreadable, tiny_weights, capsys):
    assert run("colorize", photo.parent, "--model", tiny_weights) == 1
    captured = capsys.readouterr()
    assert captured.out == f"{photo}: wrote {photo.parent / 'dog.color.png'}\n"
    assert_all_named(errors_in(captured.err), unreadable)
    assert [file.name for file in photo.parent.glob("*.color.png")] == ["dog.color.png"]


def test_paths_that_are_not_there_never_end_the_others(photo, tiny_weights, tmp_path, capsys):
    (tmp_path / "folder").mkdir()
    arguments = [tmp_path / "gone.jpg", photo, tmp_path / "folder", "--model", tiny_weights]
    assert run("colorize", *arguments) == 1
    assert_all_named(
        errors_in(capsys.readouterr().err), {tmp_path / "gone.jpg": "no such file", tmp_path / "folder": "no photos"}
    )
    assert (photo.parent / "dog.color.png").exists()


def test_a_fault_of_the_program_is_one_line_and_where_it_is_for_those_who_ask(photo, tiny_weights, capsys, monkeypatch):
    from chromantic.colorizer import Colorizer

    Image.open(photo).save(photo.with_name("fox.jpg"))
    right = Colorizer.colorize

    def wrong(colorizer, source, *arguments):
        if source.source.name == "dog.jpg":
            raise RecursionError("maximum recursion depth\nexceeded")
        return right(colorizer, source, *arguments)

    monkeypatch.setattr(Colorizer, "colorize", wrong)
    assert run("colorize", photo.parent, "--model", tiny_weights) == 1
    (error,) = errors_in(capsys.readouterr().err)
    assert error == f"{photo}: unexpected RecursionError (maximum recursion depth exceeded); please report it"
    assert (photo.parent / "fox.color.png").exists()
    assert run("colorize", photo.parent, "--debug", "--model", tiny_weights) == 1
    traceback = capsys.readouterr().err
    assert f'File "{__file__}"' in traceback
    assert traceback.endswith(f"chromantic: {error}\n")


def test_a_full_disk_ends_the_command(photo, tiny_weights, capsys, monkeypatch):
    def fill(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("chromantic.photo.write._encode", fill)
    assert f"{photo}: the disk is full; make room" in refused(
        capsys, photo.parent, "colorize", photo, "--model", tiny_weights
    )


def test_results_never_meet_each_other_or_a_photo(photo, tiny_weights, capsys):
    twin, result = photo.with_suffix(".png"), photo.parent / "dog.color.png"
    Image.open(photo).save(twin)
    assert run("colorize", photo, twin, "--model", tiny_weights) == 1
    assert errors_in(capsys.readouterr().err) == [f"{twin}: would write {result}, as {photo} does; rename one of them"]
    before = result.read_bytes()
    assert run("colorize", photo, result, "--model", tiny_weights) == 1
    assert "would write over the photo" in capsys.readouterr().err
    assert result.read_bytes() == before


def test_a_sheet_shows_the_photos_that_can_be_read(photo, unreadable, tiny_weights, tmp_path, capsys):
    output = tmp_path / "sheet.png"
    arguments = ["--samples", 1, "--output", output, "--model", tiny_weights]
    assert run("sheet", photo.parent, *arguments) == 1
    assert_all_named(errors_in(capsys.readouterr().err), unreadable)
    assert opened(output).height < 2 * 80
    output.unlink()
    assert run("sheet", *unreadable, *arguments) == 1
    assert_all_named(errors_in(capsys.readouterr().err), unreadable)
    assert not output.exists()


# Standard input and output


def piped(*arguments: object, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "chromantic", "colorize", *map(str, arguments)]
    return subprocess.run(command, input=data, capture_output=True, check=False)


def test_a_photo_goes_through_a_pipe(photo, tiny_weights):
    model = ["--model", tiny_weights]
    assert run("colorize", photo, *model) == 0
    result = (photo.parent / "dog.color.png").read_bytes()
    process = piped("-", *model, data=photo.read_bytes())
    assert (process.returncode, process.stdout, process.stderr) == (0, result, b"")
    process = piped(photo, "--output", "-", *model)
    assert (process.returncode, process.stdout, process.stderr) == (0, result, b"")
    output = photo.parent / "new"
    process = piped("-", "--output", output, *model, data=photo.read_bytes())
    assert process.stdout.decode() == f"standard input: wrote {output / 'stdin.color.png'}\n"
    assert (output / "stdin.color.png").read_bytes() == result
    process = piped("-", *model, data=photo.read_bytes()[:900])
    assert (process.returncode, process.stdout) == (1, b"")
    assert process.stderr.startswith(b"chromantic: standard input: damaged or truncated")


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


# Bad input: one line that names the file, exit code 2, nothing written


def refused(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: object) -> str:
    before = files_under(folder)
    assert run(*arguments) == 2
    assert files_under(folder) == before
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("chromantic: ")
    assert captured.err.count("\n") == 1
    return captured.err


@pytest.mark.parametrize(("name", "words"), [("missing.jpg", "no such file"), ("folder", "no photos")])
def test_what_is_no_photo_is_refused_where_it_is_alone(tmp_path, capsys, name, words):
    (tmp_path / "folder").mkdir()
    error = refused(capsys, tmp_path, "colorize", tmp_path / name)
    assert str(tmp_path / name) in error
    assert words in error


def test_bad_weights_are_refused(photo, tiny_weights, tmp_path, capsys):
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    with safe_open(tiny_weights, framework="pt") as file:
        metadata = file.metadata()
    tensors = load_file(tiny_weights)
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
    monkeypatch.setattr("chromantic.model.pretrained.load", lambda *_: pytest.fail("weights were loaded"))
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
    from chromantic.model import pretrained
    from chromantic.model.config import preset
    from chromantic.model.network import Chromantic

    weights = tmp_path / "purple.safetensors"
    pretrained.save(Chromantic(preset("tiny", ("background",), flow="purple")), weights, {})
    assert str(weights) in refused(capsys, tmp_path, "colorize", photo, "--segmentation", "--model", weights)
    assert run("colorize", photo, "--model", weights) == 0


# The other commands


def test_a_contact_sheet(photo, tiny_weights, tmp_path, capsys):
    output = tmp_path / "new" / "sheet.png"
    assert run("sheet", photo, "--samples", 1, "--output", output, "--model", tiny_weights) == 0
    assert capsys.readouterr().out.startswith(f"{output} (in ")
    assert opened(output).width > 4 * 48
    assert str(photo) in refused(capsys, tmp_path, "sheet", photo, "--output", photo, "--model", tiny_weights)


def test_preparing_training_and_evaluating_say_what_is_wrong(tmp_path, capsys):
    pytest.importorskip("torchmetrics", reason="no torchmetrics; pip install '.[dev]'")
    nowhere = tmp_path / "nowhere"
    cache = tmp_path / "cache.safetensors"
    assert str(nowhere) in refused(capsys, tmp_path, "prepare", "--folder", nowhere, "--output", cache)
    assert str(nowhere) in refused(capsys, tmp_path, "train", nowhere, "--run", tmp_path / "run")
    assert str(nowhere) in refused(capsys, tmp_path, "evaluate", "--voc", nowhere)


def test_colour_photos_are_prepared_and_evaluated(photos_root, tiny_weights, tmp_path, capsys):
    cache, report = tmp_path / "cache.safetensors", tmp_path / "report.json"
    folder = tmp_path / "photos"
    folder.mkdir()
    for file in sorted((photos_root / "full_resolution").glob("*.jpg"))[:2]:
        (folder / file.name).symlink_to(file)
    assert run("prepare", "--folder", folder, "--output", cache) == 0
    assert capsys.readouterr().out.startswith("2 photos")
    options = ["--train", cache, "--samples", 1, "--output", report, "--model", tiny_weights]
    assert run("evaluate", "--folder", folder, *options) == 0
    assert "bits_per_dimension" in capsys.readouterr().out
    assert json.loads(report.read_text())["samples"] == 1


def test_only_missing_packages_of_the_extra_are_named(monkeypatch, tmp_path, capsys):
    pytest.importorskip("accelerate", reason="no accelerate; pip install '.[dev]'")
    (tmp_path / "experiment.toml").write_text('[data]\ntrain = "train.safetensors"\n')
    command = ["train", tmp_path / "experiment.toml", tmp_path / "run"]
    for module in [name for name in sys.modules if name.startswith("chromantic.training.")]:
        monkeypatch.delitem(sys.modules, module)
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "accelerate", None)
        assert "pip install '.[train]'" in refused(capsys, tmp_path, *command)
    monkeypatch.setitem(sys.modules, "chromantic.training.log", None)
    with pytest.raises(ModuleNotFoundError):
        run(*command)


def test_an_interruption_exits_130(monkeypatch, photo, tiny_weights):
    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("chromantic.engine.sample_chroma", interrupt)
    assert run("colorize", photo, "--candidates", 1, "--model", tiny_weights) == 130
    assert sorted(files_under(photo.parent)) == ["dog.jpg"]


# The program itself


def chromantic(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chromantic", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_help_and_version_answer_at_once():
    seconds = []
    for _ in range(3):
        before = os.times()
        process = chromantic("--help")
        after = os.times()  # the processor's time: the clock's depends on what else the machine does
        seconds.append(after.children_user + after.children_system - before.children_user - before.children_system)
    assert min(seconds) < 0.5
    assert process.returncode == 0
    assert "colorize" in process.stdout
    assert chromantic("--version").stdout.strip() == __version__


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["colorize", "--help"]])
def test_help_and_version_load_no_torch(arguments):
    code = f"import sys; from chromantic.cli import main; main({arguments}); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_a_pipe_that_nobody_reads_ends_the_program_quietly(photo, tiny_weights):
    arguments = ["colorize", photo, "--json", "--model", tiny_weights]
    command = [sys.executable, "-m", "chromantic", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_skipped_files_are_one_line_on_stderr(photo):
    photo.with_name("cat.psd").touch()
    process = chromantic("colorize", photo.parent, "--samples", 1, "--model", "nothing.safetensors")
    skipped, refusal = process.stderr.splitlines()
    assert skipped == f"chromantic: {photo.parent}: files skipped that are no photos: 1"
    assert "nothing.safetensors" in refusal


def test_the_program_exits_with_2_and_one_line(tmp_path):
    process = chromantic("colorize", tmp_path / "missing.jpg")
    assert process.returncode == 2
    assert process.stdout == ""
    assert process.stderr == f"chromantic: {tmp_path / 'missing.jpg'}: no such file or folder; check the path\n"
