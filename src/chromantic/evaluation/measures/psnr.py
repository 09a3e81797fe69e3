"""Peak signal-to-noise ratio of pictures."""

import torch
from jaxtyping import Float
from torch import Tensor
from torchmetrics.functional.image import peak_signal_noise_ratio

PSNR = "psnr_rgb_db@squash128"


def psnr(rgb: Float[Tensor, "batch 3 height width"], original: Tensor) -> Float[Tensor, "batch"]:
    """PSNR of each picture over its three channels, in dB; infinite where it equals the original.

    Args:
        rgb: Pictures, sRGB in [0, 255].
        original: The same, of the same shape.
    """
    each = [peak_signal_noise_ratio(x, y, data_range=255.0) for x, y in zip(rgb, original, strict=True)]
    return torch.stack(each)
