"""The layers read back row by row against the paper's Tables 1 and 2."""

import pytest
import torch
from torch import nn

from chromantic.model.blocks import GatedResidualBlock
from chromantic.model.config import NetworkConfig, preset
from chromantic.model.network import Chromantic

CLASSES = tuple(f"class {i}" for i in range(21))

# (layer, output channels, output resolution, dilation) at 128x128
TABLE_1 = [
    ("conv", 64, 128, 1),
    *[("block", 64, 128, 1)] * 2,
    ("conv", 128, 64, 1),
    *[("block", 128, 64, 1)] * 2,
    ("conv", 256, 32, 1),
    *[("block", 256, 32, 1)] * 2,
    ("conv", 512, 32, 1),
    *[("block", 512, 32, 2)] * 3,
    ("conv", 512, 32, 1),
    *[("block", 512, 32, 4)] * 3,
    ("conv", 160, 32, 1),
]
TABLE_2 = [
    *TABLE_1[:13],
    ("conv", 512, 32, 1),
    *[("block", 512, 32, 2)] * 3,
]


def rows_of(network: Chromantic, path: list[nn.Module]) -> list[tuple[str, int, int, int]]:
    """What a photo of 128x128 meets on its way through the layers (on the meta device: shapes alone)."""
    x, rows = torch.empty(1, 2, 128, 128, device="meta"), []
    for layer in path:
        x = layer(x)
        conv = (layer.conv1 if isinstance(layer, GatedResidualBlock) else layer).conv
        assert isinstance(conv, nn.Conv2d)
        assert conv.kernel_size == (3, 3)
        kind = "block" if isinstance(layer, GatedResidualBlock) else "conv"
        rows.append((kind, x.shape[1], x.shape[2], conv.dilation[0]))
    return rows


@pytest.mark.parametrize("branch", ["256-channel blocks", "512-channel blocks"])
def test_embedding_is_table_1_and_segmentation_is_table_2(branch: str) -> None:
    with torch.device("meta"):
        network = Chromantic(preset("paper", CLASSES, branch=branch))
    assert network.segmentation is not None
    *trunk, pyramid = network.segmentation
    assert rows_of(network, [*network.trunk.rows, *network.embedding]) == TABLE_1
    assert rows_of(network, [*network.trunk.rows, *trunk]) == TABLE_2
    assert [conv.dilation[0] for conv in pyramid.branches] == [6, 12, 18]
    assert all(conv.kernel_size == (3, 3) and conv.out_channels == 21 for conv in pyramid.branches)


def test_a_block_dilates_its_first_convolution_only() -> None:
    block = GatedResidualBlock(32, dilation=4)
    assert block.conv1.conv.dilation == (4, 4)
    assert block.conv2.conv.dilation == (1, 1)


@pytest.mark.parametrize(("name", "factor"), [("paper", 1), ("half", 2), ("quarter", 4), ("tiny", 8)])
def test_presets_scale_the_tables(name: str, factor: int) -> None:
    with torch.device("meta"):
        network = Chromantic(preset(name, CLASSES))
    channels = [row[1] for row in rows_of(network, [*network.trunk.rows, *network.embedding])]
    expected = [row[1] // factor for row in TABLE_1]
    assert channels[:-1] == expected[:-1]
    assert channels[-1] == pytest.approx(expected[-1], abs=4)  # a multiple of 8


def test_parameters_of_the_presets() -> None:
    def millions(config: NetworkConfig) -> float:
        with torch.device("meta"):
            return sum(p.numel() for p in Chromantic(config).parameters()) / 1e6

    assert [round(millions(preset(name, CLASSES))) for name in ("paper", "half", "quarter")] == [102, 27, 7]
    assert round(millions(preset("tiny", CLASSES)), 1) == 1.6
