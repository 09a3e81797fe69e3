"""Compares shapes of the generator: `python -m benchmarks.generators cache/train.safetensors cache/val.safetensors`.

`two stacks` is the project's generator: a vertical stack that sees all rows above, a slim horizontal one. `one stack`
is its rival, masked convolutions over the left neighbour and three pixels of the row above: with about as many
parameters it sees less (nothing above and further right than 45 degrees), but all pixels with the same x + 2y can be
drawn together (a wavefront).

Both learn from the same photos in the same order, on the frozen scenes of the default weights; bits per dimension are
those of the validation photos, milliseconds of one 32 x 32 sample on one thread (the one stack's in plain PyTorch).
Writes benchmarks/results/generators.json.
"""

import argparse
import json
import statistics
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from benchmarks.sampling import RUNS, milliseconds
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from chromantic.data.batches import sample_batch
from chromantic.data.cache import Batch, PhotoCache, load_cache
from chromantic.evaluation.measures.likelihood import BITS
from chromantic.model import mixture, pretrained
from chromantic.model.blocks import gate, start_near_identity
from chromantic.model.generator import CANVAS_CHANNELS, Generator, canvas_of
from chromantic.model.mixture import MixtureHead
from chromantic.model.network import Chromantic
from chromantic.reference.noise import NoiseTensors, to_tensors
from chromantic.reference.pack import pack_generator
from chromantic.sampling.compiled.sampler import sample_fast
from chromantic.sampling.noise import draw_noise, random
from chromantic.training.config import OptimizationSection
from chromantic.training.optim import build_optimizers, set_learning_rate

RESULT = Path(__file__).parent / "results" / "generators.json"
CHANNELS = 78  # of the one stack: about the parameters of the two


class CornerConv(nn.Module):
    """A convolution over three pixels of the row above and two of its own row, up to the pixel or `ahead`."""

    def __init__(self, in_channels: int, out_channels: int, ahead: int = 0) -> None:
        super().__init__()
        self.above = nn.Conv2d(in_channels, out_channels, (1, 3))
        self.present = nn.Conv2d(in_channels, out_channels, (1, 2), bias=False)
        self.ahead = ahead

    def forward(self, x: Tensor) -> Tensor:
        return self.above(F.pad(x, (1, 1, 1, -1))) + self.present(F.pad(x, (1 - self.ahead, self.ahead)))

    def along_wavefront(self, seen: Tensor, step: int) -> Tensor:
        """The outputs of all pixels with x + 2y = step: [batch height out].

        Args:
            seen: The inputs of all pixels, [steps + 3, batch, 1 + height, in]: at x + 2y + 3 and 1 + y, zero outside.
            step: The wavefront.
        """
        first = step + 2 + self.ahead
        present = [seen[first, :, 1:], seen[first + 1, :, 1:]]
        above = [seen[step + offset, :, :-1] for offset in range(3)]
        kernels = [conv.weight[:, :, 0].movedim(2, 1).flatten(1) for conv in (self.above, self.present)]
        return F.linear(torch.cat(above + present, dim=-1), torch.cat(kernels, dim=1), self.above.bias)


