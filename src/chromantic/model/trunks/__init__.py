"""Trunks: from lightness to features on the chroma's grid, below the rows that Tables 1 and 2 have for themselves."""

from typing import Literal, get_args

from jaxtyping import Float
from torch import Tensor, nn

TrunkName = Literal["tables", "efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2"]
TRUNKS: tuple[TrunkName, ...] = get_args(TrunkName)


class Trunk(nn.Module):
    """What every trunk is.

    Attributes:
        out_channels: Of its features.
    """

    out_channels: int

    def forward(self, lightness: Float[Tensor, "batch 1 height width"]) -> Float[Tensor, "batch out height/4 width/4"]:
        """Features of normalized lightness, whose height and width are multiples of 4."""
        raise NotImplementedError

    def load_imagenet(self) -> None:
        """Begin with what was learned on ImageNet; a trunk for which there is no such thing begins with nothing."""

    def freeze(self, blocks: int) -> None:
        """Leave the first blocks of what ImageNet taught as they are, in training."""
