"""Pictures of a training's progress."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from chromantic.colour.lab import lab_to_rgb, to_levels
from chromantic.data.cache import PhotoCache
from chromantic.files import write_whole
from chromantic.grid import CELL, SHORTER_SIDE
from chromantic.model import mixture
from chromantic.model.network import Chromantic
from chromantic.picture_grid import Cell, picture_grid
from chromantic.reference.sampling import sample_chroma
from chromantic.sampling.noise import random

PHOTOS = 12


@torch.no_grad()
def write_pictures(network: Chromantic, photos: PhotoCache, path: Path, seed: int) -> None:
    """One row a photo of a squashed cache, chosen evenly: grey, original, the embedding's mean colours, a sample."""
    chosen = torch.linspace(0, len(photos) - 1, min(PHOTOS, len(photos))).long()
    device = next(network.parameters()).device
    batch = photos.tensors(chosen).to(device)
    scene = network.encode(batch.lightness)
    sample, _ = sample_chroma(network, scene, rng=random(seed))
    columns = {
        "grey": torch.zeros_like(sample),
        "original": batch.chroma,
        "mean colours": mixture.mean(scene.chroma_parameters),
        "sample": sample,
    }
    pictures = [_pictures(batch.lightness, chroma) for chroma in columns.values()]
    rows = [[Cell(Image.fromarray(picture)) for picture in row] for row in zip(*pictures, strict=True)]
    with write_whole(path) as partial:
        picture_grid(list(columns), rows, SHORTER_SIDE).save(partial)


def _pictures(
    lightness: Float[Tensor, "photos 1 height width"], chroma: Float[Tensor, "photos 2 h w"]
) -> UInt8[np.ndarray, "photos height width 3"]:
    lab = torch.cat([lightness, F.interpolate(chroma, scale_factor=CELL, mode="bilinear")], dim=1)
    return to_levels(lab_to_rgb(lab.cpu().numpy())).astype(np.uint8).transpose(0, 2, 3, 1)
