"""Segmentation of grey photos without colorization, which the joint training is compared with (Figure 9)."""

from pathlib import Path

from jaxtyping import Float
from torch import Tensor, nn

from chromantic.colour.lab import normalize_lightness
from chromantic.data.cache import Batch, PhotoCache
from chromantic.model import pretrained
from chromantic.model.config import NetworkConfig
from chromantic.model.network import Chromantic
from chromantic.training.config import DataSection, OptimizationSection
from chromantic.training.losses import Totals, cross_entropy


class GreySegmenter(nn.Module):
    """The network's trunk and its segmentation branch: as they begin in the whole network, but alone."""

    def __init__(self, config: NetworkConfig) -> None:
        """Takes the config of a network that segments."""
        super().__init__()
        whole = Chromantic(config)
        assert whole.segmentation is not None
        self.config = config
        self.trunk, self.shared, self.segmentation = whole.trunk, whole.shared, whole.segmentation

    def forward(self, lightness: Float[Tensor, "batch 1 height width"]) -> Float[Tensor, "batch classes h w"]:
        """Class logits, at a quarter of the resolution, for L in [0, 100]."""
        logits: Tensor = self.segmentation(self.shared(self.trunk(normalize_lightness(lightness))))
        return logits


class GreySegmentation:
    """How it is trained (`chromantic.training.tasks.Task`): on the photos that the whole network sees, in their order.

    Those without labels teach it nothing, but keep their places.
    """

    key = "segmenter of grey photos"

    def __init__(self, colorizer: Path | None = None) -> None:
        """Takes weights of a colorizer whose trunk it begins with; None begins afresh."""
        self.colorizer = colorizer

    def build(self, config: NetworkConfig, photos: PhotoCache) -> nn.Module:
        network = GreySegmenter(config)
        if self.colorizer:
            network.trunk.load_state_dict(pretrained.load(self.colorizer).trunk.state_dict())
        return network

    def photo_weights(self, photos: PhotoCache, config: DataSection) -> Float[Tensor, "photos"]:
        return photos.sampling_weights(config.rare_class_power, config.source_shares)

    def losses(self, network: nn.Module, batch: Batch, config: OptimizationSection) -> Totals:
        return {"segmentation": cross_entropy(network(batch.lightness), batch, config)}
