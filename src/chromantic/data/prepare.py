"""Packs collections of photos into one cache file."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int8, UInt8
from PIL import Image
from safetensors.torch import save
from torch import Tensor

from chromantic.colour import lab
from chromantic.data.cache import FORMAT_VERSION, METADATA_KEY
from chromantic.data.classes import CLASS_NAMES, VOC_AND_STUFF
from chromantic.data.collect import Collections, collect
from chromantic.data.example import Example
from chromantic.data.labels import check_labels, class_names_of
from chromantic.data.relabel import join_labels
from chromantic.data.shrink import shrink
from chromantic.data.verdicts import Segmenter, VerdictStore, collect_verdicts
from chromantic.errors import ChromanticError
from chromantic.files import check_writable, write_whole
from chromantic.progress import track

_JPEG_QUALITY = 92


@dataclass(frozen=True)
class Packed:
    """What a preparation wrote.

    Attributes:
        photos: Photos in the cache.
        labelled: Those with labels.
        near_grey: Those kept for their labels alone.
        dropped: Near-grey photos without labels, which are not in the cache.
        bytes: The file's size.
        labelled_by: Photos that each segmenter was heard on.
    """

    photos: int
    labelled: int
    near_grey: int
    dropped: int
    bytes: int
    labelled_by: dict[str, int]

    def __str__(self) -> str:
        return (
            f"{self.photos} photos ({self.labelled} labelled, {self.near_grey} near-grey), "
            f"{self.dropped} near-grey dropped, {self.bytes / 2**20:.1f} MiB"
            + "".join(f"\n{count} photos seen by {name}" for name, count in self.labelled_by.items())
        )


@dataclass(frozen=True)
class _PackedPhoto:
    jpeg: bytes
    chroma: Int8[Tensor, "2 rows columns"]
    labels: UInt8[Tensor, "rows columns"] | None
    colourful: bool


def prepare(
    collections: Collections,
    *,
    output: Path,
    split: str = "train_aug",
    squash: bool = False,
    stuff: bool = False,
    segmenters: Sequence[Segmenter] = (),
    label_minutes: float | None = None,
) -> Packed:
    """Packs any mix of collections into one cache file, the same bytes for the same photos.

    Near-grey photos keep their labels but are marked not colourful; without labels they are dropped.

    Args:
        collections: Where the photos are.
        output: The `.safetensors` file to write; it appears whole or not at all.
        split: The list of photos to take from collections that have several.
        stuff: Tell stuff apart, too: VOC's classes and those of `stuff.toml`.
        segmenters: Of colour photos, whose labels are taken where they are sure and people gave none (`relabel`).
            Their verdicts are kept in a folder beside the output, and not asked for again.
        label_minutes: Stop asking each segmenter after this time; photos that it has not seen stay as they are.
        squash: Make every photo 128 x 128 (the paper's protocol, `squash128`) instead of keeping its aspect.

    Raises:
        ChromanticError: There is nothing to pack, a file is missing or unreadable, or a label is no class. Or the
            collections have different classes, or the output cannot be written.
    """
    if output.suffix != ".safetensors":
        raise ChromanticError(f"{output}: a cache is named *.safetensors; rename the output")
    check_writable(output)
    sources = collect(collections, split)
    examples = [example for source in sources.values() for example in source]
    class_names = class_names_of(examples)
    if (stuff or segmenters) and class_names != CLASS_NAMES:
        raise ChromanticError("segmenters and stuff add to PASCAL VOC's classes; take collections of those")
    check_labels(examples)
    stores = _label(examples, segmenters, output.with_suffix(".labels"), label_minutes)
    photos = {example: _pack_photo(example, squash, stores, stuff) for example in track(examples, "Packing photos")}
    kept = {example: photo for example, photo in photos.items() if photo.colourful or example.labels is not None}
    if not kept:
        raise ChromanticError(f"{examples[0].photo.parent}: all photos are near-grey; name a folder of colour photos")
    counts = {name: sum(example in kept for example in source) for name, source in sources.items()}
    labelled_by = {store.segmenter: sum(example in store for example in kept) for store, _ in stores}
    about = {
        "version": FORMAT_VERSION,
        "class_names": VOC_AND_STUFF if stuff else class_names,
        "sources": counts,
        "labelled_by": labelled_by,
        "names": [example.name for example in kept],
    }
    _write(list(kept.values()), about, output)
    return Packed(
        photos=len(kept),
        labelled=sum(photo.labels is not None for photo in kept.values()),
        near_grey=sum(not photo.colourful for photo in kept.values()),
        dropped=len(photos) - len(kept),
        bytes=output.stat().st_size,
        labelled_by=labelled_by,
    )


def _label(
    examples: list[Example], segmenters: Sequence[Segmenter], folder: Path, minutes: float | None
) -> list[tuple[VerdictStore, tuple[str, ...]]]:
    """Asks the segmenters; a segmenter of VOC's classes has no say on photos that people labelled."""
    stores = []
    for segmenter in segmenters:
        store = VerdictStore(folder, segmenter.name)
        of_voc = segmenter.classes == CLASS_NAMES
        open_to_it = [example for example in examples if example.labels is None or not of_voc]
        collect_verdicts(segmenter, open_to_it, store, minutes)
        stores.append((store, segmenter.classes))
    return stores


def _pack_photo(
    example: Example, squash: bool, stores: list[tuple[VerdictStore, tuple[str, ...]]], stuff: bool
) -> _PackedPhoto:
    photo = shrink(example, squash)
    heard = [(verdict, classes) for store, classes in stores if (verdict := store.read(example)) is not None]
    labels = join_labels(photo.labels, heard, stuff=stuff)
    return _PackedPhoto(_encode(photo.lightness[0]), photo.chroma.to(torch.int8), labels, photo.colourful)


def _encode(lightness: Float[Tensor, "height width"]) -> bytes:
    """L in [0, 100] as a grey JPEG."""
    levels = (lightness * (255 / lab.LIGHTNESS_MAX)).round().clamp(0, 255).to(torch.uint8)
    buffer = io.BytesIO()
    Image.fromarray(levels.numpy()).save(buffer, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    return buffer.getvalue()


def _write(
    photos: list[_PackedPhoto],
    about: dict[str, object],
    output: Path,
) -> None:
    labels = [photo.labels.flatten() for photo in photos if photo.labels is not None]
    tensors = {
        "lightness_jpegs": torch.from_numpy(np.frombuffer(b"".join(photo.jpeg for photo in photos), np.uint8).copy()),
        "lightness_jpeg_lengths": torch.tensor([len(photo.jpeg) for photo in photos], dtype=torch.int32),
        "grids": torch.tensor([photo.chroma.shape[1:] for photo in photos], dtype=torch.int32),
        "chroma": torch.cat([photo.chroma.flatten(1) for photo in photos], dim=1),
        "labels": torch.cat(labels) if labels else torch.empty(0, dtype=torch.uint8),
        "labelled": torch.tensor([photo.labels is not None for photo in photos]),
        "colourful": torch.tensor([photo.colourful for photo in photos]),
    }
    metadata = {METADATA_KEY: json.dumps(about)}  # one key, because safetensors writes several in any order
    with write_whole(output) as partial:
        partial.write_bytes(save(tensors, metadata))
