"""The optimizers, their learning rate, and Polyak averaging."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from chromantic.model.generator import CANVAS_CHANNELS
from chromantic.model.segmentation import AtrousPyramid
from chromantic.training.config import OptimizationSection
from chromantic.training.muon import Muon


def build_optimizers(network: nn.Module, config: OptimizationSection) -> list[torch.optim.Optimizer]:
    """The paper's Adam for everything, or Muon for the hidden kernels and Adam for the rest."""

    def adam(weights: list[nn.Parameter]) -> torch.optim.Adam:
        return torch.optim.Adam(weights, config.learning_rate, betas=config.betas, eps=config.epsilon, fused=True)

    if config.muon_learning_rate is None:
        return [adam(list(network.parameters()))]
    hidden = _hidden_kernels(network)
    by_muon = set(map(id, hidden))
    others = [weight for weight in network.parameters() if id(weight) not in by_muon]
    return [adam(others), Muon(hidden, config.muon_learning_rate)]


def _hidden_kernels(network: nn.Module) -> list[nn.Parameter]:
    """The kernels over neighbours from features to features: none that reads a photo or writes class logits."""
    outputs = {id(w) for module in network.modules() if isinstance(module, AtrousPyramid) for w in module.parameters()}
    return [
        weight
        for weight in network.parameters()
        if weight.ndim == 4 and weight.shape[-1] > 1 and weight.shape[1] > CANVAS_CHANNELS and id(weight) not in outputs
    ]


def set_learning_rate(optimizer: torch.optim.Optimizer, step: int, config: OptimizationSection) -> None:
    """Give an optimizer the rate of a step (from 0): a linear rise, a plateau, a linear fall to zero at the end."""
    rise = (step + 1) / max(1, config.warmup_steps)
    fall = (config.steps - step) / max(1, config.decay_steps)
    for group in optimizer.param_groups:
        group["lr"] = optimizer.defaults["lr"] * min(1.0, rise, fall)


def polyak_average(network: nn.Module, decay: float) -> AveragedModel:
    """An average of the network's weights that forgets its start: the decay rises to its value over the first steps."""

    @torch.no_grad()
    def update(averages: Sequence[Tensor], weights: Sequence[Tensor], updates: Tensor | int) -> None:
        reached = min(decay, (1 + int(updates)) / (10 + int(updates)))
        torch._foreach_lerp_(list(averages), list(weights), 1 - reached)

    return AveragedModel(network, multi_avg_fn=update)
