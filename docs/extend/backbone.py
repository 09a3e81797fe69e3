"""A backbone: a plain stack of convolutions that knows nothing yet."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from chromantic.model.config import NetworkConfig
from chromantic.model.trunks.trunk import Trunk


class PlainTrunk(Trunk):
    """Two strided convolutions to the grid of the chroma, and some at that resolution."""

    def __init__(self, config: NetworkConfig, depth: int = 4) -> None:
        """Takes the network's config, whose width scales the channels, and the number of convolutions on the grid."""
        super().__init__()
        self.out_channels = channels = config.channels(512)
        self.down = nn.Sequential(
            nn.Conv2d(1, channels // 2, 4, stride=2, padding=1),
            nn.ELU(),
            nn.Conv2d(channels // 2, channels, 4, stride=2, padding=1),
        )
        self.grid = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(depth))

    def forward(self, lightness: Float[Tensor, "batch 1 height width"]) -> Float[Tensor, "batch out height/4 width/4"]:
        """Features of lightness in [-1, 1], whose height and width are multiples of 4."""
        features: Tensor = self.down(lightness)
        for convolution in self.grid:
            features = features + convolution(F.elu(features))
        return features
