"""The colours that the network deems likely at a place: what a palette offers for it."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from chromantic.colour.lab import LIGHTNESS_MAX, fit_chroma_to_gamut, lab_to_rgb, to_levels
from chromantic.understanding import Components

MOST_SUGGESTIONS = 8
_STEP = 4.0  # CIE units between the colours that are looked at
_REACH = 12.0  # CIE units within which two colours count as one
_LEAST = 0.01  # probability of a suggestion
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
    components: Components, cell: tuple[int, int], lightness: float, known: tuple[float, float] | None, share: float
) -> list[Suggestion]:
    """The likeliest colours of a cell, at most `MOST_SUGGESTIONS`, distinct to the eye, the likeliest first.

    Each is the colour with the most probability around it that no one before it has.

    Args:
        components: Of the mixtures of all cells.
        cell: Row and column.
        lightness: L in [0, 100] of the place; colours that sRGB lacks at it count as the nearest that it has.
        known: a and b of the cell as the hints have it; None without hints.
        share: How much of the cell's colour is known by them, from 0 to 1.
    """
    grid = np.arange(-108, 109, _STEP)
    colours = np.stack(np.meshgrid(grid, grid, indexing="ij")).reshape(2, -1)
    left = _probabilities(components, cell, known, share, colours)
    fitted = fit_chroma_to_gamut(
        np.full((1, colours.shape[1]), min(max(lightness, 1), LIGHTNESS_MAX - 1), np.float32),
        colours[:, None].astype(np.float32),
    )[:, 0].astype(np.float64)
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
    components: Components,
    cell: tuple[int, int],
    known: tuple[float, float] | None,
    share: float,
    colours: Float64[np.ndarray, "2 colours"],
) -> Float64[np.ndarray, "colours"]:
    """Of each colour, summing to one: the mixture, drawn together around what is known as far as it is."""
    log_weights, means, variances = (part[..., *cell].astype(np.float64) for part in components)
    if known is not None:
        means = means + share * (np.array(known)[:, None] - means)
        variances = variances * (1 - share) ** 2 + _FREE_VARIANCE
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
