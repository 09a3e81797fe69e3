"""Coherent draws: regions, the update of a mixture by an observation, and what a seed promises."""

import math

import pytest
import torch

from chromantic.model import mixture
from chromantic.model.config import preset
from chromantic.model.network import Chromantic, Scene
from chromantic.sampling.coherent import GAIN, sample_coherently
from chromantic.sampling.regions import REGIONS, find_regions

RED, BLUE, GREEN = (50.0, 30.0), (10.0, -50.0), (-40.0, 40.0)


def parameters_of(*colours: tuple[float, float], scale: float = 4.0) -> torch.Tensor:
    """A mixture of equally likely colours for one cell, [maps]."""
    count = len(colours)
    a, b = ((torch.tensor(channel) - -0.5) / 127.5 for channel in zip(*colours, strict=True))
    log_scale = math.log(scale / 127.5)
    return torch.cat([torch.zeros(count), a, b, torch.full((2 * count,), log_scale), torch.zeros(count)])


@pytest.fixture
def scene() -> Scene:
    """The left half is something red or blue, nobody knows; the right half is green."""
    unsure, sure = parameters_of(RED, BLUE), parameters_of(GREEN, GREEN)
    parameters = torch.stack([unsure] * 16 + [sure] * 16, dim=1)[None, :, None].expand(1, -1, 32, -1)
    embedding = torch.zeros(1, 8, 32, 32)
    embedding[:, 0, :, :16] = embedding[:, 1, :, 16:] = 1
    return Scene(torch.zeros(1, 1, 32, 32), embedding, parameters, None)


def draws(scene: Scene, samples: int, seed: int = 0, temperature: float = 1.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return sample_coherently(scene, samples=samples, generator=generator, temperature=temperature) / GAIN


def test_a_thing_is_of_one_colour_and_not_always_the_same(scene: Scene) -> None:
    drawn = draws(scene, 24)[:, :, :, 1:14]
    centre = drawn.mean(dim=(2, 3))
    assert (drawn - centre[:, :, None, None]).abs().amax() < 25  # from edge to edge of parts of it
    to_red, to_blue = ((centre - torch.tensor(colour)).norm(dim=1) for colour in (RED, BLUE))
    assert 4 < (to_red < 15).sum() < 20
    assert 4 < (to_blue < 15).sum() < 20


def test_what_is_sure_of_its_colour_keeps_it(scene: Scene) -> None:
    right = draws(scene, 8)[:, :, :, 20:]
    assert (right - torch.tensor(GREEN)[:, None, None]).abs().mean() < 8


def test_regions_are_shares_that_follow_what_is_seen(scene: Scene) -> None:
    regions = find_regions(scene)
    assert regions.shape[1:] == (32, 32)
    assert 2 <= len(regions) <= REGIONS
    assert torch.allclose(regions.sum(dim=0), torch.ones(32, 32))
    overlap = (regions[:, :, :14].mean(dim=(1, 2)) * regions[:, :, 18:].mean(dim=(1, 2))).sum()
    assert overlap < 0.01


def test_where_all_is_alike_there_is_one_region(scene: Scene) -> None:
    alike = scene._replace(
        embedding=torch.ones(1, 8, 32, 32), chroma_parameters=scene.chroma_parameters[..., :1].expand(-1, -1, -1, 32)
    )
    assert len(find_regions(alike)) == 1


def test_the_seed_decides_and_progress_is_told(scene: Scene) -> None:
    assert torch.equal(draws(scene, 2, seed=5), draws(scene, 2, seed=5))
    assert not torch.equal(draws(scene, 2, seed=5), draws(scene, 2, seed=6))
    told: list[tuple[int, int]] = []
    generator = torch.Generator().manual_seed(0)
    sample_coherently(scene, samples=3, generator=generator, callback=lambda *step: told.append(step))
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("flow", ["purple", "purple-blue-green"])
def test_any_network_and_size(flow: str) -> None:
    torch.manual_seed(0)
    network = Chromantic(preset("tiny", ("background", "cat"), flow=flow)).eval()
    with torch.no_grad():
        scene = network.encode(torch.rand(1, 1, 128, 172) * 100)
    drawn = draws(scene, 2, temperature=0.0)
    assert drawn.shape == (2, 2, 32, 43)
    assert drawn.isfinite().all()


def test_components_have_the_moments_of_their_draws() -> None:
    parameters = parameters_of(RED, BLUE)[None, :, None, None].clone()
    parameters[:, -2:] = 0.6  # coefficients
    log_weights, means, variances = mixture.components(parameters)
    assert torch.allclose(log_weights.exp(), torch.tensor(0.5))
    uniform = torch.rand(1, 2, 300, 300, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    chosen = torch.full((1, 2, 300, 300), -math.inf)
    chosen[:, 1] = 0
    sample = mixture.draw(parameters.expand(-1, -1, 300, 300), chosen, torch.logit(uniform).float())
    assert torch.allclose(sample.mean(dim=(2, 3))[0], means[0, :, 1, 0, 0], atol=0.5)
    assert torch.allclose(sample.var(dim=(2, 3))[0], variances[0, :, 1, 0, 0], rtol=0.05, atol=0.2)
