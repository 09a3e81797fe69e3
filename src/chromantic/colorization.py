"""What became of a photo: its colours, as pictures and files of the photo's own size and depth."""

import operator
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from chromantic.colour.contrast import Levels
from chromantic.colour.upsampling import chroma_from_maps, chroma_maps, enlarged_strips
from chromantic.errors import ChromanticError
from chromantic.guidance.carrying import Carrier
from chromantic.guidance.guide import Guide
from chromantic.guidance.suggestions import Suggestion, suggest
from chromantic.options import Options
from chromantic.photo import (
    Photo,
    Provenance,
    check_format,
    depth_in,
    encode_rows,
    format_of_file,
    join_chroma,
    lightness_at,
    lightness_of,
    opacity_of,
    result_format,
    shrink_photo,
    sidecar_of_result,
    to_image,
    write_rows,
)
from chromantic.understanding import Understanding


@dataclass(frozen=True, eq=False)
class Segmentation:
    """What the network takes the parts of a photo for.

    Attributes:
        classes: Index into `names`.
        names: Of the classes.
    """

    classes: UInt8[np.ndarray, "height width"]
    names: tuple[str, ...]

    @property
    def image(self) -> Image.Image:
        """A palette image of the class indices in PASCAL VOC's colours."""
        image = Image.fromarray(self.classes).convert("P")
        image.putpalette([_voc_colour(index)[channel] for index in range(256) for channel in range(3)])
        return image


