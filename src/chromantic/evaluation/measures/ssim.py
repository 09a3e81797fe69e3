"""Structural similarity of pictures, at one scale and at several.

torchmetrics computes both terms; here their windows stay inside the picture, as Wang and scikit-image have it, where
torchmetrics' own means reach over mirrored borders (of a picture 16 pixels wide, over most of it). In float32 they are
within 1e-5 of float64 on a photograph and 5e-4 where everything is nearly white; float64 takes ten times as long.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torchmetrics.functional.image import structural_similarity_index_measure

_BORDER = 5  # half of the window of 11 pixels, a Gaussian of standard deviation 1.5
_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363)  # the first four of Wang's five: the fifth scale needs more than 160 pixels


def ssim(rgb: Float[Tensor, "batch 3 height width"], original: Tensor) -> Float[Tensor, "batch"]:
    """SSIM of each picture, the mean over its three channels; 1 where it equals the original.

    Args:
        rgb: sRGB in [0, 255], at least 11 pixels wide and high.
        original: the same, of the same shape.

    Source: Wang, Bovik, Sheikh and Simoncelli, Image quality assessment, 2004.
    """
    _, similarity = structural_similarity_index_measure(
        rgb, original, reduction="none", data_range=255.0, return_full_image=True
    )
    inside = similarity[:, :, _BORDER:-_BORDER, _BORDER:-_BORDER]
    return inside.mean(dim=(1, 2, 3))


def ms_ssim4(rgb: Float[Tensor, "batch 3 height width"], other: Tensor) -> Float[Tensor, "batch"]:
    """MS-SSIM of each pair of pictures over four scales; 1 where they are equal.

    Contrast and structure are compared at every scale, luminance at the coarsest. The exponents are Wang's first four
    over their sum; a negative term counts as 0.

    Args:
        rgb: sRGB in [0, 255], at least 88 pixels wide and high.
        other: the same, of the same shape.

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
