"""CIE Lab of what tests look at."""

import numpy as np
from PIL import Image

from chromantic.colour.lab import rgb_to_lab


def lab_of(image: Image.Image) -> np.ndarray:
    return rgb_to_lab(np.moveaxis(np.asarray(image.convert("RGB"), np.float32) / 255, -1, 0))
