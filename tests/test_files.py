import os
from pathlib import Path

import pytest

from chromantic.errors import ChromanticError
from chromantic.files import check_writable, sha256, write_whole


@pytest.mark.parametrize("name", ["result.png", "n" * 250 + ".png"])
def test_the_file_and_its_folder_appear_together(tmp_path: Path, name: str):
    path = tmp_path / "new" / name
    with write_whole(path) as partial:
        assert partial.suffix == ".png"
        partial.write_text("new")
        assert not path.exists()
    assert [file.name for file in path.parent.iterdir()] == [name]
    assert path.read_text() == "new"
    plain = tmp_path / "plain"
    plain.touch()
    assert path.stat().st_mode == plain.stat().st_mode


def test_a_failure_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "result.png"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError), write_whole(path) as partial:
        partial.write_text("new" * 10_000 + "\udcff")

    def full_disk(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "replace", full_disk)
    with (
        pytest.raises(ChromanticError, match=r"result\.png: cannot be written \(No space"),
        write_whole(path) as partial,
    ):
        partial.write_text("new")
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


def test_a_folder_that_cannot_be_made_is_named_in_one_line(tmp_path: Path):
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "result.png"
    with (
        pytest.raises(ChromanticError, match=rf"^{path}: cannot be written \(.*\); choose another output$"),
        write_whole(path),
    ):
        pass


def test_where_nothing_can_be_written_is_known_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    check_writable(tmp_path / "new" / "folder" / "result.png")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "result.png", tmp_path / "file" / "new" / "result.png"):
        with pytest.raises(ChromanticError, match=f"^{path}: cannot be written"):
            check_writable(path)
    with pytest.raises(ChromanticError, match=f"^{tmp_path}: is a folder"):
        check_writable(tmp_path)

    def forbid(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", forbid)  # the superuser may write everywhere
    with pytest.raises(ChromanticError, match="Permission denied"):
        check_writable(tmp_path / "result.png")


def test_the_hash_is_that_of_sha256sum(tmp_path: Path):
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
