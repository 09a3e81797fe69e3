"""The paper's three losses (Section 3.3), as sums and counts so that several processes can share one mean."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from chromantic.data.cache import Batch
from chromantic.data.classes import BACKGROUND, VOID
from chromantic.model import mixture
from chromantic.model.network import Prediction
from chromantic.training.config import SegmentationLoss


class Losses(NamedTuple):
    """One value per loss, in the paper's order: embedding, segmentation, generator."""

    embedding: Tensor
    segmentation: Tensor
    generator: Tensor

    @classmethod
    def of(cls, **values: Tensor) -> "Losses":
        """Some of the losses, by name; the others are zero."""
        zero = torch.zeros_like(next(iter(values.values())))
        return cls(**{name: values.get(name, zero) for name in cls._fields})

    def named(self) -> dict[str, float]:
        """The values by name."""
        return {name: value.item() for name, value in self._asdict().items()}


def summed_losses(prediction: Prediction, batch: Batch, averaging: SegmentationLoss) -> tuple[Losses, Losses]:
    """Each loss summed over what it counts, and the counts.

    The embedding's and the generator's are bits per dimension of the pixels of colourful photos; the segmentation's is
    the cross entropy of labelled pixels, over the number of classes if it is averaged over those too.

    Args:
        prediction: the network's, whose generator may have been asked about the first photos alone.
        batch: the photos.
        averaging: of the segmentation's loss.
    """
    scene = prediction.scene
    colourful = batch.colourful[:, None, None].expand_as(batch.labels)

    def colour(parameters: Tensor) -> Tensor:
        bits = mixture.bits_per_dimension(mixture.log_likelihood(parameters, batch.chroma[: len(parameters)]))
        return (bits * colourful[: len(parameters)]).sum()

    pixels, generated = colourful.sum(), colourful[: len(prediction.chroma_parameters)].sum()
    if scene.class_logits is None:
        segmentation, labelled = torch.zeros_like(pixels, dtype=torch.float32), torch.zeros_like(pixels)
    else:
        segmentation, labelled = segmentation_loss(scene.class_logits, batch, averaging)
    sums = Losses(colour(scene.chroma_parameters), segmentation, colour(prediction.chroma_parameters))
    return sums, Losses(pixels, labelled, generated)


def segmentation_loss(
    class_logits: Float[Tensor, "batch classes height width"],
    batch: Batch,
    averaging: SegmentationLoss,
) -> tuple[Tensor, Tensor]:
    """The cross entropy summed over labelled pixels (over the number of classes, if so averaged), and their number.

    Where stuff has classes, a background label is content with any of them.
    """
    class_logits = class_logits.float()
    log_probabilities = class_logits.log_softmax(dim=1)
    if batch.coarse.any():
        any_stuff = log_probabilities[:, batch.coarse].logsumexp(dim=1, keepdim=True)
        log_probabilities = torch.cat([any_stuff, log_probabilities[:, BACKGROUND + 1 :]], dim=1)
    total = F.nll_loss(log_probabilities, batch.labels, ignore_index=VOID, reduction="sum")
    if averaging == "mean_over_pixels_and_classes":
        total = total / class_logits.shape[1]
    return total, (batch.labels != VOID).sum()


def means(sums: Losses, counts: Losses) -> Losses:
    """Sums over counts; zero where nothing was counted."""
    return Losses(*(total / count.clamp(min=1) for total, count in zip(sums, counts, strict=True)))
