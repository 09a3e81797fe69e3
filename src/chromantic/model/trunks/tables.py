"""The paper's trunk: the rows that Tables 1 and 2 share."""

import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.model.blocks import build_rows
from chromantic.model.config import NetworkConfig
from chromantic.model.embedding import SHARED_UP_TO, TABLE_1
from chromantic.model.segmentation import TABLE_2
from chromantic.model.trunks.trunk import Trunk, UpperRows


class TableTrunk(Trunk):
    """The first rows of Table 1, over the lightness and a channel of ones that tells the photo from its border."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        shared = SHARED_UP_TO[config.branch]
        rows = TABLE_1[:shared]
        self.rows = build_rows(rows, 2, config.channels)
        self.out_channels = config.channels(rows[-1].channels)
        self.upper = UpperRows((), TABLE_1[shared:], TABLE_2[shared:])

    def forward(self, lightness: Float[Tensor, "batch 1 height width"]) -> Float[Tensor, "batch out height/4 width/4"]:
        features: Tensor = self.rows(torch.cat([lightness, torch.ones_like(lightness)], dim=1))
        return features
