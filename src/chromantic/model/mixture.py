"""Mixtures of discretized logistics over chroma (PixelCNN++, for two channels).

A pixel's mixture has six numbers per component: a logit, the means of a and b, their log-scales, and a coefficient.
The coefficient shifts the mean of b by tanh(coefficient) times a. Means and scales are those of normalized chroma
([-1, 1]). The bins are the 1-unit chroma grid of `chromantic.colour.lab`; the outermost bins take the tails, so
probabilities sum to one.
"""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from chromantic.colour.lab import (
    CHROMA_LEVELS,
    CHROMA_MAX,
    CHROMA_MIN,
    denormalize_chroma,
    normalize_chroma,
    quantize_chroma,
)

NUMBERS_PER_COMPONENT = 6
LOG_SCALE_MIN = -7.0
LOG_SCALE_MAX = 2.0  # flat over all of chroma; of much wider logistics a bin has no probability that float32 can hold
_UNIT = (CHROMA_LEVELS - 1) / 2  # CIE units to one of normalized chroma
_BIN = 2 / (CHROMA_LEVELS - 1)  # width of a bin in normalized chroma


class Mixture(NamedTuple):
    """The parameters by name. `means` and `log_scales` hold a, then b, along their second axis.

    Shapes: logits and coefficients [batch components height width], the others [batch 2 components height width].
    """

    logits: Tensor
    means: Tensor
    log_scales: Tensor
    coefficients: Tensor


def split_maps(parameters: Float[Tensor, "batch maps *size"]) -> tuple[Tensor, ...]:
    """A head's output maps as logits, means, log-scales and coefficients (before their tanh)."""
    components = parameters.shape[1] // NUMBERS_PER_COMPONENT
    maps: tuple[Tensor, ...] = parameters.split([components, 2 * components, 2 * components, components], dim=1)
    return maps


def unpack(parameters: Float[Tensor, "batch maps *size"]) -> Mixture:
    """A head's output maps as named parameters: at least float32, the log-scales bounded."""
    if parameters.dtype in (torch.bfloat16, torch.float16):
        parameters = parameters.float()
    logits, means, log_scales, coefficients = split_maps(parameters)
    components = logits.shape[1]
    return Mixture(
        logits,
        means.unflatten(1, (2, components)),
        log_scales.unflatten(1, (2, components)).clamp(LOG_SCALE_MIN, LOG_SCALE_MAX),
        coefficients.tanh(),
    )


def _log_bin_probability(x: Tensor, mean: Tensor, log_scale: Tensor) -> Tensor:
    """Log-probability of the bins around normalized `x`, without cancellation.

    With u and l the bin's standardized ends, sigmoid(u) - sigmoid(l) = sigmoid(u) sigmoid(-l) (1 - exp(l - u)).
    """
    inverse_scale = torch.exp(-log_scale)
    below = F.logsigmoid((x - mean + _BIN / 2) * inverse_scale)
    above = F.logsigmoid((mean - x + _BIN / 2) * inverse_scale)
    inside = below + above + torch.log(-torch.expm1(-_BIN * inverse_scale))
    first, last = normalize_chroma(torch.tensor([CHROMA_MIN + 0.5, CHROMA_MAX - 0.5])).tolist()
    return torch.where(x < first, below, torch.where(x > last, above, inside))


def log_likelihood(
    parameters: Float[Tensor, "batch maps *size"], chroma: Float[Tensor, "batch 2 *size"]
) -> Float[Tensor, "batch *size"]:
    """Log-probability in nats of each pixel's chroma, which must lie on the 1-unit grid."""
    mixture = unpack(parameters)
    x = normalize_chroma(chroma.to(mixture.logits.dtype)).unsqueeze(2)
    a, b = x[:, 0], x[:, 1]
    log_a = _log_bin_probability(a, mixture.means[:, 0], mixture.log_scales[:, 0])
    log_b = _log_bin_probability(b, mixture.means[:, 1] + mixture.coefficients * a, mixture.log_scales[:, 1])
    return torch.logsumexp(mixture.logits.log_softmax(dim=1) + log_a + log_b, dim=1)


