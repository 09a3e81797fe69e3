"""The training loop: the losses of a task, one network, any number of processes."""

import time
from dataclasses import replace
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import nn

from chromantic.data.batches import sample_batch
from chromantic.data.cache import Batch, PhotoCache, load_cache
from chromantic.data.hint_draws import draw_hints
from chromantic.errors import ChromanticError
from chromantic.model import pretrained
from chromantic.model.blocks import GatedResidualBlock
from chromantic.model.config import NetworkConfig
from chromantic.model.network import Chromantic
from chromantic.model.trunks import Trunk
from chromantic.training import checkpoints
from chromantic.training.clock import Clock, machine
from chromantic.training.config import TrainingConfig
from chromantic.training.log import Log
from chromantic.training.losses import Losses, means
from chromantic.training.optim import build_optimizers, polyak_average, set_learning_rate
from chromantic.training.precision import computes_bfloat16, flushed_denormals
from chromantic.training.progress_sheet import write_pictures
from chromantic.training.record import RunRecord, Start, record_of
from chromantic.training.tasks import COLORIZATION, Task

VALIDATION_BATCH = 32


@flushed_denormals()
def train(
    config: TrainingConfig,
    run: Path,
    *,
    task: Task = COLORIZATION,
    start: str | Path | None = None,
    minutes: float | None = None,
) -> Path | None:
    """Train a network, or go on with a training that was interrupted.

    The same command starts and resumes: a run folder with a checkpoint goes on from it, with the numbers of an
    uninterrupted training. Under `torchrun` or `accelerate launch` each process takes its part of every batch.

    Args:
        config: The experiment.
        run: Folder for checkpoints, `metrics.jsonl`, TensorBoard events, pictures and the resulting weights.
        task: What to train.
        start: Weights to start from, by name or file, as for training on one's own photos; None starts afresh. They
            are of a colorization, and are read when the run begins, not when it goes on.
        minutes: Stop after this time, with a checkpoint; None trains to the last step.

    Returns:
        The weights' file, or None if the training stopped before its last step.

    Raises:
        ChromanticError: The caches or the weights to start from cannot be used, the run folder holds another training
            or one that has finished, there is no compiler for `compile = true`, or the weights have become infinite or
            not numbers; the last checkpoint is sound.
    """
    deadline = None if minutes is None else time.monotonic() + 60 * minutes
    optimization = config.optimization
    if optimization.compile:
        _check_compiler()
        torch.compiler.reset()  # else one process's ninth network or so would no longer be compiled
    precision = optimization.precision
    if precision == "auto":
        precision = "bf16" if computes_bfloat16() else "no"
    accelerator = Accelerator(
        mixed_precision=precision,
        dynamo_backend="inductor" if optimization.compile else None,
        log_with="tensorboard",
        project_dir=str(run),
    )
    photos = load_cache(config.data.train)
    validation = None
    if config.data.validation:
        validation = _load_validation(config.data.validation, photos.class_names, accelerator.device)
    if optimization.batch_size % accelerator.num_processes:
        raise ChromanticError(f"batch_size {optimization.batch_size} is not a multiple of the number of processes")

    weights_file = run / "weights.safetensors"
    network_config = config.network.build(photos.class_names)
    record = RunRecord(network_config, photos.sources, optimization.batch_size, config.seed, task=task.key)
    checkpoint = checkpoints.newest(run)
    first = checkpoints.steps_of(checkpoint) if checkpoint else 0
    if checkpoint:
        record = record_of(run, record, start)
        if first >= optimization.steps and weights_file.exists():
            raise ChromanticError(f"{run}: has finished its {first} steps; its weights are {weights_file}")
    elif start is not None:
        record = replace(record, start=Start.read(start))

    weights = task.photo_weights(photos, config.data)
    set_seed(config.seed)
    if start is None or checkpoint:
        network = task.build(record.network, photos)
    else:
        network = _started(record.network, str(start))
    photos = photos.to(accelerator.device)
    for module in network.modules():
        if isinstance(module, GatedResidualBlock):
            module.dropout = optimization.dropout
        elif isinstance(module, Trunk):
            module.freeze(optimization.frozen_blocks)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = polyak_average(network, optimization.polyak_decay).to(accelerator.device)
    averaged = average.module.eval()
    network, *optimizers = accelerator.prepare(network, *build_optimizers(network, optimization))
    clock = Clock()
    accelerator.register_for_checkpointing(average, clock)
    if checkpoint:
        checkpoints.load(accelerator, checkpoint)
    elif accelerator.is_main_process:
        record.write(run)

    log = Log(accelerator, run, first, optimization.steps, optimization.batch_size)
    step = first
    with log:
        while step < optimization.steps:
            batch = sample_batch(
                photos,
                step=step,
                batch_size=optimization.batch_size,
                seed=config.seed,
                rank=accelerator.process_index,
                world=accelerator.num_processes,
                weights=weights,
                age_probability=config.data.age_probability,
                stretch_probability=config.data.stretch_probability,
            )
            if step < config.data.half_size_steps:
                batch = batch.halved()
            if config.data.hint_probability:
                first = accelerator.process_index * len(batch.chroma)
                hints = draw_hints(batch, config.data.hint_probability, seed=config.seed, step=step, first=first)
                batch = replace(batch, hints=hints)
            sums, counts = task.losses(network, batch, optimization)
            counts = Losses(*accelerator.reduce(tuple(counts)))
            losses = means(sums, counts)
            objective = sum(weight * loss for weight, loss in zip(optimization.weights, losses, strict=True))
            accelerator.backward(objective * accelerator.num_processes)  # gradients are averaged over processes
            gradient_norm = accelerator.clip_grad_norm_(network.parameters(), optimization.clip_norm)
            for optimizer in optimizers:
                set_learning_rate(optimizer, step, optimization)
                optimizer.step()
                optimizer.zero_grad()
            average.update_parameters(accelerator.unwrap_model(network))
            step += 1

            log.advance()
            if _due(step, config.log.metrics_every):
                losses = Losses(*accelerator.reduce(tuple(loss.detach() for loss in losses)))
                log.metrics(step, {**_prefixed("train", losses), "gradient_norm": float(gradient_norm)})
            if validation and _due(step, config.log.validate_every):
                log.metrics(step, _prefixed("validation", validate(averaged, validation, config, accelerator, task)))
            drawing = accelerator.is_main_process and _due(step, config.log.pictures_every)
            if validation and drawing and isinstance(averaged, Chromantic):
                write_pictures(averaged, validation, run / "pictures" / f"step-{step:08d}.png", config.seed)
            out_of_time = deadline is not None and _any_process(accelerator, time.monotonic() > deadline)
            if _due(step, config.log.checkpoint_every) or step == optimization.steps or out_of_time:
                if not gradient_norm.isfinite():
                    raise ChromanticError(f"{run}: not a number at step {step}; go on with a lower learning rate")
                checkpoints.save(accelerator, run, step)
            if out_of_time:
                break
        if step < optimization.steps:
            return None
        if accelerator.is_main_process:
            about = record.about(step, config.data.licence)
            about |= {"hours": round(clock.hours, 2), "machine": machine(accelerator.num_processes)}
            about |= {"labelled_by": photos.labelled_by} if photos.labelled_by else {}
            pretrained.save_module(averaged, weights_file, task.key, record.network, about)
        accelerator.wait_for_everyone()
        return weights_file


