"""Samplers: the cached and the fast one equal the naive one, and every sample is exact."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

import chromantic
from chromantic.colour.lab import CHROMA_MAX, CHROMA_MIN
from chromantic.model import mixture
from chromantic.model.config import PRESETS, preset
from chromantic.model.generator import canvas_of
from chromantic.model.network import Chromantic, Scene
from chromantic.reference.cached import sample_cached
from chromantic.reference.naive import sample_naively
from chromantic.reference.noise import NoiseTensors, to_tensors
from chromantic.reference.pack import pack_generator
from chromantic.reference.sampling import sample_chroma
from chromantic.sampling import noise as noises
from chromantic.sampling.compiled import sampler
from chromantic.sampling.compiled.packed import from_arrays, to_arrays
from chromantic.sampling.noise import random

PACKAGE = Path(chromantic.__file__).parent
CLASSES = ("background", "cat", "dog")
LAST_SEED = 0.9258067163090251, 0.18157025027346085


def scene_and_network(
    name: str, fusion: str = "concat", dtype: torch.dtype = torch.float64, size: tuple[int, int] = (6, 7)
) -> tuple[Scene, Chromantic]:
    torch.manual_seed(0)
    config = replace(preset(name, CLASSES, fusion=fusion), width=0.125)
    network = Chromantic(config).to(dtype).eval().requires_grad_(False)
    for conv in network.generator.modules():  # sharper than at the start, so that pixels depend on each other
        if isinstance(conv, torch.nn.Conv2d):
            conv.weight.mul_(2)
    lightness = torch.rand(2, 1, 4 * size[0], 4 * size[1], dtype=dtype) * 100
    return network.encode(lightness), network


def draw_noise(batch: int, components: int, height: int, width: int, dtype: str = "float64") -> NoiseTensors:
    return to_tensors(noises.draw_noise(batch, components, height, width, random(1), np.dtype(dtype)))


def sample_fast(network: Chromantic, scene: Scene, noise: NoiseTensors, *temperatures: float) -> tuple[Tensor, Tensor]:
    """Chroma and parameters as the compiled loops draw them."""
    arrays = network.fuse(scene).numpy(), scene.lightness[:, 0].numpy()
    drawn = noises.Noise(*(part.numpy() for part in noise))
    chroma, parameters = sampler.sample_fast(pack_generator(network.generator), *arrays, drawn, *temperatures)
    return torch.from_numpy(chroma), torch.from_numpy(parameters)


PLAIN = 1.0, 1.0
ALIKE = [
    *((name, "concat", PLAIN) for name in PRESETS),
    *product(["tiny"], ["concat", "film"], [(0.5, 1.5), (0.0, 0.0)]),
]


@pytest.mark.parametrize(("name", "fusion", "temperatures"), ALIKE)
def test_all_samplers_draw_the_same(name: str, fusion: str, temperatures: tuple[float, float]) -> None:
    scene, network = scene_and_network(name, fusion)
    noise = draw_noise(2, 10, 6, 7)
    arguments = scene.lightness, noise, *temperatures
    naive = sample_naively(network.generator, network.condition(scene), *arguments)
    assert torch.equal(sample_cached(network.generator, network.condition(scene), *arguments)[0], naive)
    assert torch.equal(sample_fast(network, scene, noise, *temperatures)[0], naive)


@pytest.mark.parametrize(
    ("photos", "samples", "size"), [(1, 1, (1, 1)), (1, 11, (5, 3)), (3, 7, (2, 9)), (17, 1, (3, 4))]
)
def test_fast_equals_cached_for_any_batch_and_size(photos: int, samples: int, size: tuple[int, int]) -> None:
    _, network = scene_and_network("tiny")
    scene = network.encode(torch.rand(photos, 1, 4 * size[0], 4 * size[1], dtype=torch.float64) * 100)
    noise = draw_noise(photos * samples, 10, *size)
    conditioning = network.condition(scene)
    fast, fast_parameters = sample_fast(network, scene, noise)
    repeated = conditioning.map(lambda term: term.repeat_interleave(samples, dim=0))
    lightness = scene.lightness.repeat_interleave(samples, dim=0)
    cached, parameters = sample_cached(network.generator, repeated, lightness, noise)
    assert torch.equal(fast, cached)
    torch.testing.assert_close(fast_parameters, parameters)


@pytest.mark.parametrize("sampler", ["cached", "fast"])
@pytest.mark.parametrize("name", PRESETS)
def test_the_parameters_of_a_float32_sample_are_the_teacher_forced_ones(name: str, sampler: str) -> None:
    scene, network = scene_and_network(name, dtype=torch.float32, size=(8, 8))
    noise = draw_noise(2, 10, 8, 8, "float32")
    conditioning = network.condition(scene)
    if sampler == "cached":
        chroma, parameters = sample_cached(network.generator, conditioning, scene.lightness, noise)
    else:
        chroma, parameters = sample_fast(network, scene, noise)
    forced = network.generator(canvas_of(chroma, scene.lightness), conditioning)
    assert (parameters - forced).abs().max() < 1e-4
    assert torch.equal(chroma, mixture.draw(parameters, *noise))


def test_fast_draws_round_and_clamp_to_the_grid() -> None:
    scene, network = scene_and_network("tiny")
    network.generator.head.conv.bias[10:30] *= 20  # far outside
    network.generator.head.conv.bias[30:40] += 100  # scales beyond their bounds
    network.generator.head.conv.bias[40:50] -= 100
    noise = draw_noise(2, 10, 6, 7)
    chroma, parameters = sample_fast(network, scene, noise)
    assert torch.equal(chroma, mixture.draw(parameters, *noise))
    assert chroma.min() == CHROMA_MIN
    assert chroma.max() == CHROMA_MAX


def test_fast_follows_changed_weights() -> None:
    scene, network = scene_and_network("tiny")
    noise = draw_noise(2, 10, 6, 7)
    for _ in range(2):
        fast, _ = sample_fast(network, scene, noise)
        cached, _ = sample_cached(network.generator, network.condition(scene), scene.lightness, noise)
        assert torch.equal(fast, cached)
        for weight in network.generator.parameters():
            weight.mul_(0.5)


@pytest.mark.slow
def test_sampling_works_where_no_compiled_code_can_be_kept(tmp_path: Path) -> None:
    package = tmp_path / "src" / "chromantic"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "weights"))
    nowhere = tmp_path / "file"  # neither beside the code nor in a home folder
    nowhere.touch()
    (package / "sampling" / "compiled" / "__pycache__").touch()
    program = """
