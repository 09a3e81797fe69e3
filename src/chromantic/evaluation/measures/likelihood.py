"""How likely a model deems the true colours."""

import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.evaluation.measures.floor import floor_log_likelihood
from chromantic.evaluation.protocol import Truth
from chromantic.model import mixture
from chromantic.model.generator import canvas_of
from chromantic.model.network import Chromantic, Scene


@torch.inference_mode()
def true_bits(
    model: Chromantic, scene: Scene, truth: Truth, floor: Float[Tensor, "levels levels"] | None
) -> dict[str, Float[Tensor, "batch 32 32"]]:
    """Bits per dimension of each pixel's true chroma under the floor, the embedding and the generator.

    Args:
        model: which understood the scene.
        scene: of the photos.
        truth: the photos.
        floor: `fit_floor` of the training photos; without it, there is none.
    """
    chroma = truth.chroma.to(scene.embedding.device)
    teacher_forced = model.generator(canvas_of(chroma, scene.lightness), model.condition(scene))
    log_likelihoods = {
        "embedding": mixture.log_likelihood(scene.chroma_parameters, chroma),
        "generator": mixture.log_likelihood(teacher_forced, chroma),
    }
    if floor is not None:
        log_likelihoods = {"floor": floor_log_likelihood(floor, truth.chroma)} | log_likelihoods
    return {what: mixture.bits_per_dimension(nats).cpu() for what, nats in log_likelihoods.items()}
