"""Error of chroma, which unlike PSNR does not see the lightness that every result shares with its original."""

from jaxtyping import Float
from torch import Tensor


def chroma_rmse(chroma: Float[Tensor, "batch 2 height width"], original: Tensor) -> Float[Tensor, "batch"]:
    """Root mean square error of each picture over a and b, in CIE units.

    Args:
        chroma: CIE units.
        original: the same, of the same shape.
    """
    return (chroma - original).square().flatten(1).mean(dim=1).sqrt()
