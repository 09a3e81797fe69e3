"""Draws whose things hold together: a few places draw their colours, and the network carries them on.

A network that takes hints (`chromantic.hints`) knows how far a colour reaches: over the whole sofa, and no further.
So the most uncertain place of a photo draws a colour from the embedding's mixture and tells it to the network as a
hint; then the most uncertain place that is left does, and so on. What is drawn at each place depends on all that was
drawn before, as in the paper's generator, but the places are few and chosen by need instead of all pixels in raster
order. The result is the mean of what the network then expects.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from chromantic.hints import Hints
from chromantic.lab import denormalize_chroma
from chromantic.model import mixture
from chromantic.model.network import Chromantic, Reading, Scene

PLACES = 12
"""That draw a colour for each sample, at most."""
_NEIGHBOURHOOD = 3  # cells along a side, over which uncertainty is averaged: a thing, not a speck


@torch.no_grad()
def sample_coherently(
    network: Chromantic,
    reading: Reading,
    *,
    samples: int = 1,
    generator: torch.Generator,
    temperature: float = 1.0,
    places: int = PLACES,
    callback: Callable[[int, int], None] | None = None,
) -> tuple[Float[Tensor, "samples 2 height width"], Scene]:
    """Draw several colorizations of one photo.

    Args:
        network: One that takes hints.
        reading: Of one photo, by that network.
        samples: Colorizations to draw.
        generator: The source of all randomness, on the CPU.
        temperature: Of the choice of a mixture component, at least 0; 1 draws as the embedding believes.
        places: That draw a colour for each sample.
        callback: Called with the number of finished places and of all; may raise to cancel.

    Returns:
        Chroma in CIE units of each sample, and the scene as it was last understood for each.
    """
    reading = reading.repeat(samples)
    width = reading.lightness.shape[3]
    hints = Hints(
        torch.zeros_like(reading.lightness).expand(-1, 2, -1, -1).clone(),
        torch.zeros_like(reading.lightness[:, 0], dtype=torch.bool),
    )
    scene = network.understand(reading, hints)
    for place in range(places):
        chosen = _most_uncertain(scene, hints)
        row, column = chosen // width, chosen % width
        each = torch.arange(samples)
        parameters = scene.chroma_parameters[each, :, row, column]
        hints.chroma[each, :, row, column] = _draw(parameters, generator, temperature)
        hints.known[each, row, column] = True
        scene = network.understand(reading, hints)
        if callback:
            callback(place + 1, places)
    return mixture.mean(scene.chroma_parameters), scene


def _most_uncertain(scene: Scene, hints: Hints) -> Tensor:
    """For each sample the number of the cell about which colours differ most, none that has drawn already."""
    spread = F.avg_pool2d(
        mixture.variance(scene.chroma_parameters).sum(dim=1, keepdim=True),
        _NEIGHBOURHOOD,
        stride=1,
        padding=_NEIGHBOURHOOD // 2,
        count_include_pad=False,
    )[:, 0]
    return spread.masked_fill(hints.known, -1.0).flatten(1).argmax(dim=1)


def _draw(
    parameters: Float[Tensor, "samples maps"], generator: torch.Generator, temperature: float
) -> Float[Tensor, "samples 2"]:
    """The mean of a component of each mixture, drawn by weight: a colour from the middle of its kind."""
    logits, means, _, coefficients = mixture.split_maps(parameters)
    uniform = torch.rand(logits.shape, generator=generator, dtype=torch.float64).clamp(min=1e-300)
    gumbel = -torch.log(-torch.log(uniform)).to(logits)
    component = (logits + temperature * gumbel).argmax(dim=1, keepdim=True)
    components = logits.shape[1]
    a = means[:, :components].gather(1, component)
    b = means[:, components:].gather(1, component) + coefficients.gather(1, component).tanh() * a
    return denormalize_chroma(torch.cat([a, b], dim=1))
