"""Makes the lightness of modern photos look like old photographs'; chroma and labels stay as they are.

Draws are made for a whole batch at once (`draw_ageing`) and applied later (`age`). So every process of a training draws
the same, and applies its own share.
"""

from dataclasses import dataclass, fields

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn import functional as F

from chromantic.colour.lab import LIGHTNESS_MAX

# How films' lightness differs from L, to first order in (a, b): fitted by least squares to photographs whose linear
# sRGB was mixed in the shares red, green, blue given here (explains 95% and more of the difference).
_ORTHOCHROMATIC = (-0.20, -0.28)  # 0, 0.6, 0.4: blind to red
_BLUE_SENSITIVE = (-0.06, -0.58)  # 0, 0.15, 0.85: collodion and other early plates

_EFFECT_PROBABILITY = 0.5  # of every effect in a photo that is aged
_BLUR_RADIUS = 3  # pixels


@dataclass(frozen=True)
class Ageing:
    """How every photo of a batch is aged.

    Attributes:
        aged: False for photos that stay untouched.
        film: What the film adds to L per unit of a and of b.
        blur: Standard deviation in pixels; 0 for none.
        gamma: Exponent of L; 1 for none.
        contrast: Factor about middle grey; 1 for none.
        grain: Standard deviation in L; 0 for none.
        black: L that black has faded to; 0 for none.
        white: L that white has faded to; 100 for none.
        grain_seed: Seeds the photo's grain.
    """

    aged: Bool[Tensor, "batch"]
    film: Float[Tensor, "batch 2"]
    blur: Float[Tensor, "batch"]
    gamma: Float[Tensor, "batch"]
    contrast: Float[Tensor, "batch"]
    grain: Float[Tensor, "batch"]
    black: Float[Tensor, "batch"]
    white: Float[Tensor, "batch"]
    grain_seed: Int64[Tensor, "batch"]

    def __getitem__(self, photos: slice | Tensor) -> "Ageing":
        return Ageing(**{field.name: getattr(self, field.name)[photos] for field in fields(self)})

    def to(self, device: torch.device) -> "Ageing":
        """The same on another device."""
        return Ageing(**{field.name: getattr(self, field.name).to(device) for field in fields(self)})


def draw_ageing(batch_size: int, probability: float, generator: torch.Generator) -> Ageing:
    """Draws how to age a batch.

    Args:
        batch_size: Number of photos.
        probability: Of a photo being aged at all.
        generator: The source of all draws.
    """

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(batch_size, generator=generator)

    def sometimes(drawn: Tensor, otherwise: float) -> Tensor:
        chosen = torch.rand(batch_size, generator=generator) < _EFFECT_PROBABILITY
        return torch.where(chosen, drawn, otherwise)

    strength, share = sometimes(uniform(0.2, 1.0), 0.0), uniform(0.0, 1.0)
    film = torch.lerp(torch.tensor(_ORTHOCHROMATIC), torch.tensor(_BLUE_SENSITIVE), share[:, None])
    return Ageing(
        aged=uniform(0.0, 1.0) < probability,
        film=strength[:, None] * film,
        blur=sometimes(uniform(0.3, 1.0), 0.0),
        gamma=sometimes(uniform(-0.4, 0.4).exp(), 1.0),
        contrast=sometimes(uniform(-0.3, 0.3).exp(), 1.0),
        grain=sometimes(uniform(1.0, 5.0), 0.0),
        black=sometimes(uniform(0.0, 25.0), 0.0),
        white=sometimes(uniform(75.0, LIGHTNESS_MAX), LIGHTNESS_MAX),
        grain_seed=torch.randint(2**31, (batch_size,), generator=generator),
    )


def age(
    lightness: Float[Tensor, "batch 1 height width"],
    chroma: Float[Tensor, "batch 2 height/4 width/4"],
    ageing: Ageing,
) -> Float[Tensor, "batch 1 height width"]:
    """The lightness that an old photograph of the same scene would have, in [0, 100].

    In the order of things: the film's response to colours, the lens's blur, the development's tones, grain, fading.

    Args:
        lightness: L in [0, 100].
        chroma: The scene's (a, b), at a lower resolution.
        ageing: What to do to every photo.
    """
    ageing = ageing.to(lightness.device)
    old = ageing[ageing.aged]
    if len(old.blur) == 0:
        return lightness
    colours = F.interpolate(chroma[ageing.aged], lightness.shape[-2:], mode="bilinear")
    levels = lightness[ageing.aged] + (colours * old.film[:, :, None, None]).sum(1, keepdim=True)
    levels = _blur(levels, old.blur).clamp(0, LIGHTNESS_MAX) / LIGHTNESS_MAX
    levels = levels ** old.gamma[:, None, None, None]
    levels = (0.5 + (levels - 0.5) * old.contrast[:, None, None, None]).clamp(0, 1)
    levels = levels * LIGHTNESS_MAX + _grain(levels.shape[-2:], old)
    levels = old.black[:, None, None, None] + levels / LIGHTNESS_MAX * (old.white - old.black)[:, None, None, None]
    aged = lightness.clone()
    aged[ageing.aged] = levels.clamp(0, LIGHTNESS_MAX)
    return aged


def _blur(lightness: Tensor, deviation: Float[Tensor, "batch"]) -> Tensor:
    """A Gaussian blur whose width differs from photo to photo."""
    offsets = torch.arange(-_BLUR_RADIUS, _BLUR_RADIUS + 1, device=deviation.device)
    kernels = torch.exp(-0.5 * (offsets / deviation.clamp(min=0.01)[:, None]) ** 2)
    kernels = (kernels / kernels.sum(1, keepdim=True))[:, None]
    photos = F.pad(lightness.transpose(0, 1), (_BLUR_RADIUS,) * 4, mode="replicate")
    rows = F.conv2d(photos, kernels[:, :, None, :], groups=len(deviation))
    return F.conv2d(rows, kernels[:, :, :, None], groups=len(deviation)).transpose(0, 1)


def _grain(size: torch.Size, old: Ageing) -> Float[Tensor, "batch 1 height width"]:
    """Noise in L. Every photo has its own seed, so that its grain does not depend on the photos beside it."""
    noise = torch.zeros(len(old.grain), 1, *size)
    for photo in old.grain.nonzero().flatten().tolist():
        noise[photo].normal_(generator=torch.Generator().manual_seed(int(old.grain_seed[photo])))
    return noise.to(old.grain.device) * old.grain[:, None, None, None]
