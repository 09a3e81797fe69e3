"""Would another network learn faster? `python -m benchmarks.architectures DATA OUTPUT [--only NAME ...]`.

DATA and OUTPUT are those of `chromantic reproduce`, whose packed photos are used. Each variant changes one thing in the
`tiny` network, which is trained on 12,800 photos at half their size as in `benchmarks.tuning`; two seeds tell what is
noise. Losses are those of VOC val after the last step, at full size. Trainings stay in OUTPUT and are not repeated. Ten
minutes a variant on one core. Writes benchmarks/results/architectures.json.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from benchmarks.tuning import last_losses, report
from torch import Tensor, nn

from chromantic.data.batches import sample_batch
from chromantic.data.cache import PhotoCache
from chromantic.grid import CELL
from chromantic.model.blocks import GatedResidualBlock, NormalizedConv
from chromantic.model.config import NetworkConfig
from chromantic.model.generator import canvas_of
from chromantic.model.network import Chromantic, Prediction
from chromantic.paper.setting import Setting
from chromantic.paper.trainings import small_training, trained
from chromantic.training.tasks import ColorizationTask

STEPS = 800
_FULL_RESOLUTION_LAYERS = 6  # of Table 1: its stages at 128x128 and 64x64


class WeightNormConv(nn.Module):
    """A convolution whose kernels have a length of their own (Salimans and Kingma 2016), as in PixelCNN++.

    Lengths and biases start so that the outputs of the first photos have `start` as their deviation and mean zero.
    """

    def __init__(self, conv: nn.Conv2d, start: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn_like(conv.weight) * 0.05)
        self.length = nn.Parameter(torch.ones(conv.out_channels))
        self.bias = nn.Parameter(torch.zeros(conv.out_channels))
        self.start: Tensor | None = start
        self.convolve = partial(F.conv2d, stride=conv.stride, padding=conv.padding, dilation=conv.dilation)

    def forward(self, x: Tensor) -> Tensor:
        direction = self.weight / self.weight.flatten(1).norm(dim=1)[:, None, None, None]
        if self.start is not None:
            y = self.convolve(x, direction)
            deviation, mean = torch.std_mean(y, dim=(0, 2, 3))
            self.length.data = self.start / deviation
            self.bias.data = -mean * self.length
            self.start = None
        return self.convolve(x, direction * self.length[:, None, None, None], self.bias)


def with_weight_norm(network: Chromantic, photos: PhotoCache) -> Chromantic:
    """Weight normalization in place of the blocks' group normalization."""
    for module in network.modules():
        if isinstance(module, GatedResidualBlock):
            module.conv1 = WeightNormConv(module.conv1.conv, module.conv1.norm.weight.detach())  # type: ignore[assignment]
            module.conv2 = WeightNormConv(module.conv2.conv, module.conv2.norm.weight.detach())  # type: ignore[assignment]
    batch = sample_batch(photos, step=0, batch_size=32, seed=0, weights=torch.ones(len(photos)))
    with torch.no_grad():
        network(batch.lightness, batch.chroma)
    return network


def with_stem(network: Chromantic, photos: PhotoCache) -> Chromantic:
    """Cells at once: a cell's pixels as channels, a convolution and two blocks for the stages at 128x128 and 64x64."""
    scale = network.config.channels
    widening = network.trunk.rows[_FULL_RESOLUTION_LAYERS].conv
    network.trunk.rows = nn.Sequential(
        nn.PixelUnshuffle(CELL),
        NormalizedConv(2 * CELL**2, scale(128)),
        GatedResidualBlock(scale(128)),
        GatedResidualBlock(scale(128)),
        NormalizedConv(widening.in_channels, widening.out_channels),
        *network.trunk.rows[_FULL_RESOLUTION_LAYERS + 1 :],
    )
    return network


class BlindCanvas(Chromantic):
    """The generator's canvas has colours alone; what it knows of the lightness comes from the scene."""

    def forward(self, lightness: Tensor, chroma: Tensor) -> Prediction:
        scene = self.encode(lightness)
        canvas = canvas_of(chroma, torch.zeros_like(scene.lightness))
        return Prediction(scene, self.generator(canvas, self.condition(scene)))


def with_blind_canvas(network: Chromantic, photos: PhotoCache) -> Chromantic:
    """No lightness on the canvas."""
    network.__class__ = BlindCanvas
    return network


def as_it_is(network: Chromantic, photos: PhotoCache) -> Chromantic:
    """The network of the package."""
    return network


VARIANTS = {
    "base": as_it_is,
    "another stem": with_stem,
    "no lightness on the canvas": with_blind_canvas,
    "weight normalization in the blocks": with_weight_norm,
}


class Variant(ColorizationTask):
    """The paper's losses, and a network with one change."""

    def __init__(self, name: str) -> None:
        self.key = f"variant: {name}"
        self.change: Callable[[Chromantic, PhotoCache], Chromantic] = VARIANTS[name]

    def build(self, config: NetworkConfig, photos: PhotoCache) -> nn.Module:
        return self.change(Chromantic(config), photos)


def measure(name: str, seed: int, setting: Setting) -> dict[str, float]:
    """The validation losses of a variant."""
    config = small_training(setting)
    config = replace(
        config,
        seed=seed,
        data=replace(config.data, half_size_steps=STEPS),
        optimization=replace(config.optimization, steps=STEPS, decay_steps=STEPS // 2),
        log=replace(config.log, validate_every=STEPS // 4),
    )
    run = setting.run(f"architectures/{name.replace(' ', '-')}-{seed}")
    trained(config, run, Variant(name))
    return last_losses(run)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--only", nargs="+", choices=VARIANTS, metavar="NAME", default=list(VARIANTS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    arguments = parser.parse_args()
    setting = Setting(arguments.data, arguments.output)
    rows = {f"{name}, seed {seed}": measure(name, seed, setting) for seed in arguments.seeds for name in arguments.only}
    report(rows, STEPS, "architectures.json")


if __name__ == "__main__":
    main()
