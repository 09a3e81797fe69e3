"""A loss: how far the embedding's mean colours are from the truth, beside its likelihood."""

from torch import nn

from chromantic.data.cache import Batch
from chromantic.model import mixture
from chromantic.training.config import OptimizationSection
from chromantic.training.losses import Losses, summed_losses
from chromantic.training.tasks import ColorizationTask

WEIGHT = 0.05  # bits for a distance of one CIE unit


class MeanColourTask(ColorizationTask):
    """The paper's three losses, and the distance of the mean colours."""

    def losses(self, network: nn.Module, batch: Batch, config: OptimizationSection) -> tuple[Losses, Losses]:
        """Each loss summed over what it counts, and the counts."""
        prediction = network(batch.lightness, batch.chroma, batch.hints)
        sums, counts = summed_losses(prediction, batch, config.segmentation_loss)
        distances = (mixture.mean(prediction.scene.chroma_parameters) - batch.chroma).norm(dim=1)
        colourful = batch.colourful[:, None, None]
        return sums._replace(embedding=sums.embedding + WEIGHT * (distances * colourful).sum()), counts
