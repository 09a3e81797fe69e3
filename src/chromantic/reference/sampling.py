"""Draws of the generator in training and measuring, on any device."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.model import mixture
from chromantic.model.network import Chromantic, Scene
from chromantic.reference.cached import sample_cached
from chromantic.reference.noise import to_tensors
from chromantic.reference.pack import pack_generator
from chromantic.sampling.noise import draw_noise


@torch.no_grad()
def sample_chroma(
    network: Chromantic,
    scene: Scene,
    *,
    samples: int = 1,
    rng: np.random.Generator,
    temperature: float = 1.0,
    scale_temperature: float | None = None,
    callback: Callable[[int, int], None] | None = None,
) -> tuple[Float[Tensor, "samples 2 height width"], Float[Tensor, "samples"]]:
    """Draws several colorizations of each photo of a scene.

    Args:
        network: The network that encoded the scene.
        scene: Of one photo or of several.
        samples: Colorizations of each photo.
        rng: The source of all randomness.
        temperature: Of the choice of a mixture component, at least 0; 1 samples the model's distribution.
        scale_temperature: Of the spread within a component, at least 0; None takes `temperature`.
        callback: Called with the number of finished rows and of all rows; may raise to cancel.

    Returns:
        Chroma on the grid, in CIE units, all samples of the first photo first. And the log-likelihood of each sample
        under the model at temperature 1, in nats.
    """
    photos, _, height, width = scene.lightness.shape
    device, dtype = scene.lightness.device, np.dtype(str(scene.lightness.dtype).removeprefix("torch."))
    noise = draw_noise(photos * samples, network.config.components, height, width, rng, dtype)

    options = temperature, temperature if scale_temperature is None else scale_temperature, callback
    if device.type == "cpu":
        from chromantic.sampling.compiled.sampler import sample_fast  # here: nothing else needs Numba

        weights, told = pack_generator(network.generator), network.fuse(scene).numpy()
        drawn = sample_fast(weights, told, scene.lightness[:, 0].numpy(), noise, *options)
        chroma, parameters = map(torch.from_numpy, drawn)
    else:

        def repeat(x: Tensor) -> Tensor:
            return x.repeat_interleave(samples, dim=0)

        conditioning, lightness = network.condition(scene).map(repeat), repeat(scene.lightness)
        chroma, parameters = sample_cached(
            network.generator, conditioning, lightness, to_tensors(noise, device), *options
        )
    return chroma, mixture.log_likelihood(parameters, chroma).sum(dim=(1, 2))
