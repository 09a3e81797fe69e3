import csv
import errno
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chromantic.archive.job import Job
from chromantic.archive.manifest import MOST_ATTEMPTS, NAME, Manifest, Version, only_run
from chromantic.archive.run import Counts, run
from chromantic.archive.tree import walk
from chromantic.cli import main
from chromantic.errors import ChromanticError
from chromantic.options import Options
from chromantic.photo import write


@pytest.fixture
def job(tmp_path, tiny_weights) -> Job:
    """A tree of four photos and one that is cut short."""
    rng = np.random.default_rng(0)
    for name in ["a.jpg", "b/c.tif", "b/d/e.png", "b/d/f.webp", "b/broken.jpg"]:
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (40, 48), dtype=np.uint8)).convert("RGB").save(path)
    broken = tmp_path / "in/b/broken.jpg"
    broken.write_bytes(broken.read_bytes()[:900])
    return Job(tmp_path / "in", tmp_path / "out", str(tiny_weights), "cpu", Options())


RESULTS = ["a.jpg.png", "b/c.tif", "b/d/e.png", "b/d/f.webp"]


def results_of(job: Job) -> dict[str, bytes]:
    files = [path for path in sorted(job.target.rglob("*")) if path.is_file()]
    ours = [path for path in files if not path.name.startswith((".manifest", "manifest."))]
    return {str(path.relative_to(job.target)): path.read_bytes() for path in ours}


def rows_of(job: Job, columns: str) -> list[tuple]:
    with sqlite3.connect(job.target / "manifest.sqlite") as manifest:
        return manifest.execute(f"SELECT {columns} FROM photos ORDER BY path").fetchall()


# Runs


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
    assert json.loads(rows[0][5]) == asdict(Options())
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


# What is said


def test_what_is_passed_over_is_counted_and_said(job, caplog):
    for name in ["notes.txt", "b/raw.psd", "b/plan.psd", ".hidden.png", "b/.cache/x.png", "a.xmp", "b/c.tif.xmp"]:
        (job.source / name).parent.mkdir(exist_ok=True)
        (job.source / name).touch()
    for name in ["@eaDir", "b/__MACOSX", "b/d/$RECYCLE.BIN", ".thumbnails", "b/#recycle", "b/small"]:
        (job.source / name).mkdir()
        Image.new("L", (8, 8)).save(job.source / name / "thumbnail.png")
    (job.source / "loop").symlink_to(job.source)
    job = replace(job, exclude=("e.*", "b/sm*/", "d/f.webp"))
    assert run(job, workers=1) == Counts(done=3, failed=1)
    words = "other files 3 (.psd 2, .txt 1), hidden 2, links 1, excluded 7"
    assert f"{job.source}: passed over: {words}" in [record.getMessage() for record in caplog.records]
    assert walk(job.source, job.exclude).sidecars == 2
    page = (job.target / "manifest.html").read_text()
    assert "<th>Passed over: other files</th><td>3 (.psd 2, .txt 1)</td>" in page


def test_a_table_and_a_page_tell_of_each_photo(job):
    bad = job.source / "<b>bad & worse.png"
    bad.write_text("no picture")
    run(job, workers=1)
    with (job.target / "manifest.csv").open(newline="") as file:
        rows = {row["path"]: row for row in csv.DictReader(file)}
    assert {path: row["status"] for path, row in rows.items()} == dict(rows_of(job, "path, status"))
    assert rows["b/c.tif"]["output"] == "b/c.tif"
    assert "not a picture" in rows[bad.name]["error"]
    page = (job.target / "manifest.html").read_text()
    assert "&lt;b&gt;bad &amp; worse.png</td>" in page
    assert "<b>" not in page
    assert "<th>Colorized</th><td>4</td>" in page
    assert "<th>Failed</th><td>2</td>" in page


def test_the_queries_of_the_guide_have_answers(job):
    guide = Path(__file__).parents[2] / "docs/guides/archive.md"
    queries = re.findall(r"^SELECT .*;$", guide.read_text(), re.MULTILINE)
    Image.open(job.source / "b/d/e.png").save(job.source / "b/twin.png")
    (job.source / "a").mkdir()
    (job.source / "a.jpg").rename(job.source / "a/b.jpg")
    run(job, workers=1)
    answers = {}
    with closing(sqlite3.connect(job.target / NAME)) as manifest:
        for query in queries:
            answers[query] = manifest.execute(query).fetchall()
    assert len(answers) == 6
    assert all(answers.values())
    twins = [("b/d/e.png = b/twin.png",)], [("b/twin.png = b/d/e.png",)]
    assert any(answer in twins for answer in answers.values())


def test_each_photo_is_a_line_where_there_is_no_terminal(job):
    command = [sys.executable, "-m", "chromantic", "archive", job.source, job.target, "--model", job.model]
    process = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    lines = process.stderr.splitlines()
    colorized = [line.rpartition(": colorized in ")[0] for line in lines if ": colorized in " in line]
    assert sorted(colorized) == [
        f"chromantic: {job.source / name}" for name in ["a.jpg", "b/c.tif", "b/d/e.png", "b/d/f.webp"]
    ]
    assert [line for line in lines if "broken.jpg" in line and "damaged" in line]
    assert len(lines) == 5


