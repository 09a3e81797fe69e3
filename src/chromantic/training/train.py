"""The training loop: the losses of a task, one network, any number of processes."""

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from chromantic.data.batches import sample_batch
from chromantic.data.cache import Batch, PhotoCache
from chromantic.data.hint_draws import draw_hints
from chromantic.errors import ChromanticError
from chromantic.model import pretrained
from chromantic.model.network import Chromantic
from chromantic.training import checkpoints
from chromantic.training.clock import machine
from chromantic.training.config import TrainingConfig
from chromantic.training.log import Log
from chromantic.training.losses import means
from chromantic.training.optim import set_learning_rate
from chromantic.training.precision import flushed_denormals
from chromantic.training.progress_sheet import write_pictures
from chromantic.training.setup import WEIGHTS, Training, set_up
from chromantic.training.stop import Stop
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
    """Trains a network, or resumes a training that was interrupted.

    The same call does both: a training with a checkpoint in its run folder is resumed, with the numbers of an
    uninterrupted one. Under `torchrun` or `accelerate launch` each process takes its part of every batch.

    Args:
        config: The experiment.
        run: Folder for checkpoints, `metrics.jsonl`, TensorBoard events, pictures and the resulting weights.
        task: What to train.
        start: Weights of a colorization to start from, by name or file, as for one's own photos; None starts afresh.
            They are read when the run begins, not when it is resumed.
        minutes: Stop after this time, with a checkpoint; None trains to the last step.

    Returns:
        The weights' file, or None if the time was up before the last step.

    Raises:
        ChromanticError: The caches or the weights to start from cannot be used, or the config does not fit them. The
            run folder holds another training or one that has finished. There is no compiler for `compile = true`. Or
            the gradients are no longer numbers; the last checkpoint is sound then.
        KeyboardInterrupt: SIGINT or SIGTERM came. If the first step had begun, a checkpoint keeps what was learned, and
            the main process's message says how to go on.
    """
    deadline = math.inf if minutes is None else time.monotonic() + 60 * minutes
    training = set_up(config, run, task, start)
    accelerator = training.accelerator
    stop = Stop(accelerator, deadline)
    with Log(accelerator, run, training.step, config.optimization.steps, config.optimization.batch_size) as log:
        _take_steps(training, log, stop)
        if training.finished:
            return _write_weights(training)
    if stop.interrupted:
        line = f"{run}: interrupted after step {training.step}, which is kept; the same command goes on"
        raise KeyboardInterrupt(*([line] if accelerator.is_main_process else []))
    return None


def _take_steps(training: Training, log: Log, stop: Stop) -> None:
    """Takes the steps that are left, or those until it is asked to stop; either way a checkpoint keeps the last."""
    config, accelerator = training.config, training.accelerator
    with stop:
        stopping = False
        while not training.finished and not stopping:
            losses, gradient_norm = _take_step(training)
            log.advance()
            _report(training, log, losses, gradient_norm)
            stopping = stop.asked()
            if stopping or training.finished or _due(training.step, config.log.checkpoint_every):
                if not gradient_norm.isfinite():
                    raise ChromanticError(
                        f"{training.run}: not a number at step {training.step}; go on with a lower learning rate"
                    )
                checkpoints.save(accelerator, training.run, training.step)


def _write_weights(training: Training) -> Path:
    """Writes the result of a finished training, with its origin."""
    accelerator, photos, path = training.accelerator, training.photos, training.run / WEIGHTS
    if accelerator.is_main_process:
        about = training.record.about(training.step, training.config.data.licence)
        about |= {"hours": round(training.clock.hours, 2), "machine": machine(accelerator.num_processes)}
        about |= {"labelled_by": photos.labelled_by} if photos.labelled_by else {}
        pretrained.save_module(training.averaged, path, training.task.key, training.record.network, about)
    accelerator.wait_for_everyone()
    return path


