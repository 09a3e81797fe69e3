from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import savemat

from chromantic.cli import main
from chromantic.data.cache import load_cache
from chromantic.data.classes import VOID
from chromantic.data.collect import Collections
from chromantic.data.collections.cocostuff import CLASS_NAMES, cocostuff_examples
from chromantic.data.images import read_labels
from chromantic.data.prepare import prepare
from chromantic.errors import ChromanticError

NAME = "COCO_train2014_000000000077"
SIZE = (128, 168)
SQUARE = (slice(40, 72), slice(56, 104))


def write_photo(path: Path) -> None:
    """A red rectangle on blue."""
    pixels = np.full((*SIZE, 3), (40, 80, 200), np.uint8)
    pixels[SQUARE] = (220, 30, 30)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, quality=98, subsampling=0)


def label_map(ground: int, square: int, unlabelled: int) -> np.ndarray:
    labels = np.full(SIZE, ground, np.uint8)
    labels[SQUARE] = square
    labels[-4:] = unlabelled
    return labels


@pytest.fixture
def cocostuff10k(tmp_path: Path) -> Path:
    """COCO-Stuff 10K v1.1; train holds one photo whose rectangle is `wood` on `person`, above unlabelled rows.

    The map is as its authors saved theirs: numbers of double precision, names in a cell array, compressed.
    """
    root = tmp_path / "cocostuff-10k-v1.1"
    (root / "imageLists").mkdir(parents=True)
    (root / "annotations").mkdir()
    for split, names in {"all": NAME, "train": NAME, "test": ""}.items():
        (root / "imageLists" / f"{split}.txt").write_text(f"{names}\n")
    write_photo(root / "images" / f"{NAME}.jpg")
    content = {"S": label_map(1, 182, 0).astype(float), "names": np.array([["a name"]] * 182, object)}
    savemat(root / "annotations" / f"{NAME}.mat", content, do_compression=True)
    return root


@pytest.fixture
def stuffthings(tmp_path: Path) -> Path:
    """COCO-Stuff's dataset folder; train2017 holds one photo with the same labels as a stuff-thing map."""
    root = tmp_path / "dataset"
    write_photo(root / "images" / "train2017" / "000000000009.jpg")
    (root / "annotations" / "train2017").mkdir(parents=True)
    Image.fromarray(label_map(0, 181, 255)).save(root / "annotations" / "train2017" / "000000000009.png")
    (root / "images" / "val2017").mkdir()
    return root


def test_the_classes_stand_where_coco_stuff_counts_them() -> None:
    published = {
        1: "person",
        12: "street sign",
        26: "hat",
        91: "hair brush",
        92: "banner",
        157: "sky-other",
        182: "wood",
    }
    assert {number: CLASS_NAMES[number - 1] for number in published} == published
    assert len({*CLASS_NAMES}) == 182


@pytest.mark.parametrize("layout", ["mat", "map beside the 10K list", "stuff-thing map"])
def test_every_layout_gives_the_same_labels(cocostuff10k: Path, stuffthings: Path, layout: str) -> None:
    root, split = (stuffthings, "train2017") if layout == "stuff-thing map" else (cocostuff10k, "train")
    if layout == "map beside the 10K list":
        (root / "annotations" / f"{NAME}.mat").unlink()
        (stuffthings / "annotations/train2017/000000000009.png").rename(root / "annotations" / f"{NAME}.png")
    (example,) = cocostuff_examples(root, split)
    assert example.class_names == CLASS_NAMES
    assert example.name == f"COCO-Stuff/{example.photo.stem}"
    assert example.labels
    expected = label_map(CLASS_NAMES.index("person"), CLASS_NAMES.index("wood"), VOID)
    labels = read_labels(example.labels)
    assert labels.dtype == np.uint8
    assert np.array_equal(labels, expected)


def test_a_mat_of_bytes_reads_as_one_of_doubles(tmp_path: Path) -> None:
    for number_type in (np.uint8, np.uint16, np.float64):
        savemat(tmp_path / "map.mat", {"S": np.array([[0, 1, 182]], number_type)})
        assert read_labels(tmp_path / "map.mat").tolist() == [[VOID, 0, 181]]


def test_packs_182_classes_none_of_them_a_background(cocostuff10k: Path, tmp_path: Path) -> None:
    packed = prepare(Collections(cocostuff=cocostuff10k), split="train", output=tmp_path / "cache.safetensors")
    assert (packed.photos, packed.labelled) == (1, 1)
    cache = load_cache(tmp_path / "cache.safetensors")
    assert cache.class_names == CLASS_NAMES
    assert cache.sources == {"COCO-Stuff train": 1}
    cells = cache.labels.view(32, 42)
    assert cells[10:18, 14:26].unique().tolist() == [181]
    assert cells[-1].unique().tolist() == [VOID]
    assert set(cells.unique().tolist()) == {0, 181, VOID}


