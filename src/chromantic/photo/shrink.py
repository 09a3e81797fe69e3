"""Photos made smaller, for showing."""

from dataclasses import replace

import numpy as np
import pyvips

from chromantic.photo.photo import Photo


def shrink_photo(photo: Photo, longest: int) -> Photo:
    """The photo with a longer side of so many pixels, its proportions kept; one that is no larger as it is."""
    scale = longest / max(photo.size)
    if scale >= 1:
        return photo
    width, height = (max(1, round(side * scale)) for side in photo.size)

    def resize(samples: np.ndarray) -> np.ndarray:
        image = pyvips.Image.new_from_array(np.ascontiguousarray(samples))
        options = {"vscale": height / image.height, "kernel": "linear"}  # which stays within the samples' range
        resized: np.ndarray = image.resize(width / image.width, **options).numpy()
        return resized

    pixels = resize(photo.pixels)
    alpha = None if photo.alpha is None else resize(photo.alpha)
    return replace(photo, pixels=pixels[..., None] if pixels.ndim == 2 else pixels, alpha=alpha)
