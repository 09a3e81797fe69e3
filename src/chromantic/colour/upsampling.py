"""Enlarges what the network gives to the photo's own size.

Chroma follows the edges of the lightness: a fast guided filter (He, Sun and Tang 2010; He and Sun 2015) on a grid
four times finer than the chroma's, corrected so that the mean over each pixel of the chroma given stays. Of the ways
compared by `benchmarks/upsampling.py` on real photos this one errs least.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

_REFINEMENT = 4  # grid of the local models, per pixel of the chroma given
_WINDOW = 7  # pixels of that grid
_LIGHTNESS_VARIANCE = 10.0  # below it, in squared units of L, an edge is none
_CORRECTIONS = 2
_STRIP_PIXELS = 1 << 16


def upsample_chroma(
    chroma: Float[Tensor, "batch 2 h w"], lightness: Float[Tensor, "1 1 height width"]
) -> Float[Tensor, "batch 2 height width"]:
    """Enlarges chroma to the size of a photo, its edges at the edges of the lightness.

    No colour leaves the range of those around it, so edges get no halo.

    Args:
        chroma: a and b in CIE units, one or several samples for the same photo.
        lightness: L in [0, 100] of the photo.
    """
    fine = [_REFINEMENT * side for side in chroma.shape[-2:]]
    maps = chroma_maps(chroma, F.interpolate(lightness, fine, mode="bilinear", antialias=True))
    height, width = lightness.shape[-2:]
    enlarged = chroma.new_empty(len(chroma), 2, height, width)
    for rows, strip in enlarged_strips(maps, (height, width)):
        enlarged[:, :, rows] = chroma_from_maps(strip, lightness[:, :, rows])
    return enlarged


def chroma_maps(
    chroma: Float[Tensor, "batch 2 h w"], guide: Float[Tensor, "1 1 height width"]
) -> Float[Tensor, "batch 8 height width"]:
    """What chroma depends on lightness by, place by place: to be enlarged, and read by `chroma_from_maps`.

    Args:
        chroma: a and b in CIE units.
        guide: L in [0, 100], on a grid four times as fine as the chroma's: what the network reads.

    Returns:
        Slope and offset of a and b, and the lowest and the highest of the values around.
    """
    fine = (chroma.shape[2] * _REFINEMENT, chroma.shape[3] * _REFINEMENT)
    slope, offset = _local_linear_models(guide, F.interpolate(chroma, fine, mode="bicubic"))
    for _ in range(_CORRECTIONS):
        lost = chroma - F.avg_pool2d(slope * guide + offset, _REFINEMENT)
        offset = offset + F.interpolate(lost, fine, mode="bicubic")
    around = F.pad(chroma, (1, 1, 1, 1), mode="replicate")
    limits = torch.cat([-F.max_pool2d(-around, 3, stride=1), F.max_pool2d(around, 3, stride=1)], dim=1)
    return torch.cat([slope, offset, F.interpolate(limits, fine, mode="bilinear")], dim=1)


def chroma_from_maps(
    maps: Float[Tensor, "batch 8 height width"], lightness: Float[Tensor, "1 1 height width"]
) -> Float[Tensor, "batch 2 height width"]:
    """The chroma that maps give for a lightness, of the same size."""
    slope, offset, lowest, highest = maps.split(2, dim=1)
    return (slope * lightness + offset).clamp(lowest, highest)


def enlarged_strips(
    maps: Float[Tensor, "batch channels h w"], size: tuple[int, int]
) -> Iterator[tuple[slice, Float[Tensor, "batch channels rows width"]]]:
    """Enlarges maps bilinearly to height and width, a strip of rows at a time: large photos need little memory."""
    height, width = size
    wide = F.interpolate(maps, (maps.shape[2], width), mode="bilinear")
    position = ((torch.arange(height) + 0.5) * (maps.shape[2] / height) - 0.5).clamp(0, maps.shape[2] - 1)
    upper = position.long()
    lower = (upper + 1).clamp(max=maps.shape[2] - 1)
    share = (position - upper)[:, None].to(maps)
    step = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, step):
        rows = slice(top, min(top + step, height))
        yield rows, torch.lerp(wide[:, :, upper[rows]], wide[:, :, lower[rows]], share[rows])


def _local_linear_models(
    guide: Float[Tensor, "1 1 h w"], chroma: Float[Tensor, "batch 2 h w"]
) -> tuple[Float[Tensor, "batch 2 h w"], Float[Tensor, "batch 2 h w"]]:
    """Slope and offset of chroma as a linear function of lightness around each pixel (a guided filter's)."""
    mean_guide, mean_chroma = _box_mean(guide), _box_mean(chroma)
    covariance = _box_mean(guide * chroma) - mean_guide * mean_chroma
    variance = _box_mean(guide * guide) - mean_guide * mean_guide
    slope = covariance / (variance + _LIGHTNESS_VARIANCE)
    return _box_mean(slope), _box_mean(mean_chroma - slope * mean_guide)


def _box_mean(x: Tensor) -> Tensor:
    return F.avg_pool2d(F.pad(x, (_WINDOW // 2,) * 4, mode="replicate"), _WINDOW, stride=1)
