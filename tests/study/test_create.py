import hashlib
import io
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chromantic.errors import ChromanticError
from chromantic.study.create import MAX_SIDE, create_study
from chromantic.study.store import Study


def rows(path: Path) -> list[tuple[str, str, str, str, bytes]]:
    database = sqlite3.connect(path)
    return database.execute("SELECT photo, system, file_sha256, png_sha256, png FROM pictures").fetchall()


def test_a_study_holds_every_photo_by_every_system(study_file: Path, folders: dict[str, Path]) -> None:
    study = Study(study_file)
    assert (study.seed, study.systems) == (5, ["originals", "royer", "chromantic"])
    assert study.photos == ["boat", "cat", "dog", "tree"]
    pictures = {(photo, system): rest for photo, system, *rest in rows(study_file)}
    assert len(pictures) == 12
    for (photo, system), (file_hash, png_hash, png) in pictures.items():
        (file,) = folders[system].glob(f"{photo}.*")
        assert file_hash == hashlib.sha256(file.read_bytes()).hexdigest()
        assert png_hash == hashlib.sha256(png).hexdigest()
        assert np.array_equal(np.array(Image.open(io.BytesIO(png))), np.array(Image.open(file)))


def test_pictures_differ_in_their_colours_alone(folders: dict[str, Path], tmp_path: Path) -> None:
    for folder in folders.values():
        for file in folder.iterdir():
            file.unlink()
    grey16 = Image.fromarray(np.full((900, 1500), 30000, np.uint16))
    grey16.save(folders["originals"] / "a.png")
    Image.new("RGB", (1500, 900), (1, 2, 3)).save(folders["royer"] / "a.jpg", comment="made by royer", dpi=(72, 72))
    create_study(tmp_path / "study.sqlite", folders["originals"], [folders["royer"]])
    for *_, png in rows(tmp_path / "study.sqlite"):
        image = Image.open(io.BytesIO(png))
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", (MAX_SIDE, 614))
        assert image.info == {}


def test_what_would_not_be_a_fair_study_is_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    originals, royer, chromantic = (folders[name] for name in ("originals", "royer", "chromantic"))
    output = tmp_path / "new" / "study.sqlite"

    def refused(*systems: Path, path: Path = output) -> str:
        with pytest.raises(ChromanticError) as caught:
            create_study(path, originals, systems)
        assert not output.parent.exists()
        return str(caught.value)

    assert "name at least one folder" in refused()
    assert "a study is named *.sqlite" in refused(royer, path=tmp_path / "study.db")
    assert "nowhere: no such folder" in refused(tmp_path / "nowhere")
    assert f"{originals}: another folder is named originals" in refused(originals)
    assert "another folder is named royer" in refused(royer, royer)

    Image.new("RGB", (50, 32)).save(royer / "extra.png")
    assert f"{royer}/extra.png: has no original in {originals}" in refused(chromantic, royer)
    (royer / "extra.png").rename(tmp_path / "cat.png")
    (royer / "cat.png").rename(tmp_path / "kept.png")
    assert f"{royer}: has no picture of {originals}/cat.jpg; add cat.png" in refused(chromantic, royer)

    Image.new("RGB", (49, 33)).save(royer / "cat.png")
    assert f"{royer}/cat.png: is 49 x 33, its original 49 x 32; resize it" in refused(royer)
    Image.new("RGBA", (49, 32), (1, 2, 3, 4)).save(royer / "cat.png")
    assert f"{royer}/cat.png: is transparent" in refused(royer)
    (royer / "cat.png").write_bytes(b"no picture")
    assert f"{royer}/cat.png: not a picture" in refused(royer)
    (tmp_path / "kept.png").rename(royer / "cat.png")
    Image.new("RGB", (49, 32)).save(royer / "cat.jpg")
    assert f"{royer}/cat.png: has the name of cat.jpg" in refused(royer)


def test_a_study_is_never_written_over(study_file: Path, folders: dict[str, Path]) -> None:
    before = study_file.read_bytes()
    with pytest.raises(ChromanticError, match="may hold people's answers"):
        create_study(study_file, folders["originals"], [folders["royer"]])
    assert study_file.read_bytes() == before
