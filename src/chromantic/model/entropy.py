"""How uncertain a mixture over chroma is."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.model import mixture

_STRATA = 13
_STEP = 5  # spreads 13 pairs evenly over the square


def entropy(parameters: Float[Tensor, "batch maps height width"]) -> Float[Tensor, "batch height width"]:
    """The joint entropy of a and b on the 1-unit grid, in bits, from 0 to 16.

    It is the mean surprise of 13 draws of every component, always the same ones, weighted by the components. Mostly
    it is within 0.1 bits of the sum over the grid, without bias, and without noise between neighbours.

    Args:
        parameters: Mixture parameters of each pixel.
    """
    weights = mixture.unpack(parameters).logits.softmax(dim=1)
    repeated, logistic = parameters.repeat(_STRATA, 1, 1, 1), _logistic_draws().to(weights)
    size = parameters.shape[2:]
    noise = logistic.repeat_interleave(len(parameters), dim=0)[:, :, None, None].expand(-1, -1, *size)
    surprise = torch.zeros_like(weights[:, 0])
    for component in range(weights.shape[1]):
        chosen = torch.zeros(1, weights.shape[1], 1, 1).to(weights)
        chosen[:, component] = math.inf  # as Gumbel noise
        chroma = mixture.draw(repeated, chosen.expand(len(repeated), -1, *size), noise)
        nats = mixture.log_likelihood(repeated, chroma).unflatten(0, (_STRATA, -1))
        surprise = surprise - weights[:, component] * nats.mean(dim=0)
    return surprise / math.log(2)


def _logistic_draws() -> Float[Tensor, "draws 2"]:
    """Pairs of logistic noise: the means of 13 equally likely strata, each once per axis, paired as a lattice.

    A stratum's mean is a difference of u ln u + (1 - u) ln(1 - u): its derivative is the logistic quantile.
    """
    edges = torch.linspace(0, 1, _STRATA + 1, dtype=torch.float64)
    means = _STRATA * (torch.xlogy(edges, edges) + torch.xlogy(1 - edges, 1 - edges)).diff()
    order = torch.arange(_STRATA)
    return torch.stack([means, means[(_STEP * order + _STRATA // 2) % _STRATA]], dim=1)
