"""Trunks: from lightness to features on the chroma's grid. A new one is a file here and an entry in `TRUNKS`."""

from collections.abc import Callable

from chromantic.model.config import NetworkConfig
from chromantic.model.trunks.efficientnet import EfficientNetTrunk
from chromantic.model.trunks.tables import TableTrunk
from chromantic.model.trunks.trunk import Trunk

TRUNKS: dict[str, Callable[[NetworkConfig], Trunk]] = {
    "tables": TableTrunk,
    "efficientnet-lite0": lambda config: EfficientNetTrunk(config, 0),
    "efficientnet-lite1": lambda config: EfficientNetTrunk(config, 1),
    "efficientnet-lite2": lambda config: EfficientNetTrunk(config, 2),
}
"""What builds each, by its name in a network's config."""
