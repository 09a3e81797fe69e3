"""Which of several draws to show.

The mean of the colours that the embedding deems possible is right about large things and free of patches. But it is
duller than photographs, as a mean of different colours is. Made as colourful as they are, it is the most natural single
result. Draws wander off pixel by pixel, so they are compared with it.
"""

import numpy as np
from jaxtyping import Float, Int64


def choose_samples(
    chroma: Float[np.ndarray, "photos candidates 2 height width"], expected: Float[np.ndarray, "photos 2 height width"]
) -> Int64[np.ndarray, "photos"]:
    """The number of each photo's candidate that is nearest to the colours expected there.

    Args:
        chroma: Samples, CIE units.
        expected: `Understanding.expected_chroma` of the photos.
    """
    distances = np.square(chroma - expected[:, None]).mean(axis=(2, 3, 4))
    chosen: np.ndarray = distances.argmin(axis=1)
    return chosen
