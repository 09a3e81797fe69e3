"""How likely a network deems the true colours."""

import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.evaluation.colorized import Colorized
from chromantic.evaluation.measures.floor import floor_log_likelihood
from chromantic.model import mixture
from chromantic.model.generator import canvas_of

BITS = "bits_per_dimension@squash128_chroma32_grid1"


@torch.inference_mode()
def true_bits(colorized: Colorized) -> dict[str, Float[Tensor, "photos 32 32"]]:
    """Bits per dimension of each pixel's true chroma under the floor, if known, the embedding and the generator.

    Nothing without a network.
    """
    if colorized.output is None:
        return {}
    network, scene, floor = colorized.output.network, colorized.output.scene, colorized.output.floor
    truth = colorized.truth.chroma
    chroma = truth.to(scene.embedding.device)
    teacher_forced = network.generator(canvas_of(chroma, scene.lightness), network.condition(scene))
    log_likelihoods = {
        "embedding": mixture.log_likelihood(scene.chroma_parameters, chroma),
        "generator": mixture.log_likelihood(teacher_forced, chroma),
    }
    if floor is not None:
        log_likelihoods = {"floor": floor_log_likelihood(floor, truth), **log_likelihoods}
    return {what: mixture.bits_per_dimension(nats).cpu() for what, nats in log_likelihoods.items()}
