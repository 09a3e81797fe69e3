"""Draws whose things hold together.

The generator draws pixel by pixel, and keeps to what it has begun. Here each thing of a photo draws one colour: of the
embedding's mixture at one of the thing's cells. All its cells take it for a noisy observation of their own colour, and
update their mixtures by Bayes' rule, component by component. So a whole car turns red. A cell that knows better, such
as a face in front of it, hardly heeds it. A draw is the mean of what is then expected, made as vivid as photographs.
One pass over the photo serves all draws.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.model import mixture
from chromantic.model.network import Scene
from chromantic.sampling.noise import to_gumbel
from chromantic.sampling.regions import find_regions

GAIN = 1.85
"""From the colourfulness of these draws to that of photographs (docs/experiments/choice.md)."""
_WITHIN = 8.0
"""How far colours differ within a thing: standard deviation in CIE units of the observation."""
_SPREAD = 0.6
"""Of a drawn colour about its component's mean, in standard deviations of the component."""


@torch.no_grad()
def sample_coherently(
    scene: Scene,
    *,
    samples: int = 1,
    generator: torch.Generator,
    temperature: float = 1.0,
    callback: Callable[[int, int], None] | None = None,
) -> Float[Tensor, "samples 2 height width"]:
    """Draws several colorizations of one photo, in CIE units.

    Args:
        scene: Of one photo.
        samples: Colorizations to draw.
        generator: The source of all randomness, on the CPU.
        temperature: Of the choice of a colour, at least 0; at 0 each thing takes the likeliest one of a random cell.
        callback: Called with the number of finished samples and of all; may raise to cancel.
    """
    regions = find_regions(scene)
    components = mixture.components(scene.chroma_parameters)
    drawn = []
    for number in range(samples):
        colours = torch.stack([_draw(components, region, generator, temperature) for region in regions])
        drawn.append(GAIN * _updated(components, regions, colours))
        if callback:
            callback(number + 1, samples)
    return torch.stack(drawn)


def _draw(
    components: mixture.Components,
    region: Float[Tensor, "height width"],
    generator: torch.Generator,
    temperature: float,
) -> Float[Tensor, "2"]:
    """A colour of a region: of a component of one of its cells, chosen as far as the other cells agree with it."""
    cells = region.cpu().double().square().flatten()
    cell = int(torch.multinomial(cells, 1, generator=generator))
    log_weights, means, variances = (layer[0].flatten(-2)[..., cell] for layer in components)
    gumbel = to_gumbel(torch.rand(log_weights.shape, generator=generator, dtype=torch.float64)).to(log_weights)
    agreement = _density(components, region, means)
    component = int((log_weights + agreement + temperature * gumbel).argmax())
    noise = torch.randn(2, generator=generator).to(means)
    return means[:, component] + temperature * _SPREAD * noise * variances[:, component].sqrt()


def _density(
    components: mixture.Components, region: Float[Tensor, "height width"], colours: Float[Tensor, "2 colours"]
) -> Float[Tensor, "colours"]:
    """The logarithm of the mean density of colours over a region's cells, but for a constant."""
    log_weights, means, variances = (layer[0].flatten(-2).unsqueeze(-1) for layer in components)
    scatter = variances + _WITHIN**2
    surprise = ((colours[:, None, None] - means).square() / scatter + scatter.log()).sum(dim=0)
    density = (log_weights - 0.5 * surprise).exp().sum(dim=0)  # cells colours
    return ((region.flatten() / region.sum()) @ density).log()


def _updated(
    components: mixture.Components,
    regions: Float[Tensor, "regions height width"],
    colours: Float[Tensor, "regions 2"],
) -> Float[Tensor, "2 height width"]:
    """The colours expected of every cell once it has observed that of its region, or a mixture of its regions'."""
    log_weights, means, variances = (layer[0] for layer in components)
    observed = torch.einsum("rhw,rc->chw", regions, colours)[:, None]
    noise = _WITHIN**2
    surprise = (observed - means).square() / (variances + noise) + (variances + noise).log()
    weights = (log_weights - 0.5 * surprise.sum(dim=0)).softmax(dim=0)
    posterior = (means / variances + observed / noise) / (1 / variances + 1 / noise)
    return (weights * posterior).sum(dim=1)
