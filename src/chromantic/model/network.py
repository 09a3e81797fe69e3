"""The network of the paper: color embedding f, segmentation h and generator g, composed by flow (Figure 3)."""

from collections.abc import Callable
from typing import NamedTuple

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from chromantic.colour.lab import normalize_lightness
from chromantic.grid import CELL
from chromantic.model.blocks import build_rows
from chromantic.model.config import NetworkConfig
from chromantic.model.fusion import Concat, FeatureTransformation
from chromantic.model.generator import Conditioning, Generator, canvas_of
from chromantic.model.hint_conv import HintConv
from chromantic.model.hints import Hints
from chromantic.model.mixture import MixtureHead
from chromantic.model.segmentation import AtrousPyramid
from chromantic.model.trunks import TRUNKS


class Scene(NamedTuple):
    """What one pass over a photo's lightness understood, at a quarter of the photo's resolution.

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

    def map(self, function: Callable[[Tensor], Tensor]) -> "Scene":
        """The scene with `function` applied to each part that is there."""
        return Scene._make(part if part is None else function(part) for part in self)


class Prediction(NamedTuple):
    """Scenes, and the generator's teacher-forced mixture parameters, [batch maps h w], of all or the first of them."""

    scene: Scene
    chroma_parameters: Tensor


class Chromantic(nn.Module):
    """The whole network, for any height and width that are multiples of 4."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        classes, scale = len(config.classes), config.channels
        segments, fuses = config.flow != "purple", config.flow == "purple-blue-green"

        self.trunk = TRUNKS[config.trunk](config)
        channels, rows = self.trunk.out_channels, self.trunk.upper
        embedding_channels = scale(rows.embedding[-1].channels)
        self.hints = HintConv(channels) if config.hints else None
        self.shared = build_rows(rows.shared, channels, scale)
        self.embedding = build_rows(rows.embedding, channels, scale)
        self.embedding_head = MixtureHead(embedding_channels, config.components)
        self.segmentation = (
            nn.Sequential(
                *build_rows(rows.segmentation, channels, scale),
                AtrousPyramid(scale(rows.segmentation[-1].channels), classes),
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

    def encode(self, lightness: Float[Tensor, "batch 1 height width"], hints: Hints | None = None) -> Scene:
        """Runs the color embedding and the segmentation, once per photo.

        Args:
            lightness: L in [0, 100]; height and width are multiples of 4. Photos are best read with a shorter side
                of 128, as the network was trained.
            hints: Colours that are known, for a network that takes them; None where nothing is known.
        """
        lightness = normalize_lightness(lightness)
        features = self.trunk(lightness)
        if hints is not None:
            if self.hints is None:
                raise ValueError("this network takes no hints")
            features = features + self.hints(hints)
        features = self.shared(features)
        embedding = self.embedding(features)
        return Scene(
            F.avg_pool2d(lightness, CELL),
            embedding,
            self.embedding_head(embedding),
            self.segmentation(features) if self.segmentation else None,
        )

    def fuse(self, scene: Scene) -> Float[Tensor, "batch channels height width"]:
        """What the generator is told of a scene."""
        return scene.embedding if self.fusion is None else self.fusion(scene.embedding, scene.class_logits)

    def condition(self, scene: Scene) -> Conditioning:
        """The generator's terms of a scene."""
        return self.generator.condition(self.fuse(scene))

    def forward(
        self,
        lightness: Float[Tensor, "batch 1 height width"],
        chroma: Float[Tensor, "batch 2 h w"],
        hints: Hints | None = None,
        generated: int | None = None,
    ) -> Prediction:
        """The distributions of the embedding and, given the true chroma of the pixels before, of the generator.

        Args:
            lightness: As `encode` reads it.
            chroma: True chroma on the grid, at a quarter of the lightness's resolution.
            hints: As `encode` takes them.
            generated: Photos, the first of the batch, that the generator is asked about; None asks about all.
        """
        scene = self.encode(lightness, hints)
        seen = scene.map(lambda part: part[:generated])
        canvas = canvas_of(chroma[:generated], seen.lightness)
        return Prediction(scene, self.generator(canvas, self.condition(seen)))
