"""What every trunk is, and the rows that may stand above one."""

from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor, nn

from chromantic.model.blocks import Row


class UpperRows(NamedTuple):
    """Rows above a trunk: those that embedding and segmentation share, then what each has for itself.

    The segmentation's end before the pyramid.
    """

    shared: tuple[Row, ...]
    embedding: tuple[Row, ...]
    segmentation: tuple[Row, ...]


ABOVE_BACKBONE = UpperRows(
    shared=(Row("block", 512, separable=True), Row("block", 512, dilation=2, separable=True)),
    embedding=(
        Row("block", 512, dilation=4, separable=True),
        Row("block", 512, dilation=8, separable=True),
        Row("conv", 256),
    ),
    segmentation=(Row("block", 512, dilation=2, separable=True),),
)
"""Fewer and cheaper rows than the paper's: a backbone sees the whole photo already. Hints need the dilations."""


class Trunk(nn.Module):
    """From lightness to features on the chroma's grid.

    Attributes:
        out_channels: Channels of its features; as many as the blocks above have, which keep their number.
        upper: The rows above it.
    """

    out_channels: int
    upper: UpperRows = ABOVE_BACKBONE

    def forward(self, lightness: Float[Tensor, "batch 1 height width"]) -> Float[Tensor, "batch out height/4 width/4"]:
        """Features of lightness in [-1, 1], whose height and width are multiples of 4."""
        raise NotImplementedError

    def load_imagenet(self) -> None:
        """Takes the weights that were learned on ImageNet; a trunk without such weights takes none."""

    def imagenet_parameters(self) -> list[nn.Parameter]:
        """What ImageNet taught, which a training changes slowly."""
        return []

    def freeze(self, blocks: int) -> None:
        """Keeps the first blocks of what ImageNet taught out of the training; 0 keeps nothing out."""
