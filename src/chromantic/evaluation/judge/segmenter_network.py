"""A segmenter of colour photos, to judge colours by: Table 2 with chroma beside the lightness."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from chromantic.colour.lab import normalize_chroma, normalize_lightness
from chromantic.grid import CELL
from chromantic.model.blocks import build_rows
from chromantic.model.config import NetworkConfig
from chromantic.model.segmentation import TABLE_2, AtrousPyramid

SEGMENTER_KEY = "segmenter"
"""Says what a checkpoint holds."""
_CHROMA_GAIN = 4.0
"""Natural chroma seldom leaves a quarter of its range; with this gain it spreads over [-1, 1], as lightness does."""


class SegmenterNetwork(nn.Module):
    """From lightness and chroma to class logits, at the chroma's size."""

    def __init__(self, config: NetworkConfig) -> None:
        """Takes a config, of which width and classes matter."""
        super().__init__()
        self.config = config
        self.rows = build_rows(TABLE_2, 4, config.channels)
        self.pyramid = AtrousPyramid(config.channels(TABLE_2[-1].channels), len(config.classes))

    def forward(
        self, lightness: Float[Tensor, "batch 1 height width"], chroma: Float[Tensor, "batch 2 h w"]
    ) -> Float[Tensor, "batch classes h w"]:
        """Class logits of photos.

        Args:
            lightness: L in [0, 100]; height and width are multiples of 4.
            chroma: On the grid, at a quarter of the lightness's resolution; it is enlarged bilinearly.
        """
        lightness = normalize_lightness(lightness)
        colours = _CHROMA_GAIN * F.interpolate(normalize_chroma(chroma), scale_factor=CELL, mode="bilinear")
        logits: Tensor = self.pyramid(self.rows(torch.cat([lightness, colours, torch.ones_like(lightness)], dim=1)))
        return logits
