"""The composition: flows, fusions, sizes, and the raster order of every distribution."""

from dataclasses import replace
from itertools import product

import pytest
import torch

from chromantic.model.config import PRESETS, NetworkConfig, preset
from chromantic.model.network import Chromantic

CLASSES = ("background", "cat", "dog")
FLOWS = [
    ("purple", "concat"),
    ("purple-blue", "concat"),
    ("purple-blue-green", "concat"),
    ("purple-blue-green", "film"),
]


def network_of(config: NetworkConfig) -> Chromantic:
    torch.manual_seed(0)
    network = Chromantic(config).double().eval().requires_grad_(False)
    for conv in network.generator.modules():  # as strong as after training: a leak must show
        if isinstance(conv, torch.nn.Conv2d):
            conv.weight.mul_(3)
    return network


def shaped_like(name: str, **changes: object) -> NetworkConfig:
    """A preset's generator, stacks and depth as they are, over a trunk thin enough for a test."""
    return replace(preset(name, CLASSES, **changes), width=0.125)


@pytest.mark.parametrize(("name", "flow"), list(product(PRESETS, FLOWS)))
def test_a_pixel_changes_no_distribution_at_or_before_it(name: str, flow: tuple[str, str]) -> None:
    network = network_of(shaped_like(name, flow=flow[0], fusion=flow[1]))
    height, width = 5, 6
    generator = torch.Generator().manual_seed(1)
    lightness = torch.rand(1, 1, 4 * height, 4 * width, generator=generator, dtype=torch.float64) * 100
    chroma = torch.randint(-60, 60, (1, 2, height, width), generator=generator).double()
    before = network(lightness, chroma).chroma_parameters
    for y, x in [(0, 0), (0, 5), (2, 3), (3, 0), (4, 5)]:
        changed = chroma.clone()
        changed[:, :, y, x] += 50
        after = network(lightness, changed).chroma_parameters
        different = (after != before).any(dim=1)[0].flatten()
        pixel = y * width + x
        assert not different[: pixel + 1].any()
        if pixel + 1 < height * width:
            assert different[pixel + 1 :].any()


def test_every_later_pixel_within_reach_sees_a_change() -> None:
    network = network_of(preset("tiny", CLASSES))
    lightness = torch.rand(1, 1, 32, 32, dtype=torch.float64) * 100
    chroma = torch.zeros(1, 2, 8, 8, dtype=torch.float64)
    changed = chroma.clone()
    changed[:, :, 2, 4] = 40
    difference = network(lightness, chroma).chroma_parameters != network(lightness, changed).chroma_parameters
    later = torch.arange(64).view(8, 8) > 2 * 8 + 4  # all of them lie within the reach of two blocks
    assert torch.equal(difference.any(dim=1)[0], later)


@pytest.mark.parametrize(("flow", "fusion"), FLOWS)
def test_flows_train_what_they_say(flow: str, fusion: str) -> None:
    torch.manual_seed(0)
    network = Chromantic(preset("tiny", CLASSES, flow=flow, fusion=fusion))
    lightness, chroma = torch.rand(2, 1, 32, 40) * 100, torch.zeros(2, 2, 8, 10)
    prediction = network(lightness, chroma)
    assert prediction.chroma_parameters.shape == (2, 60, 8, 10)
    assert prediction.scene.chroma_parameters.shape == (2, 60, 8, 10)
    if flow == "purple":
        assert prediction.scene.class_logits is None
        assert network.segmentation is None
    else:
        assert prediction.scene.class_logits.shape == (2, 3, 8, 10)
    prediction.chroma_parameters.sum().backward()
    pyramid_learns = network.segmentation is not None and network.segmentation[-1].branches[0].weight.grad is not None
    assert pyramid_learns == (flow == "purple-blue-green")


def test_the_scene_alone_decides_nothing_of_the_lightness_of_other_photos() -> None:
    network = network_of(preset("tiny", CLASSES))
    lightness, chroma = torch.rand(2, 1, 32, 32, dtype=torch.float64) * 100, torch.zeros(2, 2, 8, 8).double()
    together = network(lightness, chroma).chroma_parameters
    alone = network(lightness[1:], chroma[1:]).chroma_parameters
    torch.testing.assert_close(together[1:], alone)
