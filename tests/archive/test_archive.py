import errno
import json
import os
import sqlite3
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from outputs import RESULTS, results_of, rows_of
from PIL import Image

from chromantic.archive.job import Job
from chromantic.archive.manifest import NAME
from chromantic.archive.run import Counts, run
from chromantic.archive.tree import walk
from chromantic.cli import main
from chromantic.errors import ChromanticError
from chromantic.options import Options
from chromantic.photo import write


def test_a_tree_becomes_a_tree_and_broken_photos_are_recorded(job, caplog):
    before = {path: path.read_bytes() for path in job.source.rglob("*.*") if path.is_file()}
    told: list[tuple[int, int, int]] = []
    assert run(job, workers=2, report=lambda *numbers: told.append(numbers)) == Counts(done=4, failed=1)
    assert sorted(results_of(job)) == RESULTS
    assert told[-1] == (5, 1, 5)
    rows = rows_of(job, "path, status, output, error, length(sha256), options")
    assert [row[:3] for row in rows] == [
        ("a.jpg", "done", "a.jpg.png"),
        ("b/broken.jpg", "failed", None),
        ("b/c.tif", "done", "b/c.tif"),
        ("b/d/e.png", "done", "b/d/e.png"),
        ("b/d/f.webp", "done", "b/d/f.webp"),
    ]
    assert "damaged or truncated" in rows[1][3]
    assert {row[4] for row in rows} == {64}
    assert json.loads(rows[0][5]) == json.loads(json.dumps(asdict(Options())))  # tuples become lists
    assert [record.getMessage() for record in caplog.records if "broken.jpg" in record.getMessage()] == [rows[1][3]]
    assert {path: path.read_bytes() for path in before} == before


def test_what_is_done_is_skipped_and_what_is_new_or_changed_is_redone(job):
    run(job, workers=1)
    first = results_of(job)
    assert run(job, workers=1) == Counts(failed=1, skipped=4)
    os.utime(job.source / "a.jpg")  # another time, the same content
    assert run(job, workers=1) == Counts(failed=1, skipped=4)
    Image.new("L", (30, 30), 77).save(job.source / "a.jpg")
    Image.new("L", (30, 30), 99).save(job.source / "new.png")
    (job.target / "b/c.tif").unlink()
    (job.source / "b/broken.jpg").write_bytes((job.source / "a.jpg").read_bytes())  # mended
    assert run(job, workers=1) == Counts(done=4, skipped=2)
    second = results_of(job)
    assert sorted(second) == sorted([*RESULTS, "b/broken.jpg.png", "new.png"])
    assert second["b/c.tif"] == first["b/c.tif"]
    assert second["a.jpg.png"] != first["a.jpg.png"]


def test_other_options_and_other_weights_colorize_anew(job, tmp_path):
    run(job, workers=1)
    first = results_of(job)
    other = Job(job.source, job.target, job.model, "cpu", Options(seed=1))
    assert run(other, workers=1) == Counts(done=4, failed=1)
    assert all(content != first[name] for name, content in results_of(job).items())
    as_png = Job(job.source, tmp_path / "png", job.model, "cpu", Options(format="png"))
    run(as_png, workers=1)
    assert sorted(results_of(as_png)) == ["a.jpg.png", "b/c.tif.png", "b/d/e.png", "b/d/f.webp.png"]


def test_results_are_those_of_colorize(job, tmp_path):
    run(job, workers=2)
    photo = job.source / "b/c.tif"
    assert main(["colorize", str(photo), "--output", str(tmp_path), "--model", job.model]) == 0
    assert (tmp_path / "c.color.tif").read_bytes() == results_of(job)["b/c.tif"]


def test_the_command_exits_with_1_where_photos_failed(job, capsys):
    command = ["archive", str(job.source), str(job.target), "--model", job.model]
    assert main(command) == 1
    captured = capsys.readouterr()
    assert captured.out.startswith(f"{job.target}: 4 colorized, 0 were done, 1 failed (in ")
    assert captured.out.endswith(f"; why: {job.target / 'manifest.html'}\n")
    (job.source / "b/broken.jpg").unlink()
    assert main(command) == 0
    assert rows_of(job, "count(*)") == [(4,)]  # nothing is told of a failure that is mended


def test_a_result_that_was_changed_since_stays(job):
    run(job, workers=1)
    results = [job.target / name for name in RESULTS]
    for path in results[:2]:
        path.write_bytes(path.read_bytes() + b"a caption")
    again = replace(job, options=Options(seed=1))
    assert run(again, workers=1) == Counts(done=2, failed=3)
    assert all(path.read_bytes().endswith(b"a caption") for path in results[:2])
    assert "was changed since" in rows_of(job, "error")[0][0]
    (job.target / NAME).unlink()
    assert run(job, workers=1) == Counts(done=2, failed=3)  # results are known without the manifest, too


def test_a_result_from_before_seals_is_replaced_unless_it_was_touched(job, monkeypatch):
    monkeypatch.setattr("chromantic.archive.run.is_sealed", lambda path: None)
    run(job, workers=1)
    with sqlite3.connect(job.target / NAME) as manifest:
        manifest.execute("UPDATE photos SET ended = datetime('now', '-1 hour') WHERE path LIKE 'b/d/%'")
    assert run(replace(job, options=Options(seed=1)), workers=1) == Counts(done=2, failed=3)


