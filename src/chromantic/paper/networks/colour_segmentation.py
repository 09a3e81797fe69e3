"""The segmenter of colour photos that judges colorizations in the paper's experiments."""

from jaxtyping import Float
from torch import Tensor, nn

from chromantic.data.cache import Batch, PhotoCache
from chromantic.errors import ChromanticError
from chromantic.evaluation.judge.segmenter_network import SEGMENTER_KEY, SegmenterNetwork
from chromantic.model.config import NetworkConfig
from chromantic.training.config import DataSection, OptimizationSection
from chromantic.training.losses import Totals, cross_entropy


class ColourSegmentation:
    """How it is trained (`chromantic.training.tasks.Task`): on photos that have both colours and labels."""

    key = SEGMENTER_KEY

    def build(self, config: NetworkConfig, photos: PhotoCache) -> nn.Module:
        return SegmenterNetwork(config)

    def photo_weights(self, photos: PhotoCache, config: DataSection) -> Float[Tensor, "photos"]:
        usable = photos.labelled & photos.colourful
        if not usable.any():
            raise ChromanticError("no photo has colours and labels; prepare a collection that has both")
        return photos.sampling_weights(config.rare_class_power, config.source_shares) * usable

    def losses(self, network: nn.Module, batch: Batch, config: OptimizationSection) -> Totals:
        return {"segmentation": cross_entropy(network(batch.lightness, batch.chroma), batch, config)}
