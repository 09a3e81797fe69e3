"""A loss: how far the embedding's mean colours are from the truth, in CIE units."""

from chromantic.data.cache import Batch
from chromantic.model import mixture
from chromantic.model.network import Prediction
from chromantic.training.config import OptimizationSection
from chromantic.training.losses import Total


def distance_loss(prediction: Prediction, batch: Batch, config: OptimizationSection) -> Total:
    """Distance of the mean colours from the photo's, over the pixels of colourful photos."""
    distances = (mixture.mean(prediction.scene.chroma_parameters) - batch.chroma).norm(dim=1)
    colourful = batch.colourful[:, None, None].expand_as(distances)
    return Total((distances * colourful).sum(), colourful.sum())
