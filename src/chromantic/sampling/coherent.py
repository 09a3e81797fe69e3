"""Draws whose things hold together.

The generator draws pixel by pixel, and keeps to what it has begun. Here each thing of a photo draws one colour: of the
embedding's mixture at one of the thing's cells. All its cells take it for a noisy observation of their own colour, and
update their mixtures by Bayes' rule, component by component. So a whole car turns red. A cell that knows better, such
as a face in front of it, hardly heeds it. A draw is the mean of what is then expected, made as vivid as photographs.
One pass over the photo serves all draws.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from chromantic.sampling.noise import draw_normal_pair, to_gumbel
from chromantic.sampling.regions import find_regions
from chromantic.understanding import Components, Understanding

GAIN = 1.85
"""From the colourfulness of these draws to that of photographs (docs/experiments/choice.md)."""
_WITHIN = 8.0
"""How far colours differ within a thing: standard deviation in CIE units of the observation."""
_SPREAD = 0.6
"""Of a drawn colour about its component's mean, in standard deviations of the component."""


def sample_coherently(
    seen: Understanding,
    *,
    samples: int = 1,
    rng: np.random.Generator,
    temperature: float = 1.0,
    callback: Callable[[int, int], None] | None = None,
) -> Float[np.ndarray, "samples 2 height width"]:
    """Draws several colorizations of a photo, in CIE units.

    Args:
        seen: What the network understands of the photo.
        samples: Colorizations to draw.
        rng: The source of all randomness.
        temperature: Of the choice of a colour, at least 0; at 0 each thing takes the likeliest one of a random cell.
        callback: Called with the number of finished samples and of all; may raise to cancel.
    """
    regions = find_regions(seen)
    drawn = []
    for number in range(samples):
        colours = np.stack([_draw(seen.components, region, rng, temperature) for region in regions])
        drawn.append(GAIN * _updated(seen.components, regions, colours))
        if callback:
            callback(number + 1, samples)
    return np.stack(drawn)


def _draw(
    components: Components, region: Float[np.ndarray, "height width"], rng: np.random.Generator, temperature: float
) -> Float[np.ndarray, "2"]:
    """A colour of a region: of a component of one of its cells, chosen as far as the other cells agree with it."""
    cells = np.square(region.astype(np.float64)).cumsum()
    cell = int(np.searchsorted(cells, rng.random() * cells[-1], side="right"))
    log_weights, means, variances = (layer.reshape(*layer.shape[:-2], -1)[..., cell] for layer in components)
    gumbel = to_gumbel(rng.random(len(log_weights))).astype(np.float32)
    agreement = _density(components, region, means)
    component = int((log_weights + agreement + temperature * gumbel).argmax())
    noise = draw_normal_pair(rng).astype(np.float32)
    colour: np.ndarray = means[:, component] + temperature * _SPREAD * noise * np.sqrt(variances[:, component])
    return colour


def _density(
    components: Components, region: Float[np.ndarray, "height width"], colours: Float[np.ndarray, "2 colours"]
) -> Float[np.ndarray, "colours"]:
    """The logarithm of the mean density of colours over a region's cells, but for a constant."""
    log_weights, means, variances = (layer.reshape(*layer.shape[:-2], -1, 1) for layer in components)
    scatter = variances + _WITHIN**2
    surprise = (np.square(colours[:, None, None] - means) / scatter + np.log(scatter)).sum(axis=0)
    density = np.exp(log_weights - 0.5 * surprise).sum(axis=0)  # cells colours
    logarithm: np.ndarray = np.log((region.ravel() / region.sum()) @ density)
    return logarithm


def _updated(
    components: Components, regions: Float[np.ndarray, "regions height width"], colours: Float[np.ndarray, "regions 2"]
) -> Float[np.ndarray, "2 height width"]:
    """The colours expected of every cell once it has observed that of its region, or a mixture of its regions'."""
    log_weights, means, variances = components
    observed = np.einsum("rhw,rc->chw", regions, colours)[:, None]
    noise = _WITHIN**2
    surprise = (np.square(observed - means) / (variances + noise) + np.log(variances + noise)).sum(axis=0)
    logits = log_weights - 0.5 * surprise
    weights = np.exp(logits - logits.max(axis=0))
    posterior = (means / variances + observed / noise) / (1 / variances + 1 / noise)
    updated: np.ndarray = (weights / weights.sum(axis=0) * posterior).sum(axis=1)
    return updated
