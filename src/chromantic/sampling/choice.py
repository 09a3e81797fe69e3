"""One colorization without drawing, and which of several draws to show.

The mean of the colours that the embedding deems possible is right about large things and free of patches. But it is
duller than photographs, as a mean of different colours is. Made as colourful as they are, it is the most natural single
result. Draws wander off pixel by pixel, so they are compared with it.
"""

from jaxtyping import Float, Int64
from torch import Tensor

from chromantic.model import mixture
from chromantic.understanding import GAIN


def expected_chroma(
    parameters: Float[Tensor, "photos maps height width"],
) -> Float[Tensor, "photos 2 height width"]:
    """The colours that the embedding expects, as vivid as photographs, in CIE units.

    Args:
        parameters: The embedding's mixture of each pixel.
    """
    return GAIN * mixture.mean(parameters)


def choose_samples(
    chroma: Float[Tensor, "photos candidates 2 height width"], expected: Float[Tensor, "photos 2 height width"]
) -> Int64[Tensor, "photos"]:
    """The number of each photo's candidate that is nearest to the colours expected there.

    Args:
        chroma: Samples, CIE units.
        expected: `expected_chroma` of the photos.
    """
    return (chroma - expected.unsqueeze(1)).square().mean(dim=(2, 3, 4)).argmin(dim=1)
