"""What a user should know of a photo before it is colorized: it is no grey picture, or a negative.

The thresholds were measured on 2100 photos in colour, and on their greys and negatives.
"""

import logging

import numpy as np
from jaxtyping import Float

from chromantic.colour.lab import rgb_to_lab
from chromantic.photo.photo import Photo

_SIDE = 128
_MOST_SAMPLES = 1 << 20
_COLOURFUL = 6.0  # of chroma (root mean square) that lightness does not explain; a toned print has 1 to 3
_MASK = (0.65, 0.9)  # of red are blue and green at most in the film of colour negatives
_MASKED = 0.9  # of the pixels are redder than green, and greener than blue
_UNTONED = 4.5  # of the same chroma a colour negative has at least; noisy sepia has 4
_NEGATIVE = 0.2  # detail in the highlights, less that in the shadows: 1 of 200 greys has more
_RADIUS = 4
_log = logging.getLogger(__name__)


def log_notices(photo: Photo, name: str = "photo", *, invert: bool, descreen: bool) -> None:
    """Warns in the log of what is odd about a photo, unless an option has been taken against it.

    Args:
        photo: The photo.
        name: What messages call a photo that has no path.
        invert: Whether a negative is made a positive.
        descreen: Whether a screen is smoothed.
    """
    mended = {"bilevel": descreen, "negative": invert}
    for what, notice in notices(photo).items():
        if not mended.get(what):
            _log.warning("%s: %s", photo.source or name, notice)


def notices(photo: Photo) -> dict[str, str]:
    """What is odd about a photo, and the remedy, by what it is: `bilevel`, `colour`, `negative`."""
    found = {}
    if _is_bilevel(photo):
        found["bilevel"] = "is pure black and white, where no colour fits; the option descreen smooths it to grey"
        return found
    small = _small(photo)
    if min(small.shape[:2]) < 2 * _RADIUS:
        return found
    if _looks_negative(small):
        found["negative"] = "looks like a negative; the option invert makes a positive of it"
    elif small.shape[2] == 3 and _chroma_besides_tone(small) > _COLOURFUL:
        found["colour"] = "is in colour already, of which only the lightness is used"
    return found


def _is_bilevel(photo: Photo) -> bool:
    step = max(1, int(np.sqrt(photo.size[0] * photo.size[1] / _MOST_SAMPLES)))
    samples = photo.pixels[::step, ::step]
    light = samples == photo.white
    return bool(light.any() and not light.all() and (light | (samples == 0)).all())


def _small(photo: Photo) -> Float[np.ndarray, "height width channels"]:
    """Samples in [0, 1] of a small picture: averages over squares, in a large photo of pixels here and there."""
    step = max(1, max(photo.size) // (4 * _SIDE))
    samples = photo.pixels[::step, ::step].astype(np.float32) / np.float32(photo.white)
    square = max(1, max(samples.shape[:2]) // _SIDE)
    rows, columns = (max(1, side // square) for side in samples.shape[:2])
    if square == 1 or min(samples.shape[:2]) < square:
        return samples
    whole = samples[: rows * square, : columns * square]
    small: np.ndarray = whole.reshape(rows, square, columns, square, -1).mean(axis=(1, 3))
    return small


def _chroma_besides_tone(small: Float[np.ndarray, "height width 3"]) -> float:
    """The root mean square of chroma that does not go with lightness."""
    lightness, *chroma = rgb_to_lab(np.moveaxis(small, -1, 0)).reshape(3, -1).astype(np.float64)
    tones = np.column_stack([lightness**0, lightness, lightness**2])
    rest = np.column_stack(chroma)
    rest = rest - tones @ np.linalg.lstsq(tones, rest, rcond=None)[0]
    return float(np.sqrt((rest**2).sum(axis=1).mean()))


def _looks_negative(small: Float[np.ndarray, "height width channels"]) -> bool:
    """Whether it has a colour negative's orange mask, or its detail where photos have none: in the highlights."""
    if small.shape[2] == 3:
        red, green, blue = np.moveaxis(small, -1, 0)
        tops = np.quantile(small, 0.99, axis=(0, 1))
        masked = ((red >= green) & (green >= blue)).mean() > _MASKED
        if masked and tops[2] < _MASK[0] * tops[0] and tops[1] < _MASK[1] * tops[0]:
            return _chroma_besides_tone(small) > _UNTONED
    grey = small.mean(axis=2, dtype=np.float64)
    low, high = np.quantile(grey, [0.01, 0.99])
    level = ((grey - low) / max(1e-3, high - low)).clip(0, 1) - 0.5
    detail = np.sqrt(_box((level - _box(level)) ** 2).clip(0))

    def lighter(most: float, least: float, picked: np.ndarray) -> float:
        light = (level >= least) & (level < most) & picked
        dark = (level <= -least) & (level > -most) & picked
        return float(light.mean() - dark.mean())

    strong, weak = detail >= 0.08, (detail >= 0.04) & (detail < 0.08)
    return lighter(0.4, 0.25, strong) + 1.7 * lighter(0.51, 0.4, weak) > _NEGATIVE


def _box(values: Float[np.ndarray, "height width"]) -> Float[np.ndarray, "height width"]:
    """The mean of the square around each pixel."""
    size = 2 * _RADIUS + 1
    sums = np.pad(np.pad(values, _RADIUS, mode="edge"), ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    left, right = sums[:, :-size], sums[:, size:]
    means: np.ndarray = (right[size:] - right[:-size] - left[size:] + left[:-size]) / size**2
    return means
