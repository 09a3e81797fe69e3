"""Drawing colorizations from the generator, exactly."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.model import mixture
from chromantic.model.network import Chromantic, Scene
from chromantic.sampling.cached import sample_cached
from chromantic.sampling.naive import sample_naively
from chromantic.sampling.noise import Noise, draw_noise

__all__ = ["Noise", "draw_noise", "sample_cached", "sample_chroma", "sample_naively"]


@torch.no_grad()
def sample_chroma(
    network: Chromantic,
    scene: Scene,
    *,
    samples: int = 1,
    generator: torch.Generator,
    temperature: float = 1.0,
    scale_temperature: float | None = None,
    callback: Callable[[int, int], None] | None = None,
) -> tuple[Float[Tensor, "samples 2 height width"], Float[Tensor, "samples"]]:
    """Draws several colorizations of each photo of a scene.

    Args:
        network: The network that encoded the scene.
        scene: Of one photo or of several.
        samples: Colorizations of each photo.
        generator: The source of all randomness, on the CPU.
        temperature: Of the choice of a mixture component, at least 0; 1 samples the model's distribution.
        scale_temperature: Of the spread within a component, at least 0; None takes `temperature`.
        callback: Called with the number of finished rows and of all rows; may raise to cancel.

    Returns:
        Chroma on the grid, in CIE units, all samples of the first photo first. And the log-likelihood of each sample
        under the model at temperature 1, in nats.
    """
    photos, _, height, width = scene.lightness.shape
    dtype, device = scene.lightness.dtype, scene.lightness.device
    noise = draw_noise(photos * samples, network.config.components, height, width, generator, dtype)

    options = temperature, temperature if scale_temperature is None else scale_temperature, callback
    if device.type == "cpu":
        from chromantic.sampling.compiled.sampler import sample_fast  # here: nothing else needs Numba

        chroma, parameters = sample_fast(network.generator, network.fuse(scene), scene.lightness, noise, *options)
    else:

        def repeat(x: Tensor) -> Tensor:
            return x.repeat_interleave(samples, dim=0)

        noise = Noise(*(part.to(device) for part in noise))
        chroma, parameters = sample_cached(
            network.generator, network.condition(scene).map(repeat), repeat(scene.lightness), noise, *options
        )
    return chroma, mixture.log_likelihood(parameters, chroma).sum(dim=(1, 2))
