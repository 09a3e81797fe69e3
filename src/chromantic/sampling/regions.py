"""The things of a photo, for draws that colour each as a whole."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from chromantic.model import mixture
from chromantic.model.network import Scene

REGIONS = 6
"""Of a photo, at most."""
_CHROMA_UNIT = 30.0  # CIE units that count as much as the length of an embedding
_SOFTNESS = 0.15  # squared distance at which a cell belongs e times less to a region
_APART = 0.1  # squared distance between two regions' centres, at least
_ITERATIONS = 15


def find_regions(scene: Scene) -> Float[Tensor, "regions height width"]:
    """How much each cell of one photo belongs to each region: shares that sum to one.

    Cells belong together where the network sees the same in them: k-means over the embedding's direction, the colours
    expected and the classes' probabilities, each smoothed over its neighbours. Always the same for the same scene.
    """
    features = [F.normalize(scene.embedding, dim=1), mixture.mean(scene.chroma_parameters) / _CHROMA_UNIT]
    if scene.class_logits is not None:
        features.append(scene.class_logits.softmax(dim=1))
    smooth = F.avg_pool2d(F.pad(torch.cat(features, dim=1), (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    cells = smooth[0].flatten(1).T
    centres = _k_means(cells)
    shares = (torch.cdist(cells, centres).square() / -_SOFTNESS).softmax(dim=1)
    regions: Tensor = shares.T.unflatten(1, scene.lightness.shape[2:])
    return regions


def _k_means(cells: Float[Tensor, "cells features"]) -> Float[Tensor, "regions features"]:
    """Centres of up to `REGIONS` regions, fewer where fewer things differ.

    They begin at random cells. At outliers, as is often done, small odd spots would become things of their own.
    """
    order = torch.randperm(len(cells), generator=torch.Generator().manual_seed(0))
    centres = cells[order[:REGIONS].to(cells.device)].clone()
    for _ in range(_ITERATIONS):
        nearest = torch.cdist(cells, centres).argmin(dim=1)
        for region in range(len(centres)):
            if (inside := nearest == region).any():
                centres[region] = cells[inside].mean(dim=0)
    close = torch.cdist(centres, centres).square() < _APART
    return centres[~close.tril(diagonal=-1).any(dim=1)]
