"""The network of the paper: color embedding f, segmentation h and generator g, composed by flow (Figure 3)."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from chromantic.grid import CELL
from chromantic.lab import normalize_lightness
from chromantic.model.blocks import build_rows
from chromantic.model.config import NetworkConfig
from chromantic.model.embedding import SHARED_UP_TO, TABLE_1
from chromantic.model.fusion import Concat, FeatureTransformation
from chromantic.model.generator import Conditioning, Generator, canvas_of
from chromantic.model.mixture import MixtureHead
from chromantic.model.segmentation import TABLE_2, AtrousPyramid


class Scene(NamedTuple):
    """What one pass over a photo's lightness understood, at a quarter of its resolution.

    Attributes:
        lightness: [batch 1 h w], normalized.
        embedding: [batch channels h w], features of the color embedding network.
        chroma_parameters: [batch maps h w], the embedding's own mixture over chroma.
        class_logits: [batch classes h w]; None in the purple flow.
    """

    lightness: Tensor
    embedding: Tensor
    chroma_parameters: Tensor
    class_logits: Tensor | None


class Prediction(NamedTuple):
    """A scene and the generator's teacher-forced mixture parameters, [batch maps h w]."""

    scene: Scene
    chroma_parameters: Tensor


class Chromantic(nn.Module):
    """The whole network, for any height and width that are multiples of 4."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        classes, scale = len(config.classes), config.channels
        segments, fuses = config.flow != "purple", config.flow == "purple-blue-green"

        shared = SHARED_UP_TO[config.branch]
        branch_channels = scale(TABLE_1[shared - 1].channels)
        embedding_channels = scale(TABLE_1[-1].channels)
        self.bottom = build_rows(TABLE_1[:shared], 2, scale)
        self.embedding = build_rows(TABLE_1[shared:], branch_channels, scale)
        self.embedding_head = MixtureHead(embedding_channels, config.components)
        self.segmentation = (
            nn.Sequential(
                *build_rows(TABLE_2[shared:], branch_channels, scale),
                AtrousPyramid(scale(TABLE_2[-1].channels), classes),
            )
            if segments
            else None
        )
        fusion = Concat if config.fusion == "concat" else FeatureTransformation
        self.fusion = fusion(embedding_channels, classes) if fuses else None
        self.generator = Generator(
            self.fusion.out_channels if self.fusion else embedding_channels,
            config.vertical_channels,
            config.horizontal_channels,
            config.generator_blocks,
            config.components,
        )

    def encode(self, lightness: Float[Tensor, "batch 1 height width"]) -> Scene:
        """Understand photos: color embedding and segmentation, once per photo.

        Args:
            lightness: L in [0, 100]; height and width are multiples of 4. Photos are best read with a shorter side
                of 128, as the network was trained.
        """
        lightness = normalize_lightness(lightness)
        bottom = self.bottom(torch.cat([lightness, torch.ones_like(lightness)], dim=1))
        embedding = self.embedding(bottom)
        return Scene(
            F.avg_pool2d(lightness, CELL),
            embedding,
            self.embedding_head(embedding),
            self.segmentation(bottom) if self.segmentation else None,
        )

    def fuse(self, scene: Scene) -> Float[Tensor, "batch channels height width"]:
        """What the generator is told of a scene."""
        return scene.embedding if self.fusion is None else self.fusion(scene.embedding, scene.class_logits)

    def condition(self, scene: Scene) -> Conditioning:
        """The generator's terms of a scene."""
        return self.generator.condition(self.fuse(scene))

    def forward(
        self, lightness: Float[Tensor, "batch 1 height width"], chroma: Float[Tensor, "batch 2 h w"]
    ) -> Prediction:
        """The distributions of the embedding and, given the true chroma of the pixels before, of the generator.

        Args:
            lightness: As `encode` reads it.
            chroma: True chroma on the grid, at a quarter of the lightness's resolution.
        """
        scene = self.encode(lightness)
        canvas = canvas_of(chroma, scene.lightness)
        return Prediction(scene, self.generator(canvas, self.condition(scene)))