# Hostile folders and disks


def test_no_input_is_ever_written_over(job, tmp_path):
    for target in (job.source, job.source / "out", tmp_path):
        with pytest.raises(ChromanticError, match="choose another OUT"):
            run(replace(job, target=target))
    job.target.mkdir()
    (job.target / "b").symlink_to(job.source / "b")
    before = (job.source / "b/c.tif").read_bytes()
    assert run(job, workers=1) == Counts(done=1, failed=4)
    assert (job.source / "b/c.tif").read_bytes() == before
    assert not list((job.source / "b").glob("*.png"))


def test_files_that_are_no_results_are_not_replaced(job):
    (job.target / "b").mkdir(parents=True)
    (job.target / "b/c.tif").write_text("mine")
    (job.source / "a.jpg.png").write_bytes((job.source / "b/d/e.png").read_bytes())
    assert run(job, workers=1) == Counts(done=3, failed=3)
    assert (job.target / "b/c.tif").read_text() == "mine"
    errors = {path: error for path, error in rows_of(job, "path, error") if error}
    assert "was changed since, or is no result" in errors["b/c.tif"]
    assert "rename one" in errors["a.jpg"]


def test_strange_names_links_and_folders(job, monkeypatch):
    strange = ["two\nlines.png", "page[1].png", "--help.png", b"\xff\xfe.png"]
    for name in strange:
        os.link(job.source / "b/d/e.png", os.path.join(os.fsencode(job.source), os.fsencode(name)))
    (job.source / "loop").symlink_to(job.source)
    (job.source / "nowhere.png").symlink_to(job.source / "gone")
    (job.source / "linked.png").symlink_to(job.source / "b/d/e.png")
    os.mkfifo(job.source / "pipe.png")
    tree = walk(job.source)
    assert (tree.links, tree.others) == (2, {".png": 1})
    assert run(job, workers=1) == Counts(done=9, failed=1)
    assert {"two\nlines.png", "page[1].png", "\\xff\\xfe.png", "linked.png"} < {
        path for (path,) in rows_of(job, "path")
    }


def test_names_that_are_no_text_are_told_in_one_line_that_can_be_written(job, caplog):
    for name in ("b/broken.jpg", "a.jpg"):
        (job.source / name).rename(job.source / f"\udcff\n{Path(name).name}")
    caplog.set_level("INFO", "chromantic.archive")
    assert run(job, workers=1) == Counts(done=4, failed=1)
    lines = [record.getMessage() for record in caplog.records if "a.jpg" in record.getMessage()]
    lines += [error for (error,) in rows_of(job, "error") if error]
    assert ["/in/\\udcff " in line for line in lines] == [True, True]
    assert not any("\n" in line for line in lines)
    "".join(lines).encode()


def test_a_folder_that_cannot_be_read_is_recorded_until_it_can(job, monkeypatch):
    scan = os.scandir

    def forbid(path):
        if str(path).endswith("/d"):
            raise PermissionError(13, "Permission denied", str(path))  # the superuser may read everything
        return scan(path)

    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", forbid)
        assert run(job, workers=1) == Counts(done=2, failed=2)
    assert ("b/d", "failed") in rows_of(job, "path, status")
    assert run(job, workers=1) == Counts(done=2, failed=1, skipped=2)
    assert ("b/d", "failed") not in rows_of(job, "path, status")


def test_a_full_disk_ends_the_run_and_leaves_nothing_half_written(job, monkeypatch):
    original, calls = write._encode, []

    def fill(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return original(*arguments)

    monkeypatch.setattr(write, "_encode", fill)
    with pytest.raises(ChromanticError, match="the disk is full; make room"):
        run(job, workers=1)
    monkeypatch.undo()
    done = len(results_of(job))  # what was in work was waited for
    assert done in (2, 3)
    assert all("chromantic" not in name for name in results_of(job))
    again = run(job, workers=1)
    assert (again.done + again.skipped, again.failed) == (4, 1)


def test_outputs_keep_their_own_suffix_or_get_one_more():
    named = {"a.JPG": "a.JPG.png", "b.TIFF": "b.TIFF", "c.png": "c.png", "d.webp": "d.webp", "e.jp2": "e.jp2.png"}
    job = Job(Path("in"), Path("out"), "default", "cpu", Options())
    assert {name: str(job.output_of(Path(name))) for name in named} == named
    assert replace(job, options=Options(format="jpeg")).output_of(Path("a.jpeg")) == Path("a.jpeg")


def test_options_that_another_version_wrote_are_understood_or_count_as_others(job):
    """A manifest from before `samples` was an option still tells what is done."""
    run(job, workers=1)
    with closing(sqlite3.connect(job.target / NAME)) as database, database:
        database.execute("UPDATE photos SET options = json_remove(options, '$.samples')")
    assert run(job, workers=1) == Counts(failed=1, skipped=4)
    with closing(sqlite3.connect(job.target / NAME)) as database, database:
        database.execute("UPDATE photos SET options = json_set(options, '$.palette', 'sepia')")
    assert run(job, workers=1) == Counts(done=4, failed=1)
