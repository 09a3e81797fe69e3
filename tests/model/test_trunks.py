"""Trunks: the EfficientNets against an independent implementation, and how hints enter above them."""

import dataclasses

import pytest
import torch
import torch.nn.functional as F

from chromantic.data.classes import CLASS_NAMES
from chromantic.model.config import preset
from chromantic.model.hints import Hints
from chromantic.model.network import Chromantic
from chromantic.model.trunks import TRUNKS
from chromantic.model.trunks.imagenet import read_efficientnet

LITE = preset("lite", CLASS_NAMES)


@pytest.mark.parametrize(("variant", "size"), [(0, 224), (1, 240), (2, 260)])
def test_the_backbone_computes_what_its_authors_network_does(variant: int, size: int) -> None:
    """At the size that their padding is made for."""
    theirs = pytest.importorskip("efficientnet_lite_pytorch").EfficientNet.from_name(f"efficientnet-lite{variant}")
    theirs.load_state_dict(read_efficientnet(variant))
    theirs.eval()
    trunk = TRUNKS[f"efficientnet-lite{variant}"](LITE)
    trunk.load_imagenet()
    grey = torch.rand(1, 1, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad():
        x = F.relu6(theirs._bn0(theirs._conv_stem(grey.expand(-1, 3, -1, -1))))
        y = F.relu6(trunk.stem(grey))
        for their_block, block in zip(theirs._blocks, trunk.blocks, strict=True):
            x, y = their_block(x), block(y)
            assert torch.allclose(x, y, atol=1e-3 * x.abs().max().item())


@pytest.mark.parametrize("trunk", TRUNKS)
@pytest.mark.parametrize("size", [(32, 32), (44, 60)])
def test_features_lie_on_the_grid(trunk: str, size: tuple[int, int]) -> None:
    config = dataclasses.replace(preset("tiny", CLASS_NAMES), trunk=trunk)
    scene = Chromantic(config).encode(torch.rand(2, 1, *size) * 100)
    for layer in (scene.lightness, scene.embedding, scene.chroma_parameters, scene.class_logits):
        assert layer.shape[2:] == (size[0] // 4, size[1] // 4)


def test_a_backbone_may_read_larger_cells() -> None:
    lightness = torch.rand(1, 1, 32, 48, generator=torch.Generator().manual_seed(0)) * 2 - 1
    features = []
    for cell in (5, 6):
        torch.manual_seed(0)
        trunk = TRUNKS["efficientnet-lite0"](preset("tiny", ("a", "b"), reading_cell=cell)).eval()
        features.append(trunk(lightness))
    assert features[0].shape == features[1].shape
    assert not torch.allclose(features[0], features[1])


def test_frozen_blocks_do_not_learn() -> None:
    network = Chromantic(LITE)
    network.trunk.freeze(7)
    frozen = {name for name, weight in network.named_parameters() if not weight.requires_grad}
    assert {"trunk.stem.weight", "trunk.blocks.0.project.bias", "trunk.blocks.6.depthwise.weight"} <= frozen
    assert not {name for name in frozen if name.startswith(("trunk.blocks.7.", "trunk.joints", "trunk.mix", "shared"))}


def test_hints_change_nothing_before_they_are_learned_and_where_there_are_none() -> None:
    torch.manual_seed(0)
    network = Chromantic(dataclasses.replace(preset("tiny", CLASS_NAMES), hints=True)).eval()
    lightness, chroma = torch.rand(1, 1, 64, 64) * 100, torch.randint(-50, 50, (1, 2, 16, 16)).float()
    known = torch.zeros(1, 16, 16, dtype=torch.bool)
    known[:, 4:6, 4:6] = True
    with torch.no_grad():
        plain = network.encode(lightness).chroma_parameters
        assert torch.equal(network.encode(lightness, Hints(chroma, known)).chroma_parameters, plain)
        torch.nn.init.normal_(network.hints.weight)
        assert torch.equal(network.encode(lightness, Hints(chroma, ~known & known)).chroma_parameters, plain)
        assert not torch.equal(network.encode(lightness, Hints(chroma, known)).chroma_parameters, plain)


def test_a_network_that_takes_no_hints_says_so() -> None:
    network = Chromantic(preset("tiny", CLASS_NAMES))
    hints = Hints(torch.zeros(1, 2, 8, 8), torch.ones(1, 8, 8, dtype=torch.bool))
    with pytest.raises(ValueError, match="takes no hints"):
        network.encode(torch.zeros(1, 1, 32, 32), hints)
