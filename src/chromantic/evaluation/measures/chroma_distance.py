"""How different the colours of two pictures are."""

from jaxtyping import Float
from torch import Tensor

DISTANCE = "distance_ab_between_samples@squash128"


def chroma_distance(chroma: Float[Tensor, "batch 2 height width"], other: Tensor) -> Float[Tensor, "batch"]:
    """Distance of each pair in the ab plane, the mean over pixels, in CIE units.

    Args:
        chroma: CIE units.
        other: The same, of the same shape.
    """
    distances: Tensor = (chroma - other).norm(dim=1)
    return distances.flatten(1).mean(dim=1)
