"""Packs collections of photos into one cache file."""

import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int8, UInt8
from PIL import Image
from rich.console import Console
from rich.progress import track
from safetensors.torch import save
from torch import Tensor

from chromantic import lab
from chromantic.data.cache import FORMAT_VERSION, METADATA_KEY
from chromantic.data.collect import collect
from chromantic.data.example import Example
from chromantic.data.labels import check_labels, class_names_of
from chromantic.data.shrink import shrink
from chromantic.errors import ChromanticError
from chromantic.files import check_writable, write_whole

_JPEG_QUALITY = 92


@dataclass(frozen=True)
class Packed:
    """What a preparation wrote.

    Attributes:
        photos: photos in the cache.
        labelled: those with labels.
        near_grey: those kept for their labels alone.
        dropped: near-grey photos without labels, which are not in the cache.
        bytes: the file's size.
    """

    photos: int
    labelled: int
    near_grey: int
    dropped: int
    bytes: int

    def __str__(self) -> str:
        return (
            f"{self.photos} photos ({self.labelled} labelled, {self.near_grey} near-grey), "
            f"{self.dropped} near-grey dropped, {self.bytes / 2**20:.1f} MiB"
        )


@dataclass(frozen=True)
class _PackedPhoto:
    jpeg: bytes
    chroma: Int8[Tensor, "2 rows columns"]
    labels: UInt8[Tensor, "rows columns"] | None
    colourful: bool


def prepare(
    *,
    output: Path,
    voc: Path | None = None,
    split: str = "train_aug",
    coco: Path | None = None,
    cocostuff: Path | None = None,
    folders: Sequence[Path] = (),
    squash: bool = False,
) -> Packed:
    """Packs any mix of collections into one cache file, the same bytes for the same photos.

    Near-grey photos keep their labels but are marked not colourful; without labels they are dropped.

    Args:
        output: the `.safetensors` file to write; it appears whole or not at all.
        voc: a VOCdevkit or VOC2012 folder.
        split: the list of VOC or COCO-Stuff photos to take.
        coco: a folder of COCO photos with VOC labels.
        cocostuff: a folder of COCO-Stuff, whose classes do not mix with VOC's.
        folders: folders of unlabelled colour photos.
        squash: make every photo 128 x 128 (the paper's protocol, `squash128`) instead of keeping its aspect.

    Raises:
        ChromanticError: nothing to pack, a file is missing or unreadable, a label is no class, the collections have
            different classes, or the output cannot be written.
    """
    if output.suffix != ".safetensors":
        raise ChromanticError(f"{output}: a cache is named *.safetensors; rename the output")
    check_writable(output)
    sources = collect(voc=voc, split=split, coco=coco, cocostuff=cocostuff, folders=folders)
    examples = [example for source in sources.values() for example in source]
    class_names = class_names_of(examples)
    check_labels(examples)
    photos = {example: _pack_photo(example, squash) for example in _progress(examples)}
    kept = {example: photo for example, photo in photos.items() if photo.colourful or photo.labels is not None}
    if not kept:
        raise ChromanticError(f"{examples[0].photo.parent}: all photos are near-grey; name a folder of colour photos")
    counts = {name: sum(example in kept for example in source) for name, source in sources.items()}
    _write(list(kept), list(kept.values()), class_names, counts, output)
    return Packed(
        photos=len(kept),
        labelled=sum(photo.labels is not None for photo in kept.values()),
        near_grey=sum(not photo.colourful for photo in kept.values()),
        dropped=len(photos) - len(kept),
        bytes=output.stat().st_size,
    )


def _progress(examples: list[Example]) -> Iterable[Example]:
    console = Console(stderr=True)
    return track(examples, "Packing photos", console=console, disable=not console.is_terminal)


def _pack_photo(example: Example, squash: bool) -> _PackedPhoto:
    photo = shrink(example, squash)
    return _PackedPhoto(_encode(photo.lightness[0]), photo.chroma.to(torch.int8), photo.labels, photo.colourful)


def _encode(lightness: Float[Tensor, "height width"]) -> bytes:
    """L in [0, 100] as a grey JPEG."""
    levels = (lightness * (255 / lab.LIGHTNESS_MAX)).round().clamp(0, 255).to(torch.uint8)
    buffer = io.BytesIO()
    Image.fromarray(levels.numpy()).save(buffer, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    return buffer.getvalue()


def _write(
    examples: list[Example],
    photos: list[_PackedPhoto],
    class_names: tuple[str, ...],
    sources: dict[str, int],
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
    about = {
        "version": FORMAT_VERSION,
        "class_names": class_names,
        "sources": sources,
        "names": [example.name for example in examples],
    }
    metadata = {METADATA_KEY: json.dumps(about)}  # one key, because safetensors writes several in any order
    with write_whole(output) as partial:
        partial.write_bytes(save(tensors, metadata))
