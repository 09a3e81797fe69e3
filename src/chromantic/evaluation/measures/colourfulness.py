"""Colourfulness of pictures: the common failure of colorization is to be dull."""

import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.evaluation.colorized import Colorized

COLOURFULNESS = "colourfulness@squash128"
RELATIVE_COLOURFULNESS = "colourfulness_relative_to_originals@squash128"
"""The mean over all photos, divided by that of the originals."""


def colourfulness_by_way(colorized: Colorized) -> dict[str, Float[Tensor, "photos samples"]]:
    """Colourfulness of the originals and of every way of colorizing; grey photos have none."""
    pictures = {"original": colorized.truth.rgb[None], **colorized.pictures}
    return {
        way: torch.stack([colourfulness(rgb) for rgb in samples], dim=1)
        for way, samples in pictures.items()
        if way != "grey"
    }


def colourfulness(rgb: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch"]:
    """M of each picture: 0 for grey, about 15 slightly, 45 averagely and 109 extremely colourful.

    The opponents are rg = R - G and yb = (R + G) / 2 - B, both signed. M is the norm of their standard deviations plus
    0.3 times the norm of their means.

    Args:
        rgb: Pictures, sRGB in [0, 255].

    Source: Hasler and Suesstrunk, Measuring colourfulness in natural images, 2003, section 7.
    """
    red, green, blue = rgb.flatten(2).unbind(1)
    opponents = torch.stack([red - green, (red + green) / 2 - blue])
    spread: Tensor = opponents.std(dim=-1, correction=0).norm(dim=0)
    shift: Tensor = opponents.mean(dim=-1).norm(dim=0)
    return spread + 0.3 * shift
