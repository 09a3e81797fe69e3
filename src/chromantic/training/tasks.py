"""What the loop trains: the paper's network, or one that it is compared with or judged by."""

from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor, nn

from chromantic.data.cache import Batch, PhotoCache
from chromantic.model.config import NetworkConfig
from chromantic.model.network import Chromantic
from chromantic.model.pretrained import NETWORK_KEY
from chromantic.training.config import DataSection, OptimizationSection
from chromantic.training.losses import LOSSES, Totals


@runtime_checkable
class Task(Protocol):
    """A kind of network, and what it learns from photos.

    Attributes:
        key: Under which the weights' file holds the network's config.
    """

    key: str

    def build(self, config: NetworkConfig, photos: PhotoCache) -> nn.Module:
        """A network that has learned nothing."""
        ...

    def photo_weights(self, photos: PhotoCache, config: DataSection) -> Float[Tensor, "photos"]:
        """How often to draw every photo."""
        ...

    def losses(self, network: nn.Module, batch: Batch, config: OptimizationSection) -> Totals:
        """The losses of a batch, by names of `chromantic.training.losses.LOSSES`, each time the same ones."""
        ...


class ColorizationTask:
    """The paper's network and its three losses."""

    key = NETWORK_KEY

    def build(self, config: NetworkConfig, photos: PhotoCache) -> nn.Module:
        network = Chromantic(config)
        network.trunk.load_imagenet()
        return network

    def photo_weights(self, photos: PhotoCache, config: DataSection) -> Float[Tensor, "photos"]:
        return photos.sampling_weights(config.rare_class_power, config.source_shares)

    def losses(self, network: nn.Module, batch: Batch, config: OptimizationSection) -> Totals:
        share = config.generator_share if network.training else 1.0
        generated = max(1, round(len(batch.chroma) * share))
        prediction = network(batch.lightness, batch.chroma, batch.hints, generated)
        return {name: loss(prediction, batch, config) for name, loss in LOSSES.items()}


COLORIZATION = ColorizationTask()
