"""Photos at training size in one file, and in memory as flat buffers from which any crop is one gather.

A photo is a grid of cells, `CELL` x `CELL` pixels each: a cell has `CELL`^2 lightness values, one chroma pair and one
label. The file is a safetensors file with lightness as grey JPEGs (so that it travels) and chroma and labels as they
are; its metadata, one JSON value, holds the format's version, class names, sources and photo names. Nothing is decoded
after loading.
"""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int, Int8, Int64, UInt8
from PIL import Image
from safetensors import SafetensorError, safe_open
from torch import Tensor

from chromantic.colour.lab import LIGHTNESS_MAX, quantize_chroma
from chromantic.data.classes import VOID
from chromantic.data.coarse import coarse
from chromantic.errors import ChromanticError
from chromantic.grid import CELL
from chromantic.model.hints import Hints

FORMAT_VERSION = 1
METADATA_KEY = "chromantic.cache"


@dataclass(frozen=True)
class Batch:
    """Photos of one size.

    Attributes:
        lightness: L in [0, 100].
        chroma: (a, b) on the 1-unit grid, a quarter of the lightness's size.
        labels: Class indices, `VOID` where there is none, of the chroma's size.
        colourful: False for near-grey photos, whose colours are not to be learned from.
        coarse: The classes that a background label may stand for (`chromantic.data.classes`).
        hints: What the network is told of the chroma; None for nothing.
    """

    lightness: Float[Tensor, "batch 1 height width"]
    chroma: Float[Tensor, "batch 2 height/4 width/4"]
    labels: Int64[Tensor, "batch height/4 width/4"]
    colourful: Bool[Tensor, "batch"]
    coarse: Bool[Tensor, "classes"]
    hints: Hints | None = None

    def to(self, device: torch.device | str) -> "Batch":
        """The batch on another device."""
        hints = self.hints and Hints._make(layer.to(device) for layer in self.hints)
        layers = {field.name: getattr(self, field.name).to(device) for field in fields(self) if field.name != "hints"}
        return Batch(**layers, hints=hints)

    def halved(self) -> "Batch":
        """The photos at half their size, without hints. Of four labels one is kept: the mean of classes is no class."""
        return Batch(
            F.avg_pool2d(self.lightness, 2),
            quantize_chroma(F.avg_pool2d(self.chroma, 2)),
            self.labels[:, 1::2, 1::2],
            self.colourful,
            self.coarse,
        )


