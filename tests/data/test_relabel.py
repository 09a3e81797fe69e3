"""Labels from people and segmenters: who is heard where, and what is kept of it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from chromantic.data.cache import load_cache
from chromantic.data.classes import CLASS_NAMES, STUFF_NAMES, VOC_AND_STUFF, stuff_class
from chromantic.data.coarse import coarse, voc_logits
from chromantic.data.collect import Collections
from chromantic.data.example import Example
from chromantic.data.prepare import prepare
from chromantic.data.relabel import SPECK, SURE, join_labels
from chromantic.data.verdicts import Verdict, VerdictStore, collect_verdicts, judge
from chromantic.errors import ChromanticError

STUFF_SEGMENTER = ("other", "sky", "person", "sea")
SKY, WATER, DOG = VOC_AND_STUFF.index("sky"), VOC_AND_STUFF.index("water"), CLASS_NAMES.index("dog")


def verdict(classes: np.ndarray, confidence: float = 0.9) -> Verdict:
    return Verdict(classes.astype(np.uint8), np.full(classes.shape, round(confidence * 255), np.uint8))


def stripes(*values: int) -> np.ndarray:
    """Rows of 8 cells, four rows each."""
    return np.repeat(np.array(values), 4)[:, None].repeat(8, axis=1)


def test_stuff_is_named_in_peoples_background_alone() -> None:
    labels = torch.from_numpy(stripes(0, DOG, 255).astype(np.uint8))
    heard = [(verdict(stripes(1, 1, 1)), STUFF_SEGMENTER)]
    joined = join_labels(labels, heard, stuff=True)
    assert joined is not None
    assert joined[::4, 0].tolist() == [SKY, DOG, 255]
    assert torch.equal(join_labels(labels, heard, stuff=False), labels)


def test_nobodys_photos_get_objects_first_and_stuff_around_them() -> None:
    objects = verdict(stripes(0, DOG, 0))
    stuff = verdict(stripes(3, 1, 2))  # sea, sky on the dog, a person
    joined = join_labels(None, [(objects, CLASS_NAMES), (stuff, STUFF_SEGMENTER)], stuff=True)
    assert joined is not None
    assert joined[::4, 0].tolist() == [WATER, DOG, 0]


def test_what_is_unsure_or_a_speck_is_not_believed() -> None:
    unsure = verdict(stripes(DOG, DOG), SURE - 0.1)
    assert join_labels(None, [(unsure, CLASS_NAMES)], stuff=True) is None
    classes = stripes(0, 0)
    classes[2, : SPECK - 1] = DOG
    joined = join_labels(None, [(verdict(classes), CLASS_NAMES)], stuff=True)
    assert joined is not None
    assert joined[2, : SPECK - 1].tolist() == [255] * (SPECK - 1)
    assert DOG not in joined


def test_a_background_label_may_stand_for_any_stuff() -> None:
    assert coarse(CLASS_NAMES).nonzero().flatten().tolist() == [0]
    assert coarse(VOC_AND_STUFF).sum() == 1 + len(STUFF_NAMES)
    assert not coarse(("person", "grass")).any()
    logits = torch.randn(2, len(VOC_AND_STUFF), 3, 3, generator=torch.Generator().manual_seed(0))
    merged = voc_logits(logits, VOC_AND_STUFF)
    shares = logits.softmax(dim=1)
    assert torch.allclose(merged.softmax(dim=1)[:, 0], shares[:, coarse(VOC_AND_STUFF)].sum(1), atol=1e-6)
    assert torch.allclose(merged.softmax(dim=1)[:, DOG], shares[:, DOG], atol=1e-6)
    assert voc_logits(logits[:, :21], CLASS_NAMES) is not None


def test_every_stuff_has_a_name_that_is_not_an_objects() -> None:
    assert not set(STUFF_NAMES) & set(CLASS_NAMES)
    assert [stuff_class(name) for name in ("sky", "sea", "person", "car")] == [SKY, WATER, None, None]


class HalfDog:
    """Sees sky on the left and a dog on the right, and counts how often it is asked."""

    name, classes = "half_dog_0123", CLASS_NAMES

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, rgb: torch.Tensor) -> torch.Tensor:
        self.asked += 1
        logits = torch.zeros(len(rgb), len(CLASS_NAMES), 16, 16)
        logits[:, 0, :, :8] = logits[:, DOG, :, 8:] = 9
        return logits


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    for number in range(3):
        pixels = np.random.default_rng(number).integers(0, 255, (128, 160, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{number}.png")
    return tmp_path / "photos"


def test_prepare_labels_photos_and_goes_on_where_it_stopped(folder: Path, tmp_path: Path) -> None:
    segmenter = HalfDog()
    photos = Collections(folders=(folder,))
    arguments = {"stuff": True, "segmenters": [segmenter], "output": tmp_path / "c.safetensors"}
    packed = prepare(photos, **arguments, label_minutes=0.0)
    assert (packed.labelled, packed.labelled_by) == (0, {segmenter.name: 0})
    packed = prepare(photos, **arguments)
    assert (packed.labelled, packed.labelled_by, segmenter.asked) == (3, {segmenter.name: 3}, 3)
    prepare(photos, **arguments)
    assert segmenter.asked == 3
    cache = load_cache(tmp_path / "c.safetensors")
    assert cache.class_names == VOC_AND_STUFF
    assert cache.labelled_by == {segmenter.name: 3}
    assert set(cache.labels.unique().tolist()) == {0, DOG}


def test_verdicts_are_kept_as_they_were(folder: Path, tmp_path: Path) -> None:
    store, example = VerdictStore(tmp_path / "verdicts", "half_dog_0123"), Example("photos/0", folder / "0.png")
    assert store.read(example) is None
    assert collect_verdicts(HalfDog(), [example], store, None) == 1
    kept, fresh = store.read(example), judge(HalfDog(), example)
    assert kept is not None
    assert np.array_equal(kept.classes, fresh.classes)
    assert np.array_equal(kept.confidence, fresh.confidence)
    (tmp_path / "verdicts" / "half_dog_0123" / "photos" / "0.png").write_bytes(b"no picture")
    with pytest.raises(ChromanticError, match="delete it"):
        store.read(example)
