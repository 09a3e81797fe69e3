"""How different the samples of one photo are: means over all pairs of them."""

from collections.abc import Callable
from itertools import combinations

import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.evaluation.measures.ssim import ms_ssim4


def ms_ssim_between(samples: Float[Tensor, "samples batch 3 height width"]) -> Float[Tensor, "batch"]:
    """MS-SSIM over four scales between each photo's samples; 1 where they are all the same picture.

    Args:
        samples: sRGB in [0, 255], at least two of every photo.
    """
    return _mean_over_pairs(samples, ms_ssim4)


def chroma_distance_between(samples: Float[Tensor, "samples batch 2 height width"]) -> Float[Tensor, "batch"]:
    """Distance in the ab plane between each photo's samples, the mean over pixels, in CIE units.

    Args:
        samples: a and b, at least two of every photo.
    """
    return _mean_over_pairs(samples, lambda one, other: (one - other).norm(dim=1).flatten(1).mean(dim=1))


def _mean_over_pairs(samples: Tensor, measure: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    return torch.stack([measure(one, other) for one, other in combinations(samples, 2)]).mean(dim=0)
