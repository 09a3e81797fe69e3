"""What a colorizer made of a batch of photos: all that the measures of pictures are taken of."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from chromantic.evaluation.truth import Truth
from chromantic.model.network import Chromantic, Scene


@dataclass(frozen=True)
class NetworkOutput:
    """What a network says of photos besides pictures.

    Attributes:
        network: In evaluation mode.
        scene: What it understood.
        chroma: By way of colorizing, in CIE units; the ways are those of the pictures.
        floor: `fit_floor` of its training photos, if they are known.
    """

    network: Chromantic
    scene: Scene
    chroma: dict[str, Float[Tensor, "_ photos 2 32 32"]]
    floor: Float[Tensor, "levels levels"] | None = None


@dataclass(frozen=True)
class Colorized:
    """Photos and pictures of them.

    Attributes:
        truth: The photos, all of which have colours.
        pictures: By way of colorizing, sRGB in 0..255: one picture of each photo, or several samples. `grey` is always
            among them.
        output: What the network said; None where the pictures come from elsewhere.
    """

    truth: Truth
    pictures: dict[str, Float[Tensor, "_ photos 3 128 128"]]
    output: NetworkOutput | None = None
