"""Grey photographs to colour: the whole way a photo takes."""

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from PIL import Image
from torch import Tensor

from chromantic.colour.contrast import Levels, find_levels
from chromantic.colour.upsampling import chroma_from_maps, chroma_maps, enlarged_strips
from chromantic.errors import ChromanticError
from chromantic.grid import CELL, grid_of
from chromantic.model import pretrained
from chromantic.model.entropy import entropy
from chromantic.model.network import Chromantic, Scene
from chromantic.photo import (
    Photo,
    Provenance,
    check_format,
    depth_in,
    join_chroma,
    lightness_of,
    opacity_of,
    read_photo,
    result_format,
    shrink_lightness,
    to_image,
    write_rows,
)
from chromantic.sampling import sample_chroma
from chromantic.sampling.choice import choose_samples, expected_chroma
from chromantic.sampling.coherent import sample_coherently


@dataclass(frozen=True)
class Draws:
    """How different colorizations are drawn.

    Attributes:
        samples: Colorizations to draw, at least 1.
        seed: From 0 to 2^63 - 1: the same seed gives the same pictures.
        temperature: At least 0. 1 draws what the model believes in; less is calmer and duller.
        candidates: Draws of the generator behind each sample, at least 1, of which that nearest to the expected colours
            is given (`chromantic.sampling.choice`); 1 gives plain draws of the model. None draws coherently, each thing
            in one colour (`chromantic.sampling.coherent`).
    """

    samples: int = 1
    seed: int = 0
    temperature: float = 1.0
    candidates: int | None = None

    @classmethod
    def asked_for(cls, **options: int | float | None) -> "Draws | None":
        """The draws that options ask for, checked; None where all are None, and nothing is to be drawn.

        Raises:
            ChromanticError: An option is out of range.
        """
        given = {name: value for name, value in options.items() if value is not None}
        if not given:
            return None
        draws = cls(**given)  # type: ignore[arg-type]
        if draws.samples < 1:
            raise ChromanticError(f"samples {draws.samples}: give at least 1")
        if draws.candidates is not None and draws.candidates < 1:
            raise ChromanticError(f"candidates {draws.candidates}: give at least 1")
        if not 0 <= draws.seed < 2**63:
            raise ChromanticError(f"seed {draws.seed}: give a whole number from 0 to 2^63 - 1")
        if not (math.isfinite(draws.temperature) and draws.temperature >= 0):
            raise ChromanticError(f"temperature {draws.temperature}: give a number from 0 up; 1 is the model's own")
        return draws


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
    """The colours of one photo. Pixels of the photo's size are made when they are asked for.

    Attributes:
        photo: What was colorized.
        chroma: a and b in CIE units of each sample, at low resolution.
        log_likelihoods: Of each sample's chroma under the model, in nats; empty where the generator drew none.
        draws: How the samples were drawn; None for expected colours.
        model: Name and fingerprint of the weights.
        scene: What the network understood, at low resolution.
        small_lightness: L in [0, 100] as the network read it.
        levels: Between which the network read the lightness.
        apply_contrast: Whether the result's lightness is that between the levels, too, instead of the photo's own.
        class_names: Of the network's segmentation.
    """

    photo: Photo
    chroma: Float[Tensor, "samples 2 h w"]
    log_likelihoods: tuple[float, ...]
    draws: "Draws | None"
    model: str
    scene: Scene
    small_lightness: Float32[np.ndarray, "4*h 4*w"]
    levels: Levels
    apply_contrast: bool
    class_names: tuple[str, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the photo."""
        return self.photo.size[1], self.photo.size[0]

    @cached_property
    def images(self) -> list[Image.Image]:
        """Of the photo's size, one per sample, 8-bit RGB, or RGBA where the photo has an alpha channel."""
        depth = np.dtype(np.uint8)
        pixels = [np.concatenate(list(self._strips(number, depth))) for number in range(len(self.chroma))]
        return [to_image(sample, like=self.photo) for sample in pixels]

    def save(self, path: str | os.PathLike[str], sample: int = 0, format: str | None = None) -> None:
        """Writes a sample at the depth of the photo, with the photo's metadata and where the colours come from.

        Args:
            path: The file; a missing folder is made.
            sample: Which one.
            format: `png`, `tiff`, `webp` (lossless) or `jpeg`; None takes TIFF and WebP for a photo that came as one,
                else PNG. WebP and JPEG hold 8 bits, PNG 16 where the photo has floats.

        Raises:
            ChromanticError: The file cannot be written, or the format is unknown or has no
                transparency, which the photo has.
        """
        check_format(format)
        format = format or result_format(self.photo.format)
        depth = depth_in(format, self.photo.result_depth)
        options: dict[str, object] = {"colours": "expected"}
        if self.draws:
            options = {"seed": self.draws.seed, "sample": sample + 1, "temperature": self.draws.temperature}
            options |= {"candidates": self.draws.candidates} if self.draws.candidates else {}
        if self.levels != Levels():
            options |= {"contrast": "applied" if self.apply_contrast else "restored"}
        provenance = Provenance(self.model, options)
        write_rows(Path(path), format, self._rows(sample, depth), depth, self.photo, provenance)

    def _strips(self, sample: int, depth: np.dtype) -> Iterator[np.ndarray]:
        """Red, green and blue, a band of rows at a time."""
        maps = chroma_maps(self.chroma[sample].numpy(), self.small_lightness)
        for rows, strip in enlarged_strips(maps, self.size):
            lightness = lightness_of(self.photo, rows)
            stretched = self.levels.stretch(lightness)
            chroma = chroma_from_maps(strip, stretched)
            yield join_chroma(stretched if self.apply_contrast else lightness, chroma, depth)

    def _rows(self, sample: int, depth: np.dtype) -> Iterator[np.ndarray]:
        """What `_strips` gives, with the photo's opacity where it has one."""
        top = 0
        for strip in self._strips(sample, depth):
            rows = slice(top, top := top + len(strip))
            yield strip if self.photo.alpha is None else np.dstack([strip, opacity_of(self.photo, rows, depth)])

    @cached_property
    def segmentation(self) -> Segmentation | None:
        """The likeliest class of each pixel; None where the network has no segmentation (purple flow)."""
        if self.scene.class_logits is None:
            return None
        classes = np.empty(self.size, np.uint8)
        for rows, logits in enlarged_strips(self.scene.class_logits[0].numpy(), self.size):
            classes[rows] = logits.argmax(axis=0)
        return Segmentation(classes, self.class_names)

    @cached_property
    def uncertainty(self) -> Float[np.ndarray, "height width"]:
        """Entropy in bits, 0 to 16, of each pixel's chroma on the 1-unit grid, as the embedding predicts it."""
        bits = np.empty(self.size, np.float32)
        for rows, strip in enlarged_strips(entropy(self.scene.chroma_parameters)[0].numpy(), self.size):
            bits[rows] = strip
        return bits

    @property
    def uncertainty_image(self) -> Image.Image:
        """The uncertainty as an 8-bit grey image, 16 levels a bit."""
        return Image.fromarray(np.rint(self.uncertainty * 16).clip(0, 255).astype(np.uint8))


class Colorizer:
    """A network that is ready to colorize photos."""

    def __init__(self, network: Chromantic, name: str) -> None:
        """Takes a network in evaluation mode, on any device, and the name that its results shall carry."""
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
        samples: int | None = None,
        seed: int | None = None,
        temperature: float | None = None,
        candidates: int | None = None,
        restore_contrast: bool = False,
        apply_contrast: bool = False,
        callback: Callable[[int, int], None] | None = None,
    ) -> Colorization:
        """Colorizes a photo; its lightness stays, and only it is read of a colour photo.

        Without `samples`, `seed`, `temperature` and `candidates` it gives the colours that the model expects, as vivid
        as photographs: the most natural single result, in one pass. With any of them it draws (`Draws`).

        Args:
            photo: What `chromantic.photo.read_photo` reads.
            samples: Different colorizations to draw.
            seed: Of the draws.
            temperature: Of the draws.
            candidates: Draws behind each sample.
            restore_contrast: Let the network see a faded photo with its levels stretched; the result keeps the photo's
                own lightness.
            apply_contrast: Stretch the result's levels, too.
            callback: Called with the finished and all rows of the draws; may raise to cancel.

        Raises:
            ChromanticError: The photo cannot be read, or an argument is out of range.
        """
        draws = Draws.asked_for(samples=samples, seed=seed, temperature=temperature, candidates=candidates)
        original = read_photo(photo)
        small_lightness = resize_lightness(original)
        levels = find_levels(small_lightness) if restore_contrast or apply_contrast else Levels()
        small_lightness = levels.stretch(small_lightness)
        read = torch.from_numpy(small_lightness)[None, None].to(next(self.network.parameters()).device)
        scene = self.network.encode(read)
        chroma, log_likelihoods = expected_chroma(scene.chroma_parameters), torch.empty(0)
        if draws:
            chroma, log_likelihoods = self._draw(scene, draws, callback)
        return Colorization(
            photo=original,
            chroma=chroma.cpu(),
            log_likelihoods=tuple(log_likelihoods.tolist()),
            draws=draws,
            model=self.name,
            scene=scene.map(Tensor.cpu),
            small_lightness=small_lightness,
            levels=levels,
            apply_contrast=apply_contrast,
            class_names=self.network.config.classes,
        )

    def _draw(self, scene: Scene, draws: Draws, callback: Callable[[int, int], None] | None) -> tuple[Tensor, Tensor]:
        """Chroma of every sample, and its log-likelihood where the generator drew it."""
        generator = torch.Generator().manual_seed(draws.seed)
        if draws.candidates is None:
            chroma = sample_coherently(
                scene,
                samples=draws.samples,
                generator=generator,
                temperature=draws.temperature,
                callback=callback,
            )
            return chroma, torch.empty(0)
        drawn, likelihoods = sample_chroma(
            self.network,
            scene,
            samples=draws.samples * draws.candidates,
            generator=generator,
            temperature=draws.temperature,
            callback=callback,
        )
        candidates = drawn.unflatten(0, (draws.samples, draws.candidates))
        expected = expected_chroma(scene.chroma_parameters)
        chosen = choose_samples(candidates, expected.expand(draws.samples, -1, -1, -1))
        chosen += torch.arange(0, len(drawn), draws.candidates, device=drawn.device)
        return drawn[chosen], likelihoods[chosen]


def resize_lightness(photo: Photo) -> Float32[np.ndarray, "h w"]:
    """Lightness as the network reads it: shorter side 128, multiples of 4, the aspect kept up to 8 to 1."""
    width, height = photo.size
    rows, columns = grid_of(height, width)
    return shrink_lightness(photo, (rows * CELL, columns * CELL))


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
