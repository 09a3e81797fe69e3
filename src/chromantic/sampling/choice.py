"""Which of several samples to show: the one that agrees best with what the embedding makes of the whole photo.

A sample is drawn pixel by pixel and may wander off; the embedding's mean colours are calm but right about large things.
They are less colourful than photographs, so samples are compared with them made as colourful.
"""

from jaxtyping import Float, Int64
from torch import Tensor

CANDIDATES = 8
PREVIEW_GAIN = 1.6
"""From the colourfulness of mean colours to that of photographs (docs/sampling.md)."""


def choose_samples(
    chroma: Float[Tensor, "photos candidates 2 height width"], preview: Float[Tensor, "photos 2 height width"]
) -> Int64[Tensor, "photos"]:
    """The number of each photo's candidate that is nearest to its preview, made as colourful as photographs are.

    Args:
        chroma: Samples, CIE units.
        preview: `chromantic.model.mixture.mean` of the embedding's parameters, CIE units.
    """
    return (chroma - PREVIEW_GAIN * preview.unsqueeze(1)).square().mean(dim=(2, 3, 4)).argmin(dim=1)
