"""What the generator is conditioned on, by flow (paper, Section 3.2)."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class Concat(nn.Module):
    """The embedding and the class probabilities, side by side along channels."""

    def __init__(self, embedding_channels: int, classes: int) -> None:
        super().__init__()
        self.out_channels = embedding_channels + classes

    def forward(
        self,
        embedding: Float[Tensor, "batch channels height width"],
        class_logits: Float[Tensor, "batch classes height width"],
    ) -> Float[Tensor, "batch both height width"]:
        return torch.cat([embedding, class_logits.softmax(dim=1)], dim=1)


class FeatureTransformation(nn.Module):
    """The embedding, scaled and shifted by what convolutions read from the class probabilities (FiLM, SFT)."""

    def __init__(self, embedding_channels: int, classes: int) -> None:
        super().__init__()
        self.out_channels = embedding_channels
        self.hidden = nn.Conv2d(classes, embedding_channels, 1)
        self.scale_and_shift = nn.Conv2d(embedding_channels, 2 * embedding_channels, 1)

    def forward(
        self,
        embedding: Float[Tensor, "batch channels height width"],
        class_logits: Float[Tensor, "batch classes height width"],
    ) -> Float[Tensor, "batch channels height width"]:
        scale, shift = self.scale_and_shift(F.elu(self.hidden(class_logits.softmax(dim=1)))).chunk(2, dim=1)
        transformed: Tensor = embedding * (1 + scale) + shift
        return transformed