class CornerBlock(nn.Module):
    """A gated residual block of two such convolutions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = CornerConv(channels, channels)
        self.conv2 = CornerConv(channels, 2 * channels)
        start_near_identity(self.conv2.above)
        start_near_identity(self.conv2.present)

    def forward(self, x: Tensor, scene: Tensor) -> Tensor:
        return x + gate(self.conv2(F.elu(self.conv1(F.elu(x)))) + scene)


class OneStack(nn.Module):
    """The rival generator."""

    def __init__(self, scene_channels: int, channels: int, blocks: int, components: int) -> None:
        super().__init__()
        self.input = CornerConv(CANVAS_CHANNELS, channels, ahead=-1)
        self.blocks = nn.ModuleList(CornerBlock(channels) for _ in range(blocks))
        self.scene = nn.Conv2d(scene_channels, 2 * channels * blocks, 1)
        self.head = MixtureHead(channels, components)

    def condition(self, scene: Tensor) -> tuple[Tensor, ...]:
        return self.scene(scene).chunk(len(self.blocks), dim=1)

    def forward(self, canvas: Tensor, scene: tuple[Tensor, ...]) -> Tensor:
        x = self.input(canvas)
        for block, term in zip(self.blocks, scene, strict=True):
            x = block(x, term)
        return self.head(x)


def skew(x: Tensor) -> Tensor:
    """[batch channels height width] to [steps batch height channels]: pixel (y, x) at step x + 2y, zeros elsewhere."""
    batch, channels, height, width = x.shape
    skewed = x.new_zeros(width + 2 * (height - 1), batch, height, channels)
    for y in range(height):
        skewed[2 * y : 2 * y + width, :, y] = x[:, :, y].permute(2, 0, 1)
    return skewed


@torch.no_grad()
def sample_wavefront(
    generator: OneStack, scene: Tensor, lightness: Tensor, noise: NoiseTensors
) -> tuple[Tensor, Tensor]:
    """An exact sample of the one stack and its mixture parameters, wavefront by wavefront, in PyTorch."""
    batch, _, height, width = lightness.shape
    terms = [skew(term) for term in generator.condition(scene)]
    light, gumbel, logistic = skew(lightness), skew(noise.gumbel), skew(noise.logistic)
    steps = len(light)
    inside = skew(torch.ones_like(lightness))

    def memory(channels: int) -> Tensor:
        return lightness.new_zeros(steps + 3, batch, 1 + height, channels)

    canvas = memory(CANVAS_CHANNELS)
    hidden = [[memory(conv.above.in_channels) for conv in (b.conv1, b.conv2)] for b in generator.blocks]
    drawn, parameters = [], []
    for step in range(steps):
        mask = inside[step]

        def remember(into: Tensor, values: Tensor, step: int = step, mask: Tensor = mask) -> None:
            into[step + 3, :, 1:] = values * mask

        x = generator.input.along_wavefront(canvas, step)
        for block, (first, second), term in zip(generator.blocks, hidden, terms, strict=True):
            remember(first, F.elu(x))
            remember(second, F.elu(block.conv1.along_wavefront(first, step)))
            value, opening = (block.conv2.along_wavefront(second, step) + term[step]).chunk(2, dim=-1)
            x = x + value * torch.sigmoid(opening)
        maps = generator.head(x.movedim(-1, 1)[..., None])
        chroma = mixture.draw(maps, gumbel[step].movedim(-1, 1)[..., None], logistic[step].movedim(-1, 1)[..., None])
        remember(canvas, canvas_of(chroma, light[step].movedim(-1, 1)[..., None])[..., 0].movedim(1, -1))
        drawn.append(chroma[..., 0])
        parameters.append(maps[..., 0])

    def straighten(parts: list[Tensor]) -> Tensor:
        stacked = torch.stack(parts, dim=-1)  # batch channels height steps
        return torch.stack([stacked[:, :, y, 2 * y : 2 * y + width] for y in range(height)], dim=2)

    return straighten(drawn), straighten(parameters)


def bits(generators: Iterable[nn.Module], network: Chromantic, batch: Batch) -> list[Tensor]:
    """Bits per dimension of each colourful pixel, by generator; the scenes are encoded once for all."""
    with torch.no_grad():
        scene = network.encode(batch.lightness)
        features = network.fuse(scene).float()
    canvas = canvas_of(batch.chroma, scene.lightness)
    forced = [generator(canvas, generator.condition(features)) for generator in generators]  # type: ignore[operator]
    return [
        mixture.bits_per_dimension(mixture.log_likelihood(parameters, batch.chroma))[batch.colourful]
        for parameters in forced
    ]


def learn(
    generators: dict[str, nn.Module], network: Chromantic, photos: PhotoCache, config: OptimizationSection
) -> None:
    """Train all generators on the same batches: half-size photos for the first three quarters, then whole ones."""
    optimizers = [each for generator in generators.values() for each in build_optimizers(generator, config)]
    weights = photos.sampling_weights()
    for step in track(range(config.steps), "Training", console=Console(stderr=True)):
        batch = sample_batch(photos, step=step, batch_size=config.batch_size, seed=0, weights=weights)
        batch = batch.halved() if step < 0.75 * config.steps else batch
        with torch.autocast("cpu", torch.bfloat16):
            losses = [each.mean() for each in bits(generators.values(), network, batch)]
        torch.stack(losses).sum().backward()
        for generator in generators.values():
            nn.utils.clip_grad_norm_(generator.parameters(), config.clip_norm)
        for optimizer in optimizers:
            set_learning_rate(optimizer, step, config)
            optimizer.step()
            optimizer.zero_grad()


def milliseconds_a_sample(generator: nn.Module, network: Chromantic) -> float:
    """Of one 32 x 32 sample, its parameters checked against a teacher-forced pass."""
    scene = network.encode(torch.rand(1, 1, 128, 128) * 100)
    features = network.fuse(scene)
    noise = draw_noise(1, network.config.components, 32, 32, random(0), np.dtype(np.float32))

    def sample() -> tuple[Tensor, Tensor]:
        if isinstance(generator, OneStack):
            return sample_wavefront(generator, features, scene.lightness, to_tensors(noise))
        assert isinstance(generator, Generator)
        arrays = features.detach().numpy(), scene.lightness[:, 0].numpy()
        chroma, parameters = sample_fast(pack_generator(generator), *arrays, noise)
        return torch.from_numpy(chroma), torch.from_numpy(parameters)

    chroma, parameters = sample()
    forced = generator(canvas_of(chroma, scene.lightness), generator.condition(features))  # type: ignore[operator]
    torch.testing.assert_close(parameters, forced, atol=1e-4, rtol=1e-4)
    return statistics.median(milliseconds(sample) for _ in range(RUNS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path)
    parser.add_argument("validation", type=Path)
    parser.add_argument("--steps", type=int, default=1500)
    arguments = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = pretrained.load("default")
    c = network.config
    scene_channels = network.generator.scene.in_channels
    generators: dict[str, nn.Module] = {
        "two stacks": Generator(
            scene_channels, c.vertical_channels, c.horizontal_channels, c.generator_blocks, c.components
        ),
        "one stack": OneStack(scene_channels, CHANNELS, c.generator_blocks, c.components),
    }
    config = OptimizationSection(
        steps=arguments.steps,
        learning_rate=8e-4,
        muon_learning_rate=0.02,
        betas=(0.9, 0.99),
        warmup_steps=min(100, arguments.steps // 2),
        decay_steps=arguments.steps // 2,
        clip_norm=10.0,
    )
    learn(generators, network, load_cache(arguments.train), config)

    validation = load_cache(arguments.validation)
    rows = {}
    table = Table("generator", "parameters", "GFLOP", "bits per dimension", "ms a sample")
    with torch.no_grad():
        parts = torch.arange(len(validation)).split(32)
        measured = [bits(generators.values(), network, validation.tensors(part)) for part in parts]
        for (name, generator), of_batches in zip(generators.items(), zip(*measured, strict=True), strict=True):
            features = torch.zeros(1, scene_channels, 32, 32)
            with FlopCounterMode(display=False) as counter:
                generator(torch.zeros(1, CANVAS_CHANNELS, 32, 32), generator.condition(features))  # type: ignore[operator]
            rows[name] = {
                "parameters": sum(weight.numel() for weight in generator.parameters()),
                "gflop": counter.get_total_flops() / 1e9,
                BITS: torch.cat([each.flatten() for each in of_batches]).mean().item(),
                "milliseconds": milliseconds_a_sample(generator, network),
            }
            table.add_row(name, *(f"{value:.4g}" for value in rows[name].values()))
    Console(width=100).print(table)
    protocol = {"photos_seen": config.steps * config.batch_size, "threads": 1}
    RESULT.write_text(json.dumps(protocol | {"generators": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
