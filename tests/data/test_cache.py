import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from chromantic.colour.lab import rgb_to_lab
from chromantic.data.cache import METADATA_KEY, PhotoCache, load_cache
from chromantic.data.classes import CLASS_NAMES, VOID
from chromantic.errors import ChromanticError

RED_LAB = torch.from_numpy(rgb_to_lab(np.float32([220, 30, 30]).reshape(3, 1, 1) / 255)).flatten()
BLUE_LAB = torch.from_numpy(rgb_to_lab(np.float32([40, 80, 200]).reshape(3, 1, 1) / 255)).flatten()


def whole(cache: PhotoCache, photo: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    batch = cache.tensors(torch.tensor([photo]))
    return batch.lightness[0, 0], batch.chroma[0], batch.labels[0]


def test_tells_what_it_holds(cache: PhotoCache) -> None:
    assert cache.names == ("VOC2012/a", "VOC2012/b", "VOC2012/listed", "COCO/000000000009", "album/colour")
    assert cache.class_names == CLASS_NAMES
    assert cache.sources == {"VOC2012 train_aug": 3, "COCO with VOC labels": 1, "folder album": 1}
    assert cache.colourful.tolist() == [True, True, False, True, True]
    assert cache.labelled.tolist() == [True, True, True, True, False]
    assert cache.grids.tolist() == [[32, 42]] * 3 + [[50, 32]] + [[32, 42]]


@pytest.mark.parametrize(("photo", "label"), [(0, 1), (1, 12), (3, 15)])
def test_round_trip(cache: PhotoCache, photo: int, label: int) -> None:
    lightness, chroma, labels = whole(cache, photo)
    inside = labels == label
    assert inside.nonzero().aminmax(dim=0).min.tolist() == [10, 14]
    assert inside.nonzero().aminmax(dim=0).max.tolist() == [17, 25]
    assert torch.allclose(chroma[:, inside].mean(1), RED_LAB[1:], atol=2)
    assert torch.allclose(chroma[:, ~inside].mean(1), BLUE_LAB[1:], atol=2)
    pixels = inside.repeat_interleave(4, 0).repeat_interleave(4, 1)
    assert lightness[pixels].mean() == pytest.approx(RED_LAB[0].item(), abs=1)
    assert lightness[~pixels].mean() == pytest.approx(BLUE_LAB[0].item(), abs=1)
    assert (labels[-1] == VOID).all()


def test_unlabelled_photos_are_void(cache: PhotoCache) -> None:
    assert (whole(cache, 4)[2] == VOID).all()


def test_chroma_of_colourful_photos(cache: PhotoCache) -> None:
    expected = torch.cat([whole(cache, photo)[1].flatten(1) for photo in (0, 1, 3, 4)], dim=1)
    assert torch.equal(cache.colourful_chroma, expected)


def test_batches_move_between_devices(cache: PhotoCache) -> None:
    batch = cache.tensors(torch.tensor([0, 1])).to("meta")
    assert batch.lightness.device == batch.labels.device == torch.device("meta")


def test_photos_of_several_sizes_make_no_batch(cache: PhotoCache) -> None:
    with pytest.raises(ChromanticError, match="squash"):
        cache.tensors(torch.tensor([0, 3]))


def test_rare_classes_weigh_more(cache: PhotoCache) -> None:
    # Class 12 is in two photos, classes 1 and 15 in one each.
    assert cache.sampling_weights(1.0).tolist() == [2, 1, 1, 2, 1]
    assert cache.sampling_weights(0.5)[0].item() == pytest.approx(2**0.5)
    assert cache.sampling_weights(0.0).tolist() == [1] * 5


def test_foreign_and_damaged_files_are_named(cache: PhotoCache, tmp_path: Path) -> None:
    path = tmp_path / "train.safetensors"
    tensors, content = load_file(path), path.read_bytes()
    other = tmp_path / "other.safetensors"

    def refused(message: str) -> None:
        with pytest.raises(ChromanticError, match=rf"other\.safetensors: {message}"):
            load_cache(other)

    refused("no such cache")
    for damaged in (b"", b"text", content[:1000], content[:-1000]):
        other.write_bytes(damaged)
        refused("damaged, or not")
    save_file(tensors, other)
    refused("is not a photo cache")
    save_file(tensors, other, {METADATA_KEY: json.dumps({"version": 99})})
    refused("a cache of version 99")
    about = {"version": 1, "class_names": [], "sources": {}, "names": ["only one"]}
    save_file(tensors, other, {METADATA_KEY: json.dumps(about)})
    refused("damaged, or not")


def test_sources_are_drawn_in_the_shares_asked_for(cache: PhotoCache) -> None:
    first, *others = cache.sources
    shares = {first: 0.9} | {name: 0.1 / len(others) for name in others}
    weights = cache.sampling_weights(source_shares=shares)
    assert weights[: cache.sources[first]].sum().item() == pytest.approx(0.9)
    assert weights.sum().item() == pytest.approx(0.9 + 0.1 * bool(others))
    with pytest.raises(ChromanticError, match="no source of this cache"):
        cache.sampling_weights(source_shares={"elsewhere": 1.0})
