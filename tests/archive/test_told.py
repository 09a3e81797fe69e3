"""What an archive tells of its photos, and the XMP files that it carries along."""

import csv
import os
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from outputs import results_of, rows_of
from PIL import Image

from chromantic.archive.manifest import NAME
from chromantic.archive.run import Counts, run
from chromantic.archive.tree import walk
from chromantic.cli import main
from chromantic.options import Options


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


def test_a_warning_tells_of_a_photo_that_is_black_and_white(job, caplog):
    path = job.source / "a.jpg"
    Image.radial_gradient("L").convert("1").save(path, "png")
    run(job, workers=1)
    words = "is pure black and white, where no colour fits; the option descreen smooths it to grey"
    assert f"{path}: {words}" in caplog.messages


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


def test_each_photo_is_a_line_where_there_is_no_terminal(job, caplog):
    assert main(["archive", str(job.source), str(job.target), "--model", job.model]) == 1
    lines = [record.getMessage() for record in caplog.records]
    colorized = [line.rpartition(": colorized in ")[0] for line in lines if ": colorized in " in line]
    assert sorted(colorized) == [f"{job.source / name}" for name in ["a.jpg", "b/c.tif", "b/d/e.png", "b/d/f.webp"]]
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
