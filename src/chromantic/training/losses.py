"""The paper's three losses (Section 3.3). A new one is a function here and an entry in `LOSSES`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from chromantic.data.cache import Batch
from chromantic.data.classes import BACKGROUND, VOID
from chromantic.errors import ChromanticError
from chromantic.model import mixture
from chromantic.model.network import Prediction
from chromantic.training.config import OptimizationSection


@dataclass(frozen=True)
class Total:
    """A loss summed over what it counts, and the count: so that several processes can share one mean."""

    sum: Tensor
    count: Tensor


Totals = Mapping[str, Total]
"""Losses by name."""


def embedding_loss(prediction: Prediction, batch: Batch, config: OptimizationSection) -> Total:
    """Bits per dimension of the embedding's mixtures, over the pixels of colourful photos."""
    return _bits(prediction.scene.chroma_parameters, batch)


def generator_loss(prediction: Prediction, batch: Batch, config: OptimizationSection) -> Total:
    """The same of the generator's mixtures, over those photos that it was asked about."""
    return _bits(prediction.chroma_parameters, batch)


def segmentation_loss(prediction: Prediction, batch: Batch, config: OptimizationSection) -> Total:
    """`cross_entropy` of the segmentation; nothing where the network has none."""
    logits = prediction.scene.class_logits
    if logits is None:
        nothing = prediction.chroma_parameters.new_zeros(())
        return Total(nothing, nothing)
    return cross_entropy(logits, batch, config)


LOSSES: dict[str, Callable[[Prediction, Batch, OptimizationSection], Total]] = {
    "embedding": embedding_loss,
    "segmentation": segmentation_loss,
    "generator": generator_loss,
}
"""In the order of the config's `weights`."""


def loss_weights(config: OptimizationSection) -> dict[str, float]:
    """The weight of each loss; 0 for those at the end that the config gives none.

    Raises:
        ChromanticError: There are more weights than losses.
    """
    if len(config.weights) > len(LOSSES):
        raise ChromanticError(f"optimization.weights: more weights than losses, which are {', '.join(LOSSES)}")
    return dict.fromkeys(LOSSES, 0.0) | dict(zip(LOSSES, config.weights, strict=False))


def means(totals: Totals, counts: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Sums over the counts of all processes; zero where nothing was counted."""
    return {name: total.sum / counts[name].clamp(min=1) for name, total in totals.items()}


def cross_entropy(
    class_logits: Float[Tensor, "batch classes height width"], batch: Batch, config: OptimizationSection
) -> Total:
    """The cross entropy of labelled pixels, over the number of classes if the config averages over those, too.

    Where stuff has classes, a background label is content with any of them.
    """
    class_logits = class_logits.float()
    log_probabilities = class_logits.log_softmax(dim=1)
    if batch.coarse.any():
        any_stuff = log_probabilities[:, batch.coarse].logsumexp(dim=1, keepdim=True)
        log_probabilities = torch.cat([any_stuff, log_probabilities[:, BACKGROUND + 1 :]], dim=1)
    total = F.nll_loss(log_probabilities, batch.labels, ignore_index=VOID, reduction="sum")
    if config.segmentation_loss == "mean_over_pixels_and_classes":
        total = total / class_logits.shape[1]
    return Total(total, (batch.labels != VOID).sum())


def _bits(parameters: Float[Tensor, "some maps height width"], batch: Batch) -> Total:
    """Bits per dimension of mixtures of the batch's first photos, near-grey ones left out."""
    some = len(parameters)
    bits = mixture.bits_per_dimension(mixture.log_likelihood(parameters, batch.chroma[:some]))
    colourful = batch.colourful[:some, None, None].expand_as(bits)
    return Total((bits * colourful).sum(), colourful.sum())
