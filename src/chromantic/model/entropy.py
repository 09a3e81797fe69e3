"""How uncertain a mixture over chroma is."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.model import mixture

_DRAWS = 128


def entropy(parameters: Float[Tensor, "batch maps height width"]) -> Float[Tensor, "batch height width"]:
    """The joint entropy of a and b on the 1-unit grid, in bits, from 0 to 16.

    The mean surprise of 128 draws of a scrambled Sobol sequence, the same for every pixel: mostly within 0.1 bits
    of the sum over the grid, without noise between neighbours, and always the same.

    Args:
        parameters: Mixture parameters of each pixel.
    """
    batch, maps, height, width = parameters.shape
    components = maps // mixture.NUMBERS_PER_COMPONENT
    sobol = torch.quasirandom.SobolEngine(components + 2, scramble=True, seed=0)
    uniform = sobol.draw(_DRAWS, dtype=torch.float64).clamp(1e-9, 1 - 1e-9).to(parameters)
    surprise = parameters.new_zeros(batch, height, width)
    for draw in uniform[:, None, :, None, None].expand(-1, batch, -1, height, width):
        gumbel, logistic = -torch.log(-torch.log(draw[:, :components])), torch.logit(draw[:, components:])
        surprise -= mixture.log_likelihood(parameters, mixture.draw(parameters, gumbel, logistic))
    return surprise / (_DRAWS * math.log(2))