def _take_step(training: Training) -> tuple[dict[str, Tensor], Tensor]:
    """Moves the weights once, by the photos of all processes.

    Returns:
        This process's part of each loss, and the norm of the gradient.
    """
    optimization, accelerator, network = training.config.optimization, training.accelerator, training.network
    totals = training.task.losses(network, _draw_batch(training), optimization)
    losses = means(totals, accelerator.reduce({name: total.count for name, total in totals.items()}))
    objective = sum(training.loss_weights[name] * loss for name, loss in losses.items())
    accelerator.backward(objective * accelerator.num_processes)  # gradients are averaged over processes
    gradient_norm: Tensor = accelerator.clip_grad_norm_(network.parameters(), optimization.clip_norm)
    for optimizer in training.optimizers:
        set_learning_rate(optimizer, training.step, optimization)
        optimizer.step()
        optimizer.zero_grad()
    training.average.update_parameters(accelerator.unwrap_model(network))
    training.step += 1
    return losses, gradient_norm


def _draw_batch(training: Training) -> Batch:
    """This process's photos of the step to come, with hints if the network shall take them."""
    data, seed, step, accelerator = training.config.data, training.config.seed, training.step, training.accelerator
    batch = sample_batch(
        training.photos,
        step=step,
        batch_size=training.config.optimization.batch_size,
        seed=seed,
        rank=accelerator.process_index,
        world=accelerator.num_processes,
        weights=training.photo_weights,
        age_probability=data.age_probability,
        stretch_probability=data.stretch_probability,
    )
    if step < data.half_size_steps:
        batch = batch.halved()
    if data.hint_probability:
        first = accelerator.process_index * len(batch.chroma)
        hints = draw_hints(batch, data.hint_probability, seed=seed, step=step, first=first)
        batch = replace(batch, hints=hints)
    return batch


def _report(training: Training, log: Log, losses: dict[str, Tensor], gradient_norm: Tensor) -> None:
    """Logs the losses, measures and draws pictures, where they are due."""
    every, step, accelerator, photos = training.config.log, training.step, training.accelerator, training.validation
    if _due(step, every.metrics_every):
        together = accelerator.reduce({f"train/{name}": loss.detach() for name, loss in losses.items()})
        log.metrics(step, {**_numbers(together), "gradient_norm": float(gradient_norm)})
    if photos is None:
        return
    if _due(step, every.validate_every):
        measured = _validate(training, photos, list(losses))
        log.metrics(step, _numbers({f"validation/{name}": loss for name, loss in measured.items()}))
    drawing = _due(step, every.pictures_every) and accelerator.is_main_process
    if drawing and isinstance(training.averaged, Chromantic):
        path = training.run / "pictures" / f"step-{step:08d}.png"
        write_pictures(training.averaged, photos, path, training.config.seed)


@torch.no_grad()
def _validate(training: Training, photos: PhotoCache, names: list[str]) -> dict[str, Tensor]:
    """The averaged weights' mean losses over all photos of a squashed cache, shared by the processes."""
    accelerator, optimization = training.accelerator, training.config.optimization
    sums, counts = torch.zeros(2, len(names), device=accelerator.device, dtype=torch.float64)
    indices = torch.arange(len(photos))[accelerator.process_index :: accelerator.num_processes]
    for chunk in indices.split(VALIDATION_BATCH):
        with accelerator.autocast():
            totals = training.task.losses(training.averaged, photos.tensors(chunk), optimization)
        sums += torch.stack([totals[name].sum for name in names])
        counts += torch.stack([totals[name].count for name in names])
    losses = accelerator.reduce(sums) / accelerator.reduce(counts).clamp(min=1)
    return dict(zip(names, losses, strict=True))


def _due(step: int, every: int) -> bool:
    return every > 0 and step % every == 0


def _numbers(losses: Mapping[str, Tensor]) -> dict[str, float]:
    return {name: loss.item() for name, loss in losses.items()}
