"""What a network understands of one photo, as arrays."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32

from chromantic.colour.lab import LIGHTNESS_MAX

GAIN = 1.6
"""From the colourfulness of mean colours to that of photographs (docs/experiments/choice.md)."""

KnownChroma = tuple[Float32[np.ndarray, "2 h w"], Bool[np.ndarray, "h w"]]
"""Chroma on the grid in CIE units, and where it is known."""


class Components(NamedTuple):
    """The components of each cell's mixture over chroma, as distributions of their own.

    Attributes:
        log_weights: Log-probabilities of the components.
        means: In CIE units.
        variances: In squared CIE units.
    """

    log_weights: Float32[np.ndarray, "components h w"]
    means: Float32[np.ndarray, "2 components h w"]
    variances: Float32[np.ndarray, "2 components h w"]


@dataclass(frozen=True, eq=False)
class Understanding:
    """What a network understands of one photo, cell by cell.

    Attributes:
        lightness: Normalized to [-1, 1].
        embedding: Features of the colour embedding.
        scene: What the generator is told.
        chroma_parameters: Of the embedding's mixture over chroma, as the network gives them.
        components: The same mixture's components.
        mean_chroma: a and b that the mixture expects, in CIE units.
        class_probabilities: How likely each class is; None where the network has no segmentation.
        find_entropy: Gives the entropy of such parameters.
    """

    lightness: Float32[np.ndarray, "h w"]
    embedding: Float32[np.ndarray, "channels h w"]
    scene: Float32[np.ndarray, "told h w"]
    chroma_parameters: Float32[np.ndarray, "maps h w"]
    components: Components
    mean_chroma: Float32[np.ndarray, "2 h w"]
    class_probabilities: Float32[np.ndarray, "classes h w"] | None
    find_entropy: Callable[[Float32[np.ndarray, "maps h w"]], Float32[np.ndarray, "h w"]]

    @cached_property
    def expected_chroma(self) -> Float32[np.ndarray, "2 h w"]:
        """A and b of the default result: the mean, as vivid as photographs, in CIE units."""
        return GAIN * self.mean_chroma

    @cached_property
    def cell_lightness(self) -> Float32[np.ndarray, "h w"]:
        """L in [0, 100]."""
        return (self.lightness + 1) * np.float32(LIGHTNESS_MAX / 2)

    @cached_property
    def direction(self) -> Float32[np.ndarray, "channels h w"]:
        """Of the embedding, a vector of length 1 for each cell: cells that mean the same have about the same."""
        direction: np.ndarray = self.embedding / np.maximum(np.linalg.norm(self.embedding, axis=0), 1e-6)
        return direction

    @cached_property
    def entropy(self) -> Float32[np.ndarray, "h w"]:
        """Of each cell's chroma on the 1-unit grid, in bits from 0 to 16."""
        return self.find_entropy(self.chroma_parameters)
