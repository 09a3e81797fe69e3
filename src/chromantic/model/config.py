"""What a network is made of, and the presets by width."""

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from pydantic import ConfigDict

Flow = Literal["purple", "purple-blue", "purple-blue-green"]
Fusion = Literal["concat", "film"]
Branch = Literal["256-channel blocks", "512-channel blocks"]
Preset = Literal["paper", "half", "quarter", "lite", "tiny"]


@dataclass(frozen=True)
class NetworkConfig:
    """A network, complete: two networks with equal configs have equal parameters.

    Attributes:
        width: Factor on the channels of Tables 1 and 2.
        flow: What is trained together (paper, Figure 3). `purple`: embedding and generator; `purple-blue`: with the
            segmentation branch; `purple-blue-green`: the generator also sees the segmentation.
        fusion: How the generator sees the segmentation, in the purple-blue-green flow.
        branch: The rows of Table 1 after which the segmentation branch leaves the embedding. The paper marks them by a
            shading that is lost.
        classes: Names of the segmentation classes, by label value.
        components: Logistics in each mixture.
        vertical_channels: Channels of the generator's vertical stack, which runs once per row.
        horizontal_channels: Channels of the generator's horizontal stack, which runs once per pixel; 64 is about what
            keeps its weights in a CPU's second-level cache.
        generator_blocks: Gated residual blocks in each stack.
        trunk: What reads the lightness, by its name in `chromantic.model.trunks.TRUNKS`: the rows that Tables 1 and 2
            share (`tables`), or a backbone that begins with what it learned on ImageNet.
        hints: Whether known chroma can be given to the network.
        reading_cell: Pixels along a side of a cell as a backbone reads it: enlarged from 4, objects are nearer to their
            size on ImageNet. Other trunks read the photo as it is.
    """

    width: float
    classes: tuple[str, ...]
    flow: Flow = "purple-blue-green"
    fusion: Fusion = "concat"
    branch: Branch = "256-channel blocks"
    components: int = 10
    vertical_channels: int = 96
    horizontal_channels: int = 48
    generator_blocks: int = 6
    trunk: str = "tables"
    hints: bool = False
    reading_cell: int = 5
    __pydantic_config__ = ConfigDict(extra="forbid")

    def channels(self, of_paper: int) -> int:
        """The channels of this network where the paper's has `of_paper`, a multiple of 8."""
        return max(8, round(of_paper * self.width / 8) * 8)


_PAPER = NetworkConfig(width=1.0, classes=(), vertical_channels=160, horizontal_channels=64)
_PRESETS: dict[Preset, NetworkConfig] = {
    "paper": _PAPER,
    "half": replace(_PAPER, width=0.5, vertical_channels=128),
    "quarter": replace(_PAPER, width=0.25, vertical_channels=64, horizontal_channels=48),
    "lite": replace(
        _PAPER, width=0.25, vertical_channels=64, horizontal_channels=48, trunk="efficientnet-lite1", hints=True
    ),
    "tiny": replace(_PAPER, width=0.125, vertical_channels=16, horizontal_channels=8, generator_blocks=2),
}
PRESETS: tuple[Preset, ...] = get_args(Preset)


def preset(name: Preset, classes: tuple[str, ...], **changes: Any) -> NetworkConfig:
    """A preset for these classes, with changes to its other fields."""
    return replace(_PRESETS[name], classes=classes, **changes)
