from pathlib import Path

import pytest

from chromantic.data.collections.coco import coco_examples
from chromantic.errors import ChromanticError


def test_reads_the_list(coco: Path) -> None:
    (example,) = coco_examples(coco)
    assert example.name == "COCO/000000000009"
    assert example.labels == coco / "voc_labels" / "000000000009.png"


def test_missing_label_map_is_named(coco: Path) -> None:
    (coco / "voc_labels" / "000000000009.png").unlink()
    with pytest.raises(ChromanticError, match=r"voc_labels/000000000009\.png: listed, but missing"):
        coco_examples(coco)


def test_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(ChromanticError, match=r"voc_labels\.txt: no such list"):
        coco_examples(tmp_path)
