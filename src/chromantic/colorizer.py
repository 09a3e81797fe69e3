"""Grey photographs to colour: the whole way a photo takes."""

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from chromantic.errors import ChromanticError
from chromantic.grid import CELL, grid_of
from chromantic.lab import LIGHTNESS_MAX
from chromantic.model import mixture, pretrained
from chromantic.model.entropy import entropy
from chromantic.model.network import Chromantic, Scene
from chromantic.photo import Photo, join_chroma, read_photo, split_lightness, to_image
from chromantic.sampling import sample_chroma
from chromantic.upsampling import enlarged_strips, upsample_chroma


@dataclass(frozen=True, eq=False)
class Segmentation:
    """What the network takes the parts of a photo for.

    Attributes:
        classes: height width, index into `names`.
        names: of the classes.
    """

    classes: UInt8[np.ndarray, "height width"]
    names: tuple[str, ...]

    @property
    def image(self) -> Image.Image:
        """A palette image of the class indices in PASCAL VOC's colours."""
        image = Image.fromarray(self.classes).convert("P")
        image.putpalette([_voc_colour(index)[channel] for index in range(256) for channel in range(3)])
        return image


@dataclass(frozen=True, eq=False)
class Colorization:
    """The colours of one photo.

    Attributes:
        images: Of the photo's size, one per sample, 8-bit RGB, or RGBA where the photo has an alpha channel.
        log_likelihoods: Of each sample's chroma under the model, in nats; empty for a preview.
        seed: Of the samples.
        model: Name and fingerprint of the weights.
        size: Height and width.
        scene: What the network understood, at low resolution.
        class_names: Of the network's segmentation.
    """

    images: list[Image.Image]
    log_likelihoods: tuple[float, ...]
    seed: int
    model: str
    size: tuple[int, int]
    scene: Scene
    class_names: tuple[str, ...]

    @cached_property
    def segmentation(self) -> Segmentation | None:
        """The likeliest class of each pixel; None where the network has no segmentation (purple flow)."""
        if self.scene.class_logits is None:
            return None
        classes = np.empty(self.size, np.uint8)
        for rows, logits in enlarged_strips(self.scene.class_logits, self.size):
            classes[rows] = logits[0].max(dim=0).indices.numpy()  # on a CPU three times as fast as argmax
        return Segmentation(classes, self.class_names)

    @cached_property
    def uncertainty(self) -> Float[np.ndarray, "height width"]:
        """Entropy in bits, 0 to 16, of each pixel's chroma on the 1-unit grid, as the embedding predicts it."""
        bits = np.empty(self.size, np.float32)
        for rows, strip in enlarged_strips(entropy(self.scene.chroma_parameters)[None], self.size):
            bits[rows] = strip[0, 0].numpy()
        return bits

    @property
    def uncertainty_image(self) -> Image.Image:
        """The uncertainty as an 8-bit grey image, 16 levels a bit."""
        return Image.fromarray(np.rint(self.uncertainty * 16).clip(0, 255).astype(np.uint8))


class Colorizer:
    """A network that is ready to colorize photos."""

    def __init__(self, network: Chromantic, name: str) -> None:
        """Takes a network in evaluation mode and the name that its results shall carry."""
        self.network = network
        self.name = name

    @classmethod
    def from_pretrained(cls, name_or_path: str | os.PathLike[str] = "default") -> "Colorizer":
        """Loads shipped weights by name, or a user's file.

        Raises:
            ChromanticError: There are no such weights, or they are damaged or of another network.
        """
        name_or_path = os.fspath(name_or_path)
        return cls(pretrained.load(name_or_path), f"{name_or_path}@{pretrained.fingerprint(name_or_path)}")

    @torch.no_grad()
    def colorize(
        self,
        photo: str | os.PathLike[str] | Image.Image | np.ndarray | Photo,
        samples: int = 1,
        seed: int = 0,
        temperature: float = 1.0,
        preview: bool = False,
        callback: Callable[[int, int], None] | None = None,
    ) -> Colorization:
        """Colorizes a photo; its lightness stays, and only it is read of a colour photo.

        Args:
            photo: What `chromantic.photo.read_photo` reads.
            samples: Different colorizations to draw, at least 1.
            seed: Of the draws, from 0 to 2^63 - 1: the same seed gives the same pictures.
            temperature: At least 0. 1 draws what the model believes in; less is calmer and duller.
            preview: Give the mean colours of the embedding instead, in one pass; nothing is drawn.
            callback: Called with the finished and all rows of the draws; may raise to cancel.

        Raises:
            ChromanticError: The photo cannot be read, or an argument is out of range.
        """
        check_options(samples, seed, temperature, preview)
        original = read_photo(photo)
        lightness = split_lightness(original)
        scene = self.network.encode(resize_lightness(lightness))
        if preview:
            chroma, log_likelihoods = mixture.mean(scene.chroma_parameters), torch.empty(0)
        else:
            rng = torch.Generator().manual_seed(seed)
            chroma, log_likelihoods = sample_chroma(
                self.network, scene, samples=samples, generator=rng, temperature=temperature, callback=callback
            )
        images = [
            to_image(join_chroma(lightness, upsample_chroma(sample, lightness)), like=original)
            for sample in chroma.split(1)
        ]
        width, height = original.size
        return Colorization(
            images=images,
            log_likelihoods=tuple(log_likelihoods.tolist()),
            seed=seed,
            model=self.name,
            size=(height, width),
            scene=scene,
            class_names=self.network.config.classes,
        )


def check_options(samples: int, seed: int, temperature: float, preview: bool) -> None:
    """Whether `Colorizer.colorize` takes these options; what reads many photos asks before it starts.

    Raises:
        ChromanticError: An option is out of range.
    """
    if samples < 1:
        raise ChromanticError(f"samples {samples}: give at least 1")
    if preview and samples > 1:
        raise ChromanticError(f"samples {samples}: a preview is one picture; leave out samples or preview")
    if not 0 <= seed < 2**63:
        raise ChromanticError(f"seed {seed}: give a whole number from 0 to 2^63 - 1")
    if not (math.isfinite(temperature) and temperature >= 0):
        raise ChromanticError(f"temperature {temperature}: give a number from 0 up; 1 is the model's own")


def resize_lightness(lightness: Float[Tensor, "1 1 height width"]) -> Float[Tensor, "1 1 h w"]:
    """Lightness as the network reads it: shorter side 128, multiples of 4, the aspect kept up to 8 to 1."""
    rows, columns = grid_of(*lightness.shape[-2:])
    return F.interpolate(lightness, (rows * CELL, columns * CELL), mode="bilinear", antialias=True).clamp(
        0, LIGHTNESS_MAX
    )


def colorize(
    photo: str | os.PathLike[str] | Image.Image | np.ndarray | Photo,
    *,
    model: str | os.PathLike[str] = "default",
    **options: Any,
) -> Colorization:
    """Colorizes one photo with `Colorizer.colorize`'s options; for several photos keep a `Colorizer`."""
    return Colorizer.from_pretrained(model).colorize(photo, **options)


def _voc_colour(index: int) -> tuple[int, int, int]:
    """PASCAL VOC's colour of a class: the bits of its index, dealt to red, green and blue from the highest down."""
    red, green, blue = (
        sum((index >> (3 * position + channel) & 1) << (7 - position) for position in range(8)) for channel in range(3)
    )
    return red, green, blue