@dataclass(frozen=True)
class PhotoCache:
    """A cache in memory.

    Attributes:
        names: The photos' names.
        class_names: The labels' classes.
        sources: Name and number of photos of every collection in it, which follow each other.
        labelled_by: Names of segmenters that labelled photos, and how many they were asked of.
        grids: Rows and columns of cells of every photo.
        starts: Every photo's first cell; times `CELL`^2, its first pixel.
        lightness: L, 0..255 for 0..100, photo after photo, row by row.
        chroma: (a, b) on the 1-unit grid, the mean over every cell.
        labels: The commonest class of every cell, or `VOID`.
        colourful: False for near-grey photos.
        labelled: False for photos without labels, which are all void.
    """

    names: tuple[str, ...]
    class_names: tuple[str, ...]
    sources: dict[str, int]
    labelled_by: dict[str, int]
    grids: Int64[Tensor, "photos 2"]
    starts: Int64[Tensor, "photos"]
    lightness: UInt8[Tensor, "pixels"]
    chroma: Int8[Tensor, "2 cells"]
    labels: UInt8[Tensor, "cells"]
    colourful: Bool[Tensor, "photos"]
    labelled: Bool[Tensor, "photos"]

    def __len__(self) -> int:
        return len(self.names)

    @property
    def colourful_chroma(self) -> Float[Tensor, "2 cells"]:
        """The chroma of all cells of the colourful photos."""
        return self.chroma[:, self.colourful.repeat_interleave(self.grids.prod(dim=1))].float()

    def to(self, device: torch.device | str) -> "PhotoCache":
        """The cache with its photos on another device, where crops are then made too."""
        return replace(
            self, lightness=self.lightness.to(device), chroma=self.chroma.to(device), labels=self.labels.to(device)
        )

    def crop(
        self,
        photos: Int64[Tensor, "batch"],
        windows: Float[Tensor, "batch 4"],
        size: tuple[int, int],
        mirrored: Bool[Tensor, "batch"],
    ) -> Batch:
        """Windows of photos, brought to one size: lightness, chroma and labels from the same place.

        A window of that size at whole cells is taken as it is; others are interpolated, their labels from the nearest
        cell.

        Args:
            photos: Indices of photos.
            windows: Top, left, height and width of every window, in cells; it lies inside its photo.
            size: Rows and columns of the crops, in cells.
            mirrored: Crops to be flipped left to right.
        """
        device = self.lightness.device
        starts, grids, windows = self.starts[photos].to(device), self.grids[photos].to(device), windows.to(device)

        def coordinates(axis: int, scale: int) -> Float[Tensor, "batch length"]:
            places = torch.arange(size[axis] * scale, device=device).expand(len(photos), -1)
            if axis == 1:
                places = torch.where(mirrored.to(device)[:, None], places.flip(1), places)
            first, stretch = windows[:, axis, None] * scale, windows[:, 2 + axis, None] / size[axis]
            furthest = (grids[:, axis, None] * scale - 1).float()
            return (first + (places + 0.5) * stretch - 0.5).clamp(min=0.0).minimum(furthest)

        def interpolated(layer: Tensor, scale: int) -> Float[Tensor, "*layers batch rows columns"]:
            def values(rows: Tensor, columns: Tensor) -> Tensor:
                first, width = starts * scale**2, grids[:, 1] * scale
                return layer[..., (first[:, None] + rows * width[:, None])[:, :, None] + columns[:, None, :]].float()

            (top, bottom, down), (left, right, across) = (_neighbours(coordinates(axis, scale)) for axis in (0, 1))
            down, across = down[:, :, None], across[:, None, :]
            above = values(top, left).lerp(values(top, right), across)
            return above.lerp(values(bottom, left).lerp(values(bottom, right), across), down)

        rows, columns = (coordinates(axis, 1).round().long() for axis in (0, 1))
        cells = (starts[:, None] + rows * grids[:, 1, None])[:, :, None] + columns[:, None, :]
        return Batch(
            lightness=interpolated(self.lightness, CELL)[:, None] * (LIGHTNESS_MAX / 255),
            chroma=quantize_chroma(interpolated(self.chroma, 1)).transpose(0, 1),
            labels=self.labels[cells].long(),
            colourful=self.colourful[photos].to(device),
            coarse=coarse(self.class_names).to(device),
        )

    def tensors(self, photos: Int64[Tensor, "batch"]) -> Batch:
        """Whole photos, as they are; for caches packed with `squash`.

        Raises:
            ChromanticError: The photos differ in size.
        """
        grids = self.grids[photos]
        if len(grids.unique(dim=0)) != 1:
            raise ChromanticError(
                f"{self.names[int(photos[0])]}: its batch has photos of several sizes; pack with squash"
            )
        rows, columns = grids[0].tolist()
        whole = torch.cat([torch.zeros_like(grids), grids], dim=1).float()
        return self.crop(photos, whole, (rows, columns), torch.zeros(len(photos), dtype=torch.bool))

    def sampling_weights(
        self, rare_class_power: float = 0.5, source_shares: Mapping[str, float] | None = None
    ) -> Float[Tensor, "photos"]:
        """How often to draw every photo, relative to an unlabelled one.

        A labelled photo's weight is (photos of the commonest class / photos of its rarest class) ** rare_class_power,
        a background left out: 1 where it holds only the commonest class, and for all photos at power 0.

        Args:
            rare_class_power: The power.
            source_shares: How often to draw from each source in all, whatever its size; None leaves that to the sizes.

        Raises:
            ChromanticError: A share is of a source that is not there.
        """
        present = torch.zeros(len(self), VOID + 1, dtype=torch.bool)
        for photo, labels in enumerate(self.labels.split(self.grids.prod(1).tolist())):
            present[photo, labels.long()] = True
        first = 1 if self.class_names[0] == "background" else 0
        objects = present[:, first : len(self.class_names)]
        counts = objects.sum(0).clamp(min=1).float()
        rarity = (counts.max() / counts) ** rare_class_power
        weights = torch.where(objects, rarity, 1.0).amax(1)
        if not source_shares:
            return weights
        if strange := set(source_shares) - set(self.sources):
            raise ChromanticError(f"{min(strange)}: no source of this cache, which has {', '.join(self.sources)}")
        parts = zip(self.sources, weights.split(list(self.sources.values())), strict=True)
        return torch.cat([source_shares.get(name, 0.0) * part / part.sum() for name, part in parts])


