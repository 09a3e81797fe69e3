"""Adam, its learning rate, and Polyak averaging."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from chromantic.training.config import OptimizationSection


def build_optimizer(network: nn.Module, config: OptimizationSection) -> torch.optim.Adam:
    """The paper's Adam."""
    return torch.optim.Adam(
        network.parameters(), config.learning_rate, betas=config.betas, eps=config.epsilon, fused=True
    )


def learning_rate(step: int, config: OptimizationSection) -> float:
    """The rate of a step (from 0): a linear rise, a plateau, a linear fall to zero at the end."""
    rise = (step + 1) / max(1, config.warmup_steps)
    fall = (config.steps - step) / max(1, config.decay_steps)
    return config.learning_rate * min(1.0, rise, fall)


def polyak_average(network: nn.Module, decay: float) -> AveragedModel:
    """An average of the network's weights that forgets its start: the decay rises to its value over the first steps."""

    @torch.no_grad()
    def update(averages: Sequence[Tensor], weights: Sequence[Tensor], updates: Tensor | int) -> None:
        reached = min(decay, (1 + int(updates)) / (10 + int(updates)))
        torch._foreach_lerp_(list(averages), list(weights), 1 - reached)

    return AveragedModel(network, multi_avg_fn=update)
