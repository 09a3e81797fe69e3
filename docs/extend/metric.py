"""A metric: how many pixels of a picture have the hue of the photo, of those that have a clear one."""

import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.evaluation.measures.chroma_error import chroma_of
from chromantic.evaluation.measures.comparing import against_truth, highest

SAME_HUE = "same_hue@squash128"
LEAST_CHROMA = 10.0  # CIE units, below which a pixel of the photo has no clear hue
MOST_DEGREES = 30.0


def same_hue(
    chroma: Float[Tensor, "batch 2 height width"], original: Float[Tensor, "batch 2 height width"]
) -> Float[Tensor, "batch"]:
    """Share of the clear pixels whose hue differs by at most 30 degrees; 1 where no pixel is clear."""
    clear = original.norm(dim=1) >= LEAST_CHROMA
    cosine = torch.cosine_similarity(chroma, original, dim=1)
    same = cosine >= torch.tensor(MOST_DEGREES).deg2rad().cos()
    counts = clear.sum(dim=(1, 2))
    return torch.where(counts > 0, (same & clear).sum(dim=(1, 2)) / counts.clamp(min=1), 1.0)


MEASURE = against_truth(same_hue, best=highest, seen_as=chroma_of)
