"""The Frechet distance between two sets of features, as FID is one of Inception's.

Kept by hand because torchmetrics loses six digits where there are fewer pictures than features.

torchmetrics takes the root of a product of covariances; a set is then -0.003 from itself. Here the root's trace is the
nuclear norm of a product of centred features. It is exact to rounding for any number of pictures, and agrees with
torchmetrics where that is well conditioned.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def frechet_distance(features: Float[Tensor, "pictures n"], others: Float[Tensor, "others n"]) -> float:
    """The squared distance of the two sets' Gaussians; 0 of a set to itself.

    Args:
        features: Of at least two pictures.
        others: Of at least two others.

    Source: Dowson and Landau, The Frechet distance between multivariate normal distributions, 1982; Heusel et al.,
    GANs trained by a two time-scale update rule, 2017.
    """
    x, y = features.double(), others.double()
    shift = (x.mean(dim=0) - y.mean(dim=0)).square().sum()
    factors = [torch.linalg.qr((each - each.mean(dim=0)) / (len(each) - 1) ** 0.5, mode="r").R for each in (x, y)]
    variances = sum(factor.square().sum() for factor in factors)
    shared = torch.linalg.matrix_norm(factors[0] @ factors[1].T, "nuc")
    return max(0.0, float(shift + variances - 2 * shared))
