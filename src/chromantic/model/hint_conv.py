"""How known colours enter the network."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from chromantic.colour.lab import normalize_chroma
from chromantic.model.hints import Hints

_CHROMA_GAIN = 8.0
"""Natural chroma seldom leaves an eighth of its range: so it spreads over [-1, 1] as features do."""


class HintConv(nn.Conv2d):
    """Adds nothing to a network's features where nothing is known, and nothing anywhere before it is trained."""

    def __init__(self, out_channels: int) -> None:
        super().__init__(3, out_channels, 3, padding=1, bias=False)
        nn.init.zeros_(self.weight)

    def forward(self, hints: Hints) -> Float[Tensor, "batch out h w"]:  # type: ignore[override]
        known = hints.known[:, None].to(self.weight.dtype)
        return super().forward(torch.cat([_CHROMA_GAIN * normalize_chroma(hints.chroma) * known, known], dim=1))