def _neighbours(coordinates: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The whole places before and after each, and the share of the second."""
    before = coordinates.floor()
    return before.long(), coordinates.ceil().long(), coordinates - before


def load_cache(path: Path) -> PhotoCache:
    """Reads a cache and decodes its lightness.

    Raises:
        ChromanticError: The file is missing, damaged, no cache, or of another version.
    """
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {}).get(METADATA_KEY, "null"))
            if about is None:
                raise ChromanticError(f"{path}: is not a photo cache; make one with `chromantic prepare`")
            if about["version"] != FORMAT_VERSION:
                raise ChromanticError(
                    f"{path}: a cache of version {about['version']}, {FORMAT_VERSION} is needed; prepare it again"
                )
            return _unpack(about, file.get_tensor)
    except FileNotFoundError as error:
        raise ChromanticError(f"{path}: no such cache; make it with `chromantic prepare`") from error
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ChromanticError(f"{path}: damaged, or not a photo cache ({error}); prepare it again") from error


def _unpack(about: dict[str, Any], tensor: Callable[[str], Tensor]) -> PhotoCache:
    grids, labelled = tensor("grids").long(), tensor("labelled")
    cells = grids.prod(1)
    labels = torch.full((int(cells.sum()),), VOID, dtype=torch.uint8)
    labels[labelled.repeat_interleave(cells)] = tensor("labels")
    chroma = tensor("chroma")
    if not len(about["names"]) == len(grids) == len(labelled) or chroma.shape != (2, len(labels)):
        raise ValueError("its tables differ in length")
    return PhotoCache(
        names=tuple(about["names"]),
        class_names=tuple(about["class_names"]),
        sources=about["sources"],
        labelled_by=about.get("labelled_by", {}),
        grids=grids,
        starts=cells.cumsum(0) - cells,
        lightness=_decode_lightness(tensor("lightness_jpegs"), tensor("lightness_jpeg_lengths"), grids),
        chroma=chroma,
        labels=labels,
        colourful=tensor("colourful"),
        labelled=labelled,
    )


def _decode_lightness(
    jpegs: UInt8[Tensor, "bytes"], lengths: Int[Tensor, "photos"], grids: Int64[Tensor, "photos 2"]
) -> UInt8[Tensor, "pixels"]:
    encoded = jpegs.numpy().data
    lightness = np.empty(int(grids.prod(1).sum()) * CELL**2, dtype=np.uint8)
    start, first = 0, 0
    for length, (rows, columns) in zip(lengths.tolist(), grids.tolist(), strict=True):
        pixels = np.asarray(Image.open(io.BytesIO(encoded[start : start + length])))
        if pixels.shape != (rows * CELL, columns * CELL):
            raise ValueError("a photo has another size than its grid")
        lightness[first : first + pixels.size] = pixels.reshape(-1)
        start, first = start + length, first + pixels.size
    return torch.from_numpy(lightness)
