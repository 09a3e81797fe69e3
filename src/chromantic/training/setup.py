"""Sets a training up: afresh, or as it was when it was interrupted."""

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from chromantic.data.cache import PhotoCache, load_cache
from chromantic.errors import ChromanticError
from chromantic.model import pretrained
from chromantic.model.blocks import GatedResidualBlock
from chromantic.model.config import NetworkConfig
from chromantic.model.network import Chromantic
from chromantic.model.trunks.trunk import Trunk
from chromantic.training import checkpoints
from chromantic.training.clock import Clock
from chromantic.training.config import DataSection, OptimizationSection, TrainingConfig
from chromantic.training.losses import loss_weights
from chromantic.training.optim import build_optimizers, polyak_average
from chromantic.training.precision import computes_bfloat16
from chromantic.training.record import RunRecord, Start, record_of
from chromantic.training.tasks import Task

WEIGHTS = "weights.safetensors"
"""The result, in the run's folder."""


@dataclass
class Training:
    """A run in progress.

    Attributes:
        config: The experiment.
        task: What is trained.
        run: The run's folder.
        record: What must not change while the run goes on.
        accelerator: What this process shares with the others.
        photos: Photos to train on.
        photo_weights: How often to draw each of them.
        validation: Photos to measure on; None measures nothing.
        network: The network that learns.
        optimizers: What moves its weights.
        average: Its averaged weights, which are the result.
        clock: Hours so far.
        loss_weights: The weight of each loss.
        step: Finished steps.
    """

    config: TrainingConfig
    task: Task
    run: Path
    record: RunRecord
    accelerator: Accelerator
    photos: PhotoCache
    photo_weights: Float[Tensor, "photos"]
    validation: PhotoCache | None
    network: nn.Module
    optimizers: list[torch.optim.Optimizer]
    average: AveragedModel
    clock: Clock
    loss_weights: dict[str, float]
    step: int

    @property
    def finished(self) -> bool:
        """Whether the last step is done."""
        return self.step >= self.config.optimization.steps

    @property
    def averaged(self) -> nn.Module:
        """The network with the averaged weights, in evaluation mode."""
        return self.average.module


def set_up(config: TrainingConfig, run: Path, task: Task, start: str | Path | None) -> Training:
    """Reads the photos and builds the network, for a run that begins or for one that is resumed.

    Args:
        config: The experiment.
        run: The run's folder. A checkpoint in it is taken up; without one a record of the run is written there.
        task: What is trained.
        start: Weights that a run begins with; None begins afresh.

    Raises:
        ChromanticError: As `train` does, but for weights that explode.
    """
    optimization = config.optimization
    accelerator = _accelerator(optimization, run)
    if optimization.batch_size % accelerator.num_processes:
        raise ChromanticError(f"batch_size {optimization.batch_size} is not a multiple of the number of processes")
    weights_of_losses = loss_weights(optimization)
    photos, validation = _load_photos(config.data, accelerator.device)

    network_config = config.network.build(photos.class_names)
    if config.data.hint_probability and not network_config.hints:
        raise ChromanticError(f"hint_probability: {config.network.preset} networks take no hints; leave it out")
    record = RunRecord(network_config, photos.sources, optimization.batch_size, config.seed, task=task.key)
    checkpoint = checkpoints.newest(run)
    step = checkpoints.steps_of(checkpoint) if checkpoint else 0
    if checkpoint:
        record = record_of(run, record, start)
        if step >= optimization.steps and (run / WEIGHTS).exists():
            raise ChromanticError(f"{run}: has finished its {step} steps; its weights are {run / WEIGHTS}")
    elif start is not None:
        record = replace(record, start=Start.read(start))

    photo_weights = task.photo_weights(photos, config.data)
    set_seed(config.seed)
    if start is None or checkpoint:
        network = task.build(record.network, photos)
    else:
        network = _started(record.network, str(start))
    _prepare(network, optimization)
    average = polyak_average(network, optimization.polyak_decay).to(accelerator.device).eval()
    network, *optimizers = accelerator.prepare(network, *build_optimizers(network, optimization))
    training = Training(
        config=config,
        task=task,
        run=run,
        record=record,
        accelerator=accelerator,
        photos=photos.to(accelerator.device),
        photo_weights=photo_weights,
        validation=validation,
        network=network,
        optimizers=optimizers,
        average=average,
        clock=Clock(),
        loss_weights=weights_of_losses,
        step=step,
    )
    accelerator.register_for_checkpointing(average, training.clock)
    if checkpoint:
        checkpoints.load(accelerator, checkpoint)
    elif accelerator.is_main_process:
        record.write(run)
    return training


def _accelerator(optimization: OptimizationSection, run: Path) -> Accelerator:
    if optimization.compile:
        _check_compiler()
        torch.compiler.reset()  # else one process's ninth network or so would no longer be compiled
    precision = optimization.precision
    if precision == "auto":
        precision = "bf16" if computes_bfloat16() else "no"
    return Accelerator(
        mixed_precision=precision,
        dynamo_backend="inductor" if optimization.compile else None,
        log_with="tensorboard",
        project_dir=str(run),
    )


def _check_compiler() -> None:
    from torch._inductor.cpp_builder import get_cpp_compiler
    from torch._inductor.exc import InvalidCxxCompiler

    try:
        get_cpp_compiler()
    except InvalidCxxCompiler as error:
        raise ChromanticError("no C++ compiler (g++); install one, or set compile = false in the config") from error


def _load_photos(data: DataSection, device: torch.device) -> tuple[PhotoCache, PhotoCache | None]:
    """The photos to train on, and those to measure on, if there are any."""
    photos = load_cache(data.train)
    if data.validation is None:
        return photos, None
    validation = load_cache(data.validation).to(device)
    if len(validation.grids.unique(dim=0)) != 1:
        raise ChromanticError(f"{data.validation}: has photos of several sizes; prepare it squashed to 128 x 128")
    if validation.class_names != photos.class_names:
        raise ChromanticError(f"{data.validation}: has other classes than the training's photos; prepare both alike")
    return photos, validation


def _started(config: NetworkConfig, start: str) -> Chromantic:
    network = pretrained.load(start).train().requires_grad_(True)
    if network.config != config:
        raise ChromanticError(f"{start}: weights of another network than the experiment's; give others or none")
    return network


def _prepare(network: nn.Module, optimization: OptimizationSection) -> None:
    """Sets dropout, freezes what shall not learn, and lays the weights out channels last."""
    for module in network.modules():
        if isinstance(module, GatedResidualBlock):
            module.dropout = optimization.dropout
        elif isinstance(module, Trunk):
            module.freeze(optimization.frozen_blocks)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
