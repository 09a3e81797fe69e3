"""Whether a network knows where it errs."""

import torch
from jaxtyping import Float
from torch import Tensor
from torchmetrics.functional.regression import spearman_corrcoef

from chromantic.evaluation.colorized import Colorized
from chromantic.model.entropy import entropy

CALIBRATION = "spearman_of_entropy_and_error_ab@squash128_chroma32"


def calibration(colorized: Colorized) -> dict[str, Float[Tensor, "photos"]]:
    """The correlation of the embedding's entropy and the error of its mean colours; nothing without a network."""
    if colorized.output is None:
        return {}
    uncertainty = entropy(colorized.output.scene.chroma_parameters).cpu()
    (preview,) = colorized.output.chroma["preview"]
    return {"embedding": rank_correlation(uncertainty, preview, colorized.truth.chroma)}


def rank_correlation(
    uncertainty: Float[Tensor, "batch height width"], chroma: Float[Tensor, "batch 2 height width"], original: Tensor
) -> Float[Tensor, "batch"]:
    """Spearman's correlation, over each photo's pixels, of uncertainty and distance from the true chroma.

    1 if the error grows wherever the uncertainty does; 0 without any order, and where either is the same everywhere.

    Args:
        uncertainty: In any unit.
        chroma: a and b as predicted.
        original: The true ones, of the same shape.
    """
    errors = (chroma - original).norm(dim=1)
    pairs = zip(uncertainty.flatten(1).double(), errors.flatten(1).double(), strict=True)
    return torch.stack([spearman_corrcoef(bits, error) for bits, error in pairs])