@dataclass(frozen=True, eq=False, repr=False)
class Colorization:
    """The colours of one photo. Pixels of the photo's size are made when they are asked for.

    Attributes:
        photo: What was colorized.
        chroma: a and b in CIE units of each sample, at low resolution.
        log_likelihoods: Of each sample's chroma under the model, in nats; empty where the generator drew none.
        options: How it was colorized.
        model: Name and fingerprint of the weights.
        understanding: What the network understood, at low resolution.
        small_lightness: L in [0, 100] as the network read it.
        levels: Between which the network read the lightness.
        class_names: Of the network's segmentation.
        guide: What is known of the photo's colours; None where nothing is.
        carrier: Of the known colours; None where none are.
    """

    photo: Photo
    chroma: Float32[np.ndarray, "samples 2 h w"]
    log_likelihoods: tuple[float, ...]
    options: Options
    model: str
    understanding: Understanding
    small_lightness: Float32[np.ndarray, "height width"]
    levels: Levels
    class_names: tuple[str, ...]
    guide: Guide | None = None
    carrier: Carrier | None = None

    def __repr__(self) -> str:
        width, height = self.photo.size
        draws = self.options.draws
        what = f"{draws.samples} drawn with seed {draws.seed}" if draws else "expected colours"
        return f"<Colorization of {self.photo.source or 'a photo'}, {width} x {height}: {what}, {self.model}>"

    def shrunk(self, longest: int) -> "Colorization":
        """The same colours on the photo with a longer side of so many pixels; a photo that is no larger stays."""
        photo = shrink_photo(self.photo, longest)
        return replace(self, photo=photo, guide=self.guide and self.guide.shrunk(photo, longest))

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the photo."""
        return self.photo.size[1], self.photo.size[0]

    @property
    def format(self) -> str:
        """Of its files, unless a suffix says another: that of the options, or the one that suits the photo."""
        return self.options.format or result_format(self.photo.format)

    @cached_property
    def images(self) -> list[Image.Image]:
        """Of the photo's size, one per sample, 8-bit RGB, or RGBA where the photo has an alpha channel."""
        depth = np.dtype(np.uint8)
        pixels = [np.concatenate(list(self._strips(number, depth))) for number in range(len(self.chroma))]
        return [to_image(sample, like=self.photo) for sample in pixels]

    def save(self, path: str | os.PathLike[str], sample: int = 0, format: str | None = None) -> None:
        """Writes a sample at the depth of the photo, with the photo's metadata and where the colours come from.

        PNG, TIFF and WebP are written without loss. WebP and JPEG hold 8 bits, PNG 16 where the photo has floats.

        Args:
            path: The file, whose suffix says its format: .png, .tif, .webp or .jpg. A missing folder is made.
            sample: Which one, from 0.
            format: `png`, `tiff`, `webp` or `jpeg`, for a file without such a suffix; None takes `Colorization.format`.

        Raises:
            ChromanticError: There is no such sample, the suffix is of no format that is written or not of the one
                given, the format holds no transparency, which the photo has, or the file cannot be written.
        """
        path = Path(path)
        write_rows(path, *self._file(sample, format_of_file(path, format, otherwise=self.format)))

    def encode(self, sample: int = 0, format: str | None = None) -> bytes:
        """The file that `save` would write.

        Args:
            sample: Which one, from 0.
            format: `png`, `tiff`, `webp` or `jpeg`; None takes `Colorization.format`.

        Raises:
            ChromanticError: There is no such sample or format, or the format holds no transparency, which the photo
                has.
        """
        check_format(format)
        return encode_rows(*self._file(sample, format or self.format))

    def sidecar(self, packet: bytes, format: str | None = None) -> bytes | None:
        """What an XMP file beside the photo says of a result: `save` does the same for XMP in the photo's own file.

        Args:
            packet: The content of the XMP file.
            format: Of the result; None takes `Colorization.format`.

        Returns:
            The content of an XMP file beside the result; None where the packet is broken.
        """
        provenance = Provenance(self.model, self._origin(0))
        return sidecar_of_result(packet, self.photo.metadata, provenance, self.photo.size, format or self.format)

    def _file(self, sample: int, format: str) -> tuple[str, Iterator[np.ndarray], np.dtype, Photo, Provenance]:
        """What a file of a sample is written from."""
        sample = self._checked(sample)
        depth = depth_in(format, self.photo.result_depth)
        return format, self._rows(sample, depth), depth, self.photo, Provenance(self.model, self._origin(sample))

    def _checked(self, sample: int) -> int:
        try:
            number = operator.index(sample)
        except TypeError as error:
            raise ChromanticError(f"sample {sample!r}: give a whole number") from error
        if not 0 <= number < len(self.chroma):
            raise ChromanticError(f"sample {sample}: there are {len(self.chroma)}; count from 0")
        return number

    def _origin(self, sample: int) -> dict[str, object]:
        """What a file says of how it was made."""
        origin: dict[str, object] = {"colours": "expected"}
        if draws := self.options.draws:
            origin = {"seed": draws.seed, "sample": sample + 1, "temperature": draws.temperature}
            origin |= {"candidates": draws.candidates} if draws.candidates else {}
        if self.levels != Levels():
            origin |= {"contrast": "applied" if self.options.apply_contrast else "restored"}
        origin |= {name: True for name in ("invert", "descreen") if getattr(self.options, name)}
        return origin | dict(self.guide.origin if self.guide else {})

    def _strips(self, sample: int, depth: np.dtype) -> Iterator[np.ndarray]:
        """Red, green and blue, a band of rows at a time."""
        maps = chroma_maps(self.chroma[sample], self.small_lightness)
        finish = self.guide.finish(maps, self.levels) if self.guide else None
        for rows, strip in enlarged_strips(maps, self.size):
            lightness = lightness_of(self.photo, rows)
            stretched = self.levels.stretch(lightness)
            chroma = chroma_from_maps(strip, stretched)
            if finish:
                chroma = finish(rows, stretched, chroma)
            yield join_chroma(stretched if self.options.apply_contrast else lightness, chroma, depth)

    def _rows(self, sample: int, depth: np.dtype) -> Iterator[np.ndarray]:
        """What `_strips` gives, with the photo's opacity where it has one."""
        top = 0
        for strip in self._strips(sample, depth):
            rows = slice(top, top := top + len(strip))
            yield strip if self.photo.alpha is None else np.dstack([strip, opacity_of(self.photo, rows, depth)])

    def suggestions(self, x: float, y: float) -> list[Suggestion]:
        """Likely colours of a point, given the hints so far: at most 8, distinct to the eye, the likeliest first.

        Args:
            x: Pixels from the left edge of the photo, from 0.
            y: Pixels from its upper edge, from 0.

        Raises:
            ChromanticError: The point lies outside the photo.
        """
        height, width = self.size
        if not (0 <= x < width and 0 <= y < height):
            raise ChromanticError(f"point {x:g},{y:g}: lies outside the photo of {width} x {height} pixels")
        rows, columns = self.understanding.lightness.shape
        cell = int(y * rows / height), int(x * columns / width)
        lightness = float(lightness_at(self.photo, np.array([int(x)]), np.array([int(y)]))[0])
        return suggest(self.understanding, cell, lightness, self.carrier)

    @cached_property
    def segmentation(self) -> Segmentation | None:
        """The likeliest class of each pixel; None where the network has no segmentation (purple flow)."""
        probabilities = self.understanding.class_probabilities
        if probabilities is None:
            return None
        classes = np.empty(self.size, np.uint8)
        for rows, strip in enlarged_strips(probabilities, self.size):
            classes[rows] = strip.argmax(axis=0)
        return Segmentation(classes, self.class_names)

    @cached_property
    def uncertainty(self) -> Float32[np.ndarray, "height width"]:
        """Entropy in bits, 0 to 16, of each pixel's chroma on the 1-unit grid, as the embedding predicts it."""
        bits = np.empty(self.size, np.float32)
        for rows, strip in enlarged_strips(self.understanding.entropy[None], self.size):
            bits[rows] = strip[0]
        return bits

    @property
    def uncertainty_image(self) -> Image.Image:
        """The uncertainty as an 8-bit grey image, 16 levels a bit."""
        return Image.fromarray(np.rint(self.uncertainty * 16).clip(0, 255).astype(np.uint8))


def _voc_colour(index: int) -> tuple[int, int, int]:
    """PASCAL VOC's colour of a class: the bits of its index, dealt to red, green and blue from the highest down."""
    red, green, blue = (
        sum((index >> (3 * position + channel) & 1) << (7 - position) for position in range(8)) for channel in range(3)
    )
    return red, green, blue
