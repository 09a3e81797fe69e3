"""Pictures of a training's progress."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from chromantic.colour.lab import lab_to_rgb
from chromantic.data.cache import PhotoCache
from chromantic.files import write_whole
from chromantic.grid import CELL
from chromantic.model import mixture
from chromantic.model.network import Chromantic
from chromantic.sampling import sample_chroma

PHOTOS = 12


@torch.no_grad()
def write_pictures(network: Chromantic, photos: PhotoCache, path: Path, seed: int) -> None:
    """Rows of photos of a squashed cache, chosen evenly: grey, original, the embedding's mean colours, a sample."""
    chosen = torch.linspace(0, len(photos) - 1, min(PHOTOS, len(photos))).long()
    device = next(network.parameters()).device
    batch = photos.tensors(chosen).to(device)
    scene = network.encode(batch.lightness)
    sample, _ = sample_chroma(network, scene, generator=torch.Generator().manual_seed(seed))
    columns = [torch.zeros_like(sample), batch.chroma, mixture.mean(scene.chroma_parameters), sample]
    lab = [
        torch.cat([batch.lightness, F.interpolate(chroma, scale_factor=CELL, mode="bilinear")], dim=1)
        for chroma in columns
    ]
    sheet = torch.cat([torch.cat(list(column), dim=2) for column in lab], dim=1)  # 3, 4 * 128, photos * 128
    pixels = np.rint(lab_to_rgb(sheet.cpu().numpy()).clip(0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
    with write_whole(path) as partial:
        Image.fromarray(pixels).save(partial)
