"""Trainings that are interrupted, and go on as if they had not been."""

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from chromantic.cli import main
from chromantic.data.cache import Batch
from chromantic.errors import ChromanticError
from chromantic.model import pretrained
from chromantic.training.config import OptimizationSection, TrainingConfig
from chromantic.training.losses import Totals
from chromantic.training.tasks import ColorizationTask
from chromantic.training.train import train


class Interrupted(ColorizationTask):
    """The network's training, in which signals come during some steps (from 1)."""

    def __init__(self, signals: dict[int, list[int]]) -> None:
        self.signals, self.step = signals, 0

    def losses(self, network: nn.Module, batch: Batch, config: OptimizationSection) -> Totals:
        self.step += network.training
        for number in self.signals.pop(self.step, ()):
            signal.raise_signal(number)  # os.kill may reach another thread, where two become one
        return super().losses(network, batch, config)


Call = tuple[Callable[..., object], tuple[object, ...]]


def serve_forks() -> None:
    """Makes calls, each in a fork; tells the processes' ids, then their exit codes."""
    with suppress(EOFError):
        while True:
            children = [_fork(*call) for call in pickle.load(sys.stdin.buffer)]
            print(*children, flush=True)
            print(*(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children), flush=True)


def _fork(function: Callable[..., Any], arguments: tuple[object, ...]) -> int:
    if child := os.fork():
        return child
    code = 1
    try:
        code = function(*arguments) or 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


class Forks:
    """A process that has loaded what trainings need, which takes seconds, and whose forks train."""

    def __init__(self, server: subprocess.Popen[bytes]) -> None:
        self.server = server

    def start(self, *calls: Call) -> list[int]:
        """The ids of processes that have begun with the calls, together."""
        assert self.server.stdin
        pickle.dump(calls, self.server.stdin)
        self.server.stdin.flush()
        return self._numbers()

    def exit_codes(self) -> list[int]:
        """Waits for those that began last."""
        return self._numbers()

    def _numbers(self) -> list[int]:
        assert self.server.stdout
        return [int(word) for word in self.server.stdout.readline().split()]


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    code = f"import sys; sys.path[:0] = {sys.path!r}; import torch._dynamo, test_interruption as t; t.serve_forks()"
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as server:
        yield Forks(server)
        assert server.stdin
        server.stdin.close()


def metrics(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def checkpoints(run: Path) -> list[str]:
    return sorted(path.name for path in (run / "checkpoints").iterdir())


def assert_equal_weights(one: Path | None, other: Path | None) -> None:
    assert one is not None
    assert other is not None
    tensors = load_file(other)
    assert tensors.keys() == load_file(one).keys()
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in load_file(one).items())


@pytest.mark.parametrize(("precision", "muon", "number"), [("no", 0.02, signal.SIGINT), ("bf16", None, signal.SIGTERM)])
def test_an_interrupted_training_ends_as_an_uninterrupted_one(
    config: TrainingConfig,
    tmp_path: Path,
    precision: Literal["no", "bf16"],
    muon: float | None,
    number: signal.Signals,
) -> None:
    """With all that is drawn or remembered from step to step; the second step is the first at full size."""
    data = replace(config.data, stretch_probability=0.5, half_size_steps=1 if muon else 2)
    optimization = replace(config.optimization, steps=2, precision=precision, muon_learning_rate=muon, dropout=0.3)
    config = replace(config, data=data, optimization=optimization)
    whole = train(config, tmp_path / "whole")
    handlers = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    run = tmp_path / "parts"
    with pytest.raises(KeyboardInterrupt, match=f"^{run}: interrupted after step 1, which is kept; the same command"):
        train(config, run, task=Interrupted({1: [number]}))
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert checkpoints(run) == ["step-00000001"]
    with (run / "metrics.jsonl").open("a") as file:  # of a step that a lost machine had begun
        file.write('{"step": 2, "train/embedding": 1}\n{"step": 3, "train/emb')
    assert_equal_weights(train(config, run), whole)
    assert metrics(run) == metrics(tmp_path / "whole")


def test_a_second_interruption_ends_a_training_at_once(config: TrainingConfig, tmp_path: Path) -> None:
    every_step = replace(config, log=replace(config.log, checkpoint_every=1))
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
    try:
        with pytest.raises(KeyboardInterrupt, match=r"^$"):
            train(every_step, tmp_path, task=Interrupted({2: [signal.SIGINT, signal.SIGINT]}))
    finally:
        signal.signal(signal.SIGINT, inherited)
    assert checkpoints(tmp_path) == ["step-00000001"]


