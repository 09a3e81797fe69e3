"""Structural similarity of pictures at four scales.

Kept by hand because torchmetrics' own means reach over mirrored borders: most of a picture at the fourth scale.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torchmetrics.functional.image import structural_similarity_index_measure

from chromantic.evaluation.measures.ssim import ssim

MS_SSIM = "ms_ssim4_rgb_between_samples@squash128"
_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363)  # the first four of Wang's five: the fifth scale needs more than 160 pixels


def ms_ssim4(rgb: Float[Tensor, "batch 3 height width"], other: Tensor) -> Float[Tensor, "batch"]:
    """MS-SSIM of each pair of pictures over four scales; 1 where they are equal.

    Contrast and structure are compared at every scale, luminance at the coarsest. The exponents are Wang's first four
    over their sum; a negative term counts as 0.

    Args:
        rgb: Pictures, sRGB in [0, 255], at least 88 pixels wide and high.
        other: The same, of the same shape.

    Source: Wang, Simoncelli and Bovik, Multi-scale structural similarity, 2003.
    """
    x, y = rgb, other
    terms = []
    for _ in _WEIGHTS[:-1]:
        _, contrast = structural_similarity_index_measure(
            x, y, reduction="none", data_range=255.0, return_contrast_sensitivity=True
        )
        terms.append(contrast)
        x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
    terms.append(ssim(x, y))
    exponents = torch.tensor(_WEIGHTS, dtype=x.dtype, device=x.device) / sum(_WEIGHTS)
    return (torch.stack(terms, dim=-1).clamp(min=0) ** exponents).prod(dim=-1)