def test_files_that_cannot_be_opened_are_told_in_plain_words(job, monkeypatch):
    def forbid(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("chromantic.archive.job.sha256", forbid)  # the superuser may read everything
    assert run(job, workers=1) == Counts(failed=5)
    words = "cannot be used (Permission denied); check its permissions and its disk"
    assert rows_of(job, "error")[0] == (f"{job.source / 'a.jpg'}: {words}",)


def test_a_watched_folder_that_cannot_be_read_is_told_of_once(job, monkeypatch):
    scan, looks = os.scandir, []

    def forbid(path):
        if str(path).endswith("/d"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    def sleep(_):
        looks.append(rows_of(job, "path, status"))
        if len(looks) == 3:
            raise KeyboardInterrupt

    told = []
    monkeypatch.setattr("chromantic.archive.run.SETTLED_SECONDS", 0)
    monkeypatch.setattr("chromantic.archive.run.time.sleep", sleep)
    monkeypatch.setattr(os, "scandir", forbid)
    with pytest.raises(KeyboardInterrupt):
        run(job, workers=1, watch=1.0, report=lambda *numbers: told.append(numbers))
    assert told[-1] == (4, 2, 4)
    assert all(("b/d", "failed") in look for look in looks)


# XMP files beside photos


XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
xmp:Label="Großmutter" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>"""


def test_sidecars_are_carried_along_as_they_hold_for_the_result(job):
    for name in ("a.xmp", "a.jpg.xmp", "b/c.tif.xmp", "b/d/e.xmp", "b/d/other.xmp"):
        (job.source / name).write_text(XMP)
    (job.source / "b/d/f.xmp").write_text("broken")
    run(job, workers=1)
    carried = {name: content for name, content in results_of(job).items() if name.endswith(".xmp")}
    assert sorted(carried) == ["a.jpg.png.xmp", "a.jpg.xmp", "b/c.tif.xmp", "b/d/e.xmp", "b/d/f.xmp"]
    assert carried.pop("b/d/f.xmp") == b"broken"
    for content in carried.values():
        assert "Großmutter".encode() in content
        assert b"algorithmicallyEnhanced" in content
        assert b"Orientation" not in content
    (job.target / "b/d/e.xmp").write_text("rated since")
    (job.source / "b/c.tif.xmp").write_text(XMP.replace("mutter", "vater"))
    run(replace(job, options=Options(seed=1)), workers=1)
    assert (job.target / "b/d/e.xmp").read_text() == "rated since"
    assert "Großvater" in (job.target / "b/c.tif.xmp").read_text()


# Interruptions


@pytest.mark.slow
def test_runs_killed_at_any_moment_go_on(job):
    rng = np.random.default_rng(1)
    for number in range(40):
        noise = rng.integers(0, 256, (300, 300), dtype=np.uint8)
        Image.fromarray(noise).save(job.source / f"b/{number:02d}.png")
    command = [sys.executable, "-m", "chromantic", "archive", job.source, job.target, "--model", job.model]
    finished = 0
    for _ in range(3):
        process = subprocess.Popen([*map(str, command), "--workers", "2"], stderr=subprocess.DEVNULL)
        while len(results_of(job) if job.target.exists() else []) <= finished and process.poll() is None:
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
        finished = len([name for name in results_of(job) if ".chromantic-" not in name])
    assert finished > 0
    assert main([*map(str, command[3:])]) == 1
    results = results_of(job)
    assert len(results) == 44
    for name in results:
        Image.open(job.target / name).load()
    statuses = [status for (status,) in rows_of(job, "status")]
    assert (statuses.count("done"), statuses.count("failed"), len(statuses)) == (44, 1, 45)


def test_an_interruption_exits_130_and_goes_on(job, monkeypatch):
    original, calls = Job.colorize, []

    def interrupt(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(Job, "colorize", interrupt)
    command = ["archive", str(job.source), str(job.target), "--model", job.model, "--workers", "1"]
    assert main(command) == 130
    assert 0 < len(results_of(job)) < 4
    assert main(command) == 1
    assert sorted(results_of(job)) == RESULTS


def test_a_photo_that_kills_every_run_is_recorded_and_left(job):
    job.target.mkdir()
    manifest = Manifest(job.target)
    manifest.queue({Path("a.jpg"): Version(1, 1)})
    for _ in range(MOST_ATTEMPTS):
        manifest.start(Path("a.jpg"))
    manifest.close()
    assert run(job, workers=1) == Counts(done=3, failed=2)
    assert "4 runs in a row died with it" in rows_of(job, "error")[0][0]


def test_a_second_run_is_refused_while_one_is_at_work(job):
    job.target.mkdir()
    with only_run(job.target), pytest.raises(ChromanticError, match="another run is at work"):
        run(job)


def test_watching_takes_what_arrives(job, monkeypatch):
    monkeypatch.setattr("chromantic.archive.run.SETTLED_SECONDS", 0)
    looks = []

    def sleep(_):
        looks.append(sorted(results_of(job)))
        if len(looks) == 3:
            raise KeyboardInterrupt
        Image.new("L", (20, 20), 50).save(job.source / f"later{len(looks)}.png")

    monkeypatch.setattr("chromantic.archive.run.time.sleep", sleep)
    with pytest.raises(KeyboardInterrupt):
        run(job, workers=1, watch=1.0)
    assert [len(names) for names in looks] == [4, 5, 6]


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