def bits_per_dimension(log_likelihood: Float[Tensor, "*size"]) -> Float[Tensor, "*size"]:
    """Log-probabilities in nats of pixels' chroma (two dimensions each) as bits per dimension; lower is better."""
    return log_likelihood / (-2 * math.log(2))


class Components(NamedTuple):
    """The components of mixtures as distributions of their own, a taken together with what it does to b.

    Shapes: log_weights [batch components height width], the others [batch 2 components height width].

    Attributes:
        log_weights: Log-probabilities of the components.
        means: In CIE units.
        variances: In squared CIE units, of the continuous logistics.
    """

    log_weights: Tensor
    means: Tensor
    variances: Tensor


def components(parameters: Float[Tensor, "batch maps *size"]) -> Components:
    """Weight, mean and variance of each component."""
    mixture = unpack(parameters)
    mean_a = mixture.means[:, 0]
    means = torch.stack([mean_a, mixture.means[:, 1] + mixture.coefficients * mean_a], dim=1)
    own = (2 * mixture.log_scales).exp() * (math.pi**2 / 3)  # of a logistic
    variances = torch.stack([own[:, 0], own[:, 1] + mixture.coefficients.square() * own[:, 0]], dim=1)
    return Components(mixture.logits.log_softmax(dim=1), denormalize_chroma(means), variances * _UNIT**2)


def mean(parameters: Float[Tensor, "batch maps *size"]) -> Float[Tensor, "batch 2 *size"]:
    """The expected chroma of each pixel, in CIE units (of the continuous mixture: the grid's ends do not matter)."""
    log_weights, means, _ = components(parameters)
    return (log_weights.exp().unsqueeze(1) * means).sum(dim=2)


def draw(
    parameters: Float[Tensor, "batch maps *size"],
    gumbel: Float[Tensor, "batch components *size"],
    logistic: Float[Tensor, "batch 2 *size"],
    temperature: float = 1.0,
    scale_temperature: float = 1.0,
) -> Float[Tensor, "batch 2 *size"]:
    """The sample that belongs to given noise: chroma on the grid.

    One component is chosen for the pixel by the Gumbel noise; a rounded logistic draw of it, clamped to the grid, has
    exactly the probabilities of `log_likelihood`.

    Args:
        parameters: Mixture parameters of each pixel.
        gumbel: Standard Gumbel noise, one per component.
        logistic: Standard logistic noise for a and b.
        temperature: Of the component choice, at least 0; at 0 the likeliest component is taken.
        scale_temperature: Factor on the logistics' scales, at least 0.
    """
    mixture = unpack(parameters)
    chosen: Int[Tensor, "batch 1 *size"] = (mixture.logits + temperature * gumbel).argmax(dim=1, keepdim=True)
    means, log_scales = (
        x.gather(2, chosen.unsqueeze(1).expand(-1, 2, *chosen.shape[1:])).squeeze(2)
        for x in (mixture.means, mixture.log_scales)
    )
    spread = scale_temperature * logistic * log_scales.exp()
    a = quantize_chroma(denormalize_chroma(means[:, :1] + spread[:, :1]))
    shift = mixture.coefficients.gather(1, chosen) * normalize_chroma(a)
    b = quantize_chroma(denormalize_chroma(means[:, 1:] + shift + spread[:, 1:]))
    return torch.cat([a, b], dim=1)


class MixtureHead(nn.Module):
    """ELU and a 1x1 convolution to mixture parameters, which start spread over the plane of natural chroma."""

    def __init__(self, in_channels: int, components: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, NUMBERS_PER_COMPONENT * components, 1)
        order = torch.arange(components, device="cpu")  # on "meta", where weights are loaded, it would import sympy
        angles = order * (math.pi * (3 - math.sqrt(5)))  # a sunflower's, even over a disc
        radii = 0.4 * torch.sqrt((order + 0.5) / components)
        with torch.no_grad():
            self.conv.weight.mul_(0.1)
            bias = self.conv.bias
            assert bias is not None
            bias.zero_()
            bias[components : 2 * components] = radii * torch.cos(angles)
            bias[2 * components : 3 * components] = radii * torch.sin(angles)
            bias[3 * components : 5 * components] = -2.5

    def forward(self, x: Float[Tensor, "batch channels *size"]) -> Float[Tensor, "batch maps *size"]:
        maps: Tensor = self.conv(F.elu(x))
        return maps
