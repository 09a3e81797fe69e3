"""The paper's trunk: the rows that Tables 1 and 2 share."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.model.blocks import Row, build_rows
from chromantic.model.trunks import Trunk


class TableTrunk(Trunk):
    """The first rows of Table 1, over the lightness and a channel of ones that tells the photo from its border."""

    def __init__(self, rows: tuple[Row, ...], scale: Callable[[int], int]) -> None:
        super().__init__()
        self.rows = build_rows(rows, 2, scale)
        self.out_channels = scale(rows[-1].channels)

    def forward(self, lightness: Float[Tensor, "batch 1 height width"]) -> Float[Tensor, "batch out height/4 width/4"]:
        return self.rows(torch.cat([lightness, torch.ones_like(lightness)], dim=1))
