"""The segmentation branch h (Table 2)."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from chromantic.model.blocks import Row
from chromantic.model.embedding import TABLE_1

PYRAMID_DILATIONS = (6, 12, 18)

TABLE_2 = (
    *TABLE_1[:8],
    Row("conv", 512),
    Row("block", 512, repeat=3, dilation=2),
)
"""Table 2 up to its last row, the pyramid."""


class AtrousPyramid(nn.Module):
    """Three parallel dilated 3x3 convolutions to the classes, summed (the last row of Table 2)."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Conv2d(channels, classes, 3, padding=dilation, dilation=dilation) for dilation in PYRAMID_DILATIONS
        )

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch classes height width"]:
        x = F.elu(x)
        first, *others = (branch(x) for branch in self.branches)
        logits: Tensor = sum(others, start=first)
        return logits
