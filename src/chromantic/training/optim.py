"""The optimizers, their learning rate, and Polyak averaging."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from chromantic.model.blocks import NormalizedConv
from chromantic.model.generator import CANVAS_CHANNELS, CausalConv
from chromantic.model.trunks.trunk import Trunk
from chromantic.training.config import OptimizationSection
from chromantic.training.muon import Muon


def build_optimizers(network: nn.Module, config: OptimizationSection) -> list[torch.optim.Optimizer]:
    """The paper's Adam for everything, or Muon for the hidden kernels and Adam for the rest.

    What a trunk learned on ImageNet is Adam's, at a rate of its own. Frozen weights are nobody's.
    """

    def adam(weights: list[nn.Parameter], rate: float) -> torch.optim.Adam:
        return torch.optim.Adam(weights, rate, betas=config.betas, eps=config.epsilon, fused=True)

    learned = [
        weight
        for module in network.modules()
        if isinstance(module, Trunk)
        for weight in module.imagenet_parameters()
        if weight.requires_grad
    ]
    hidden = [] if config.muon_learning_rate is None else _hidden_kernels(network)
    apart = set(map(id, learned + hidden))
    others = [weight for weight in network.parameters() if weight.requires_grad and id(weight) not in apart]
    optimizers: list[torch.optim.Optimizer] = [adam(others, config.learning_rate)]
    if learned:
        optimizers.append(adam(learned, config.trunk_learning_rate))
    if config.muon_learning_rate is not None:
        optimizers.append(Muon(hidden, config.muon_learning_rate))
    return optimizers


def _hidden_kernels(network: nn.Module) -> list[nn.Parameter]:
    """The new kernels that mix features into features: none that reads a photo or a canvas, or writes an output."""
    convs: list[nn.Conv2d] = [module.conv for module in network.modules() if isinstance(module, NormalizedConv)]
    convs += [module for module in network.modules() if isinstance(module, CausalConv)]
    hidden = {id(conv.weight) for conv in convs if conv.in_channels > CANVAS_CHANNELS}
    return [weight for weight in network.parameters() if id(weight) in hidden]


def set_learning_rate(optimizer: torch.optim.Optimizer, step: int, config: OptimizationSection) -> None:
    """Gives an optimizer the rate of a step (from 0): a linear rise, a plateau, a linear fall to zero at the end.

    By hand, because a function of the step needs no state in a checkpoint, as PyTorch's schedulers do.
    """
    rise = (step + 1) / max(1, config.warmup_steps)
    fall = (config.steps - step) / max(1, config.decay_steps)
    for group in optimizer.param_groups:
        group["lr"] = optimizer.defaults["lr"] * min(1.0, rise, fall)


def polyak_average(network: nn.Module, decay: float) -> AveragedModel:
    """An average of the network's weights that forgets its start: the decay rises to its value over the first steps.

    The update is by hand, because PyTorch's (`get_ema_multi_avg_fn`) has one decay for all steps.
    """

    @torch.no_grad()
    def update(averages: Sequence[Tensor], weights: Sequence[Tensor], updates: Tensor | int) -> None:
        reached = min(decay, (1 + int(updates)) / (10 + int(updates)))
        torch._foreach_lerp_(list(averages), list(weights), 1 - reached)

    return AveragedModel(network, multi_avg_fn=update)