def run_command(stderr: Path, *arguments: str) -> int:
    """The command, in a process that does nothing else."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
    with stderr.open("w") as file:
        os.dup2(file.fileno(), 2)
        return main(list(arguments))


def test_ctrl_c_ends_the_command_with_a_checkpoint(
    config: TrainingConfig, cache: Path, tmp_path: Path, forks: Forks
) -> None:
    toml, run = tmp_path / "config.toml", tmp_path / "run"
    toml.write_text(
        f'[data]\ntrain = "{cache}"\nhalf_size_steps = 100_000\n[network]\npreset = "tiny"\n'
        "[optimization]\nsteps = 100_000\nbatch_size = 2\nwarmup_steps = 2\nprecision = 'no'\n"
        "[log]\nmetrics_every = 1\ncheckpoint_every = 0\n"
    )
    (process,) = forks.start((run_command, (tmp_path / "stderr", "train", str(toml), str(run))))
    while not (run / "metrics.jsonl").exists():
        os.kill(process, 0)  # that it is still there
        time.sleep(0.02)
    os.kill(process, signal.SIGINT)
    assert forks.exit_codes() == [130]
    step = metrics(run)[-1]["step"]
    assert (tmp_path / "stderr").read_text().splitlines()[-1] == (
        f"chromantic: {run}: interrupted after step {step}, which is kept; the same command goes on"
    )
    assert checkpoints(run) == [f"step-{step:08d}"]
    optimization = replace(config.optimization, steps=int(step) + 1, decay_steps=0)
    config = replace(config, data=replace(config.data, half_size_steps=100_000), optimization=optimization)
    assert_equal_weights(train(config, run), train(config, tmp_path / "whole"))


def train_as_one_of_two(rank: int, port: int, config: TrainingConfig, run: Path, signals: dict[int, list[int]]) -> int:
    """A process as torchrun starts it."""
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": 2, "RANK": rank, "LOCAL_RANK": rank}
    os.environ |= {name: str(value) for name, value in place.items()} | {"ACCELERATE_USE_CPU": "true"}
    torch.set_num_threads(1)
    try:
        train(config, run, task=Interrupted(signals))
    except KeyboardInterrupt as interruption:
        (run / f"said-{rank}").write_text(str(interruption))
        return 130
    return 0


def train_by_two(forks: Forks, config: TrainingConfig, run: Path, signals: dict[int, list[int]]) -> list[int]:
    """The exit codes of two processes, the second of which gets signals."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    arguments = [(rank, port, config, run, signals if rank else {}) for rank in (0, 1)]
    forks.start(*((train_as_one_of_two, each) for each in arguments))
    return forks.exit_codes()


def test_two_processes_stop_together_and_train_as_one(
    config: TrainingConfig, cache: Path, tmp_path: Path, forks: Forks
) -> None:
    data, log = replace(config.data, validation=cache), replace(config.log, validate_every=4)
    config = replace(config, data=data, log=log)
    run = tmp_path / "two"
    assert train_by_two(forks, config, run, {3: [signal.SIGINT]}) == [130, 130]
    assert (run / "said-0").read_text() == f"{run}: interrupted after step 3, which is kept; the same command goes on"
    assert (run / "said-1").read_text() == ""
    assert checkpoints(run) == ["step-00000003"]

    assert train_by_two(forks, config, run, {}) == [0, 0]
    alone = train(config, tmp_path / "alone")
    assert alone is not None
    one, two = pretrained.load(alone), pretrained.load(run / "weights.safetensors")
    for (name, expected), actual in zip(one.state_dict().items(), two.state_dict().values(), strict=True):
        torch.testing.assert_close(actual, expected, atol=2e-3, rtol=1e-2, msg=name)
    for expected, actual in zip(metrics(tmp_path / "alone"), metrics(run), strict=True):
        assert actual == pytest.approx(expected, rel=2e-3, abs=1e-4)


def test_a_training_out_of_time_stops_with_a_checkpoint(config: TrainingConfig, tmp_path: Path) -> None:
    assert train(config, tmp_path, minutes=0.0) is None
    assert checkpoints(tmp_path) == ["step-00000001"]


@pytest.mark.parametrize("how", ["missing", "cut"])
def test_a_damaged_checkpoint_is_named(config: TrainingConfig, tmp_path: Path, how: str) -> None:
    train(config, tmp_path, minutes=0.0)
    checkpoint = tmp_path / "checkpoints" / "step-00000001"
    if how == "missing":
        (checkpoint / "custom_checkpoint_1.pkl").unlink()
    else:
        weights = checkpoint / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ChromanticError, match=f"{checkpoint}: does not load"):
        train(config, tmp_path)
