"""The colours that the network deems likely at a place: what a palette offers for it."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from chromantic.colour.lab import LIGHTNESS_MAX, fit_chroma_to_gamut, lab_to_rgb, to_levels
from chromantic.guidance.carrying import Carrier
from chromantic.understanding import Understanding

MOST_SUGGESTIONS = 8
_STEP = 6.0  # CIE units between the colours that are looked at
_REACH = 12.0  # CIE units within which two colours count as one
_LEAST = 0.01  # probability of a suggestion
_NEGLIGIBLE = 1e-5  # probability of a colour that is not looked at
_FREE_VARIANCE = 4.0  # squared CIE units that a known colour is still free by


@dataclass(frozen=True)
class Suggestion:
    """A likely colour.

    Attributes:
        colour: As `#rrggbb`, at the lightness of the place.
        chroma: a and b in CIE units: what to give a hint.
        probability: That the true colour is about this one.
    """

    colour: str
    chroma: tuple[float, float]
    probability: float


def suggest(
    understanding: Understanding, cell: tuple[int, int], lightness: float, carrier: Carrier | None
) -> list[Suggestion]:
    """The likeliest colours of a cell, at most `MOST_SUGGESTIONS`, distinct to the eye, the likeliest first.

    Each is the colour with the most probability around it that no one before it has.

    Args:
        understanding: What the network understands of the photo.
        cell: Row and column.
        lightness: L in [0, 100] of the place; colours that sRGB lacks at it count as the nearest that it has.
        carrier: Of the hints so far; None where there are none.
    """
    grid = np.arange(-108, 109, _STEP)
    colours = np.stack(np.meshgrid(grid, grid, indexing="ij")).reshape(2, -1)
    left = _probabilities(understanding, cell, carrier, colours)
    colours, left = colours[:, left > _NEGLIGIBLE], left[left > _NEGLIGIBLE]
    inside = np.full((1, len(left)), min(max(lightness, 1), LIGHTNESS_MAX - 1), np.float32)
    fitted = fit_chroma_to_gamut(inside, colours[:, None].astype(np.float32))[:, 0].astype(np.float64)
    near = ((fitted[:, :, None] - fitted[:, None]) ** 2).sum(axis=0) <= _REACH**2
    suggestions: list[Suggestion] = []
    while len(suggestions) < MOST_SUGGESTIONS:
        mass = near @ left
        best = int(mass.argmax())
        if mass[best] < _LEAST:
            break
        around = near[best] * left
        chroma = fitted @ around / around.sum()
        a, b = chroma.tolist()
        suggestions.append(Suggestion(_code(lightness, chroma), (a, b), float(mass[best])))
        left = np.where(near[best], 0, left)
    return suggestions


def _probabilities(
    understanding: Understanding,
    cell: tuple[int, int],
    carrier: Carrier | None,
    colours: Float64[np.ndarray, "2 colours"],
) -> Float64[np.ndarray, "colours"]:
    """Of each colour, summing to one: the mixture, drawn together around what is known as far as it is."""
    log_weights, means, variances = (part[..., *cell].astype(np.float64) for part in understanding.components)
    if carrier:
        share = carrier.share[cell]
        known = carrier.carry(understanding.expected_chroma[None])[0][:, *cell]
        means = means + share * (known[:, None] - means)
        variances = variances * (1 - share) ** 2 + share * _FREE_VARIANCE
    variances = variances + _STEP**2 / 12  # of a step of the grid
    surprise = (colours[:, :, None] - means[:, None]) ** 2 / variances[:, None] + np.log(variances)[:, None]
    density = np.exp(log_weights - 0.5 * surprise.sum(axis=0) - math.log(2 * math.pi)).sum(axis=1)
    probabilities: np.ndarray = density / max(density.sum(), 1e-300)
    return probabilities


def _code(lightness: float, chroma: Float64[np.ndarray, "2"]) -> str:
    lab = np.array([lightness, *chroma], np.float32)[:, None, None]
    fitted = np.concatenate([lab[:1], fit_chroma_to_gamut(lab[0], lab[1:])])
    red, green, blue = to_levels(lab_to_rgb(fitted)).ravel().astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"