def _check_compiler() -> None:
    from torch._inductor.cpp_builder import get_cpp_compiler
    from torch._inductor.exc import InvalidCxxCompiler

    try:
        get_cpp_compiler()
    except InvalidCxxCompiler as error:
        raise ChromanticError("no C++ compiler (g++); install one, or set compile = false in the config") from error


def _load_validation(path: Path, classes: tuple[str, ...], device: torch.device) -> PhotoCache:
    photos = load_cache(path).to(device)
    if len(photos.grids.unique(dim=0)) != 1:
        raise ChromanticError(f"{path}: has photos of several sizes; prepare it with --squash")
    if photos.class_names != classes:
        raise ChromanticError(f"{path}: has other classes than the training's photos; prepare both alike")
    return photos


def _started(config: NetworkConfig, start: str) -> Chromantic:
    network = pretrained.load(start).train().requires_grad_(True)
    if network.config != config:
        raise ChromanticError(f"{start}: weights of another network than the experiment's; give others or none")
    return network


def _due(step: int, every: int) -> bool:
    return every > 0 and step % every == 0


def _any_process(accelerator: Accelerator, flag: bool) -> bool:
    """Whether a flag is set in any process: clocks differ, but all must do the same."""
    return bool(accelerator.reduce(torch.tensor(float(flag), device=accelerator.device)) > 0)


def _prefixed(split: str, losses: Losses) -> dict[str, float]:
    return {f"{split}/{name}": value for name, value in losses.named().items()}


@torch.no_grad()
def validate(
    network: nn.Module, photos: PhotoCache, config: TrainingConfig, accelerator: Accelerator, task: Task
) -> Losses:
    """The mean losses over all photos of a squashed cache, shared by the processes."""
    sums, counts = [torch.zeros(3, device=accelerator.device, dtype=torch.float64) for _ in range(2)]
    indices = torch.arange(len(photos))[accelerator.process_index :: accelerator.num_processes]
    for chunk in indices.split(VALIDATION_BATCH):
        batch: Batch = photos.tensors(chunk)
        with accelerator.autocast():
            batch_sums, batch_counts = task.losses(network, batch, config.optimization)
        sums += torch.stack(tuple(batch_sums))
        counts += torch.stack(tuple(batch_counts))
    return means(Losses(*accelerator.reduce(sums)), Losses(*accelerator.reduce(counts)))