import torch
from chromantic.model.config import preset
from chromantic.model.network import Chromantic
from chromantic.sampling.compiled import kernels
from chromantic.reference.sampling import sample_chroma
from chromantic.sampling.noise import random

network = Chromantic(preset("tiny", ("background",))).eval()
scene = network.encode(torch.zeros(1, 1, 16, 16))
chroma, _ = sample_chroma(network, scene, rng=random(0))
print(tuple(chroma.shape), kernels.draw_pixels.stats.cache_path)
"""
    environment = {"PYTHONPATH": str(package.parent), "HOME": str(nowhere), "XDG_CACHE_HOME": str(nowhere)}
    run = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | environment, capture_output=True, text=True, check=True
    )
    assert run.stdout == "(1, 2, 4, 4) None\n"


def test_samples_of_one_photo_differ_and_repeat_with_their_seed() -> None:
    scene, network = scene_and_network("tiny")

    def draw(seed: int) -> torch.Tensor:
        return sample_chroma(network, scene, samples=3, rng=random(seed))[0]

    first = draw(5)
    assert first.shape == (6, 2, 6, 7)
    assert torch.equal(first, draw(5))
    assert not torch.equal(first, draw(6))
    assert not torch.equal(first[0], first[1])


def test_the_first_samples_do_not_depend_on_how_many_are_asked_for() -> None:
    scene, network = scene_and_network("tiny")
    one = Scene(*(None if part is None else part[:1] for part in scene))
    few, _ = sample_chroma(network, one, samples=1, rng=random(5))
    many, _ = sample_chroma(network, one, samples=3, rng=random(5))
    assert torch.equal(few, many[:1])


def test_log_likelihoods_are_those_of_the_network() -> None:
    scene, network = scene_and_network("tiny")
    chroma, log_likelihoods = sample_chroma(network, scene, rng=random(5))
    forced = network.generator(canvas_of(chroma, scene.lightness), network.condition(scene))
    torch.testing.assert_close(log_likelihoods, mixture.log_likelihood(forced, chroma).sum(dim=(1, 2)))


def test_progress_is_told_and_may_cancel() -> None:
    scene, network = scene_and_network("tiny")
    rows = []

    def callback(done: int, of: int) -> None:
        rows.append((done, of))
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sample_chroma(network, scene, rng=random(0), callback=callback)
    assert rows == [(1, 6), (2, 6), (3, 6)]


def test_noise_is_standard() -> None:
    gumbel, logistic = noises.draw_noise(4, 10, 64, 64, random(0), np.dtype(np.float64))
    assert gumbel.mean() == pytest.approx(0.5772, abs=0.02)
    assert gumbel.var() == pytest.approx(np.pi**2 / 6, rel=0.02)
    assert logistic.mean() == pytest.approx(0, abs=0.05)
    assert logistic.var() == pytest.approx(np.pi**2 / 3, rel=0.03)
    pairs = np.stack([noises.draw_normal_pair(rng) for rng in [random(0)] for _ in range(4000)])
    np.testing.assert_allclose(np.cov(pairs.T), np.eye(2), atol=0.05)


def test_seeds_always_give_the_same_numbers() -> None:
    np.testing.assert_allclose(random(2**63 - 1).random(2), LAST_SEED, atol=1e-15)
    assert random(0).random() != random(1).random()


def test_weights_that_do_not_fit_are_refused() -> None:
    scene, network = scene_and_network("tiny", dtype=torch.float32)
    arrays = dict(to_arrays(pack_generator(network.generator)))
    weights = from_arrays(arrays)
    assert all(np.array_equal(array, arrays[name]) for name, array in to_arrays(weights))
    for name in arrays:
        with pytest.raises(ValueError, match=r"shape|two"):
            from_arrays(arrays | {name: arrays[name][..., :-1]})
    told, lightness = network.fuse(scene).numpy(), scene.lightness[:, 0].numpy()
    with pytest.raises(ValueError, match="components"):
        sampler.sample_fast(weights, told, lightness, noises.draw_noise(2, 20, 6, 7, random(0), np.dtype(np.float32)))
    with pytest.raises(ValueError, match="broadcast"):
        sampler.sample_fast(
            weights, told.repeat(9, axis=1), lightness, noises.draw_noise(2, 10, 6, 7, random(0), np.dtype(np.float32))
        )


@pytest.mark.slow
def test_compiling_is_told_of_once(tmp_path: Path, tiny_weights: Path) -> None:
    program = f"""
import logging
logging.basicConfig(level=logging.INFO, format="%(message)s")
import numpy, chromantic
for seed in range(2):
    chromantic.colorize(numpy.zeros((8, 8)), model={str(tiny_weights)!r}, candidates=1, seed=seed)
"""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    told = []
    for _ in range(2):
        run = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        told.append([line for line in run.stderr.splitlines() if "preparing" in line])
    assert told == [["preparing the loops that draw, once on this machine: a few seconds"], []]
