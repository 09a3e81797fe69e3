from pathlib import Path

import pytest

from chromantic.data.collections.folder import folder_examples
from chromantic.errors import ChromanticError


def test_finds_photos_in_subfolders(folder: Path) -> None:
    examples = folder_examples(folder)
    assert [example.name for example in examples] == ["album/attic/grey", "album/colour"]
    assert all(example.labels is None for example in examples)


def test_folder_without_photos_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no photo")
    with pytest.raises(ChromanticError, match="no photos in this folder"):
        folder_examples(tmp_path)
    with pytest.raises(ChromanticError, match="nowhere: no such folder"):
        folder_examples(tmp_path / "nowhere")
