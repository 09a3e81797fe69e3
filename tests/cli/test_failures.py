"""Photos that fail: a line for each at the end, exit code 1, the others done."""

import errno
import os
from pathlib import Path

from commands import errors_in, opened, refused, run
from PIL import Image


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