def test_the_command_packs_it(cocostuff10k: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["prepare", "--cocostuff", str(cocostuff10k), "--output", str(tmp_path / "cache.safetensors")]
    assert main([*command, "--split", "train"]) == 0
    assert capsys.readouterr().out.startswith("1 photos (1 labelled")
    assert main([*command, "--split", "test"]) == 2
    assert "test.txt: the list is empty" in capsys.readouterr().err


def test_a_first_class_that_is_no_background_counts_as_rare(tmp_path: Path, cocostuff10k: Path) -> None:
    for name, label in {"0": 1, "1": 2, "2": 2}.items():
        write_photo(cocostuff10k / "images" / f"{name}.jpg")
        savemat(cocostuff10k / "annotations" / f"{name}.mat", {"S": np.full(SIZE, label)})
    (cocostuff10k / "imageLists/train.txt").write_text("0\n1\n2\n")
    prepare(Collections(cocostuff=cocostuff10k), split="train", output=tmp_path / "cache.safetensors")
    weights = load_cache(tmp_path / "cache.safetensors").sampling_weights(1.0)
    torch.testing.assert_close(weights, torch.tensor([2.0, 1.0, 1.0]))


def test_a_folder_may_have_classes_of_its_own(stuffthings: Path, tmp_path: Path) -> None:
    (stuffthings / "labels.txt").write_text("0: unlabeled\n1: sky\n2: old tree\n")
    (example,) = cocostuff_examples(stuffthings, "train2017")
    assert example.class_names == ("sky", "old tree")
    with pytest.raises(ChromanticError, match=r"000000000009\.png: label 181 is no class; use 0\.\.1, or 255 for void"):
        prepare(Collections(cocostuff=stuffthings), split="train2017", output=tmp_path / "cache.safetensors")


@pytest.mark.parametrize("lines", ["1 sky", "1: sky\n1: sea", "1: sky\n3: sea", "1: sky\n2: sky", "0: unlabeled", ""])
def test_a_list_of_classes_that_is_none_is_named(stuffthings: Path, lines: str) -> None:
    (stuffthings / "labels.txt").write_text(lines)
    with pytest.raises(ChromanticError, match=r"labels\.txt"):
        cocostuff_examples(stuffthings, "train2017")


def test_what_is_missing_is_named(cocostuff10k: Path, stuffthings: Path, tmp_path: Path) -> None:
    with pytest.raises(ChromanticError, match=r"val\.txt: no such list.*all, test, train"):
        cocostuff_examples(cocostuff10k, "val")
    with pytest.raises(ChromanticError, match=r"test\.txt: the list is empty"):
        cocostuff_examples(cocostuff10k, "test")
    with pytest.raises(ChromanticError, match=r"train: no such folder of photos \(there: train2017, val2017\)"):
        cocostuff_examples(stuffthings, "train")
    with pytest.raises(ChromanticError, match="val2017: no JPEG photos"):
        cocostuff_examples(stuffthings, "val2017")
    with pytest.raises(ChromanticError, match="neither imageLists nor images"):
        cocostuff_examples(tmp_path, "train")
    (cocostuff10k / "annotations" / f"{NAME}.mat").unlink()
    with pytest.raises(ChromanticError, match=rf"annotations/{NAME}\.png: listed, but missing"):
        cocostuff_examples(cocostuff10k, "train")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"S": np.full(SIZE, 183.0)}, r"label 183 is no class; use 1\.\.182, or 0 for void"),
        ({"S": np.full(SIZE, -1)}, "numbers that are no labels"),
        ({"S": np.full(SIZE, 256)}, "numbers that are no labels"),
        ({"S": np.full(SIZE, 1.5)}, "numbers that are no labels"),
        ({"S": np.full(SIZE, np.nan)}, "numbers that are no labels"),
        ({"S": "sky"}, "holds no label map S"),
        ({"captions": 1}, "holds no label map S"),
        ({"S": np.ones(SIZE), "names": np.array(["a name"] * 172, object)}, r"v1\.0.*give v1\.1"),
        ({"S": np.ones((100, 100))}, r"is 100 x 100, its photo \S+ 168 x 128"),
        (b"", "cannot be read"),
        (b"MATLAB 5.0 MAT-file" + bytes(200), "cannot be read|holds no label map"),
    ],
)
def test_a_mat_that_is_no_label_map_is_named(
    cocostuff10k: Path, tmp_path: Path, content: dict[str, object] | bytes, words: str
) -> None:
    path = cocostuff10k / "annotations" / f"{NAME}.mat"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        savemat(path, content)
    with pytest.raises(ChromanticError, match=rf"{NAME}\.mat: .*({words})"):
        prepare(Collections(cocostuff=cocostuff10k), split="train", output=tmp_path / "cache.safetensors")
    assert not (tmp_path / "cache.safetensors").exists()


def test_two_label_sets_do_not_mix(cocostuff10k: Path, devkit: Path, folder: Path, tmp_path: Path) -> None:
    (devkit / "VOC2012/ImageSets/Segmentation/train.txt").write_text("a\n")
    output = tmp_path / "cache.safetensors"
    with pytest.raises(ChromanticError, match=rf"{NAME}\.mat: its 182 classes are not the 21 of"):
        prepare(Collections(cocostuff=cocostuff10k, voc=devkit), split="train", output=output)
    assert prepare(Collections(cocostuff=cocostuff10k, folders=(folder,)), split="train", output=output).photos == 2
    assert load_cache(output).class_names == CLASS_NAMES


def test_labels_as_colours_are_named(stuffthings: Path, tmp_path: Path) -> None:
    path = stuffthings / "annotations/train2017/000000000009.png"
    Image.open(path).convert("RGB").save(path)
    with pytest.raises(ChromanticError, match=r"000000000009\.png: a label map is a palette or an 8-bit grey PNG"):
        prepare(Collections(cocostuff=stuffthings), split="train2017", output=tmp_path / "cache.safetensors")
