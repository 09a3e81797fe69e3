from pathlib import Path

import pytest
from PIL import Image

from chromantic.data.collect import Collections, collect
from chromantic.errors import ChromanticError


def test_collections_are_named_and_folders_of_one_name_joined(
    devkit: Path, coco: Path, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere" / "album"
    other.mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(other / "more.png")
    found = collect(Collections(voc=devkit, coco=coco, folders=(folder, other)), "val")
    names = {name: [example.name for example in examples] for name, examples in found.items()}
    assert names == {
        "VOC2012 val": ["VOC2012/c"],
        "COCO with VOC labels": ["COCO/000000000009"],
        "folder album": ["album/attic/grey", "album/colour", "album/more"],
    }


def test_nothing_to_read_is_refused() -> None:
    with pytest.raises(ChromanticError, match=r"name the folder of a collection \(voc, coco, cocostuff, folders\)"):
        collect(Collections(), "val")
