"""The commands beside colorize, and the program itself."""

import json
import os
import subprocess
import sys

import pytest
from commands import files_under, opened, refused, run

from chromantic import __version__


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


def test_colour_photos_are_prepared_and_evaluated(photos_root, tiny_checkpoint, tmp_path, capsys):
    pytest.importorskip("torchmetrics", reason="no torchmetrics; pip install '.[dev]'")
    cache, report = tmp_path / "cache.safetensors", tmp_path / "report.json"
    folder = tmp_path / "photos"
    folder.mkdir()
    for file in sorted((photos_root / "full_resolution").glob("*.jpg"))[:2]:
        (folder / file.name).symlink_to(file)
    assert run("prepare", "--folder", folder, "--output", cache) == 0
    assert capsys.readouterr().out.startswith("2 photos")
    options = ["--train", cache, "--samples", 1, "--output", report, "--model", tiny_checkpoint]
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


WITHOUT_TORCH = """
import sys
for name in ("torch", "pydantic", "safetensors", "onnx", "accelerate"):
    sys.modules[name] = None
from chromantic.cli import main
for command in {commands}:
    print(main(command), flush=True)
"""


def test_what_needs_torch_says_so_in_a_line(photo, tmp_path):
    folder = str(photo.parent)
    commands = [
        ["prepare", "--folder", folder, "--output", str(tmp_path / "cache.safetensors")],
        ["train", "configs/default.toml", str(tmp_path / "run")],
        ["average", "one", "two", "--output", str(tmp_path / "mean.safetensors")],
        ["evaluate", "--folder", folder],
        ["judge", "segmenter.onnx", "--folder", folder],
        ["reproduce", "all", "--data", folder],
        ["export", "default", str(tmp_path / "exported.chromantic")],
    ]
    program = WITHOUT_TORCH.format(commands=commands)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["2"] * len(commands), done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == len(commands)
    assert all(line.endswith("is not installed; in a clone of Chromantic: pip install '.[train]'") for line in lines)


def test_an_interruption_exits_130(monkeypatch, photo, tiny_weights):
    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("chromantic.sampling.compiled.sampler.sample_fast", interrupt)
    assert run("colorize", photo, "--candidates", 1, "--model", tiny_weights) == 130
    assert sorted(files_under(photo.parent)) == ["dog.jpg"]


# The program itself


def chromantic(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chromantic", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_help_and_version_answer_at_once():
    """Within little more than what the library of command lines takes: seconds depend on what else the machine does."""

    def seconds(*arguments: str) -> float:
        before = os.times()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    assert any(seconds("-m", "chromantic", "--help") < 2.5 * seconds("-c", "import cyclopts") for _ in range(5))
    assert "colorize" in chromantic("--help").stdout
    assert chromantic("--version").stdout.strip() == __version__


def test_help_and_version_load_no_torch():
    calls = "main(['--help']); main(['--version']); main(['colorize', '--help'])"
    code = f"import sys; from chromantic.cli import main; {calls}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_a_pipe_that_nobody_reads_ends_the_program_without_a_word_of_it(photo, tiny_weights):
    photo.with_name("cat.psd").touch()
    arguments = ["colorize", photo.parent, "--json", "--model", tiny_weights]
    command = [sys.executable, "-m", "chromantic", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        skipped = f"chromantic: {photo.parent}: files skipped that are no photos: 1\n"
        assert process.stderr.read() == skipped
    assert process.returncode == 141


def test_the_program_exits_with_2_and_one_line(tmp_path):
    process = chromantic("colorize", tmp_path / "missing.jpg")
    assert process.returncode == 2
    assert process.stdout == ""
    assert process.stderr == f"chromantic: {tmp_path / 'missing.jpg'}: no such file or folder; check the path\n"
