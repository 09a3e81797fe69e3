"""Between pixels and CIE lightness and chroma, a band of rows at a time."""

import mmap
from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Num
from PIL import Image
from torch import Tensor

from chromantic.colour.lab import (
    LIGHTNESS_MAX,
    fit_chroma_to_gamut,
    lab_to_rgb,
    levels_to_lightness,
    lightness_to_grey,
    rgb_to_lightness,
    round_to_levels,
)
from chromantic.photo.photo import Photo, white_of

_STRIP_PIXELS = 1 << 16


def split_lightness(photo: Photo) -> Float[Tensor, "1 1 height width"]:
    """The CIE lightness of a grey or colour photo, in [0, 100], at its own size and depth."""
    width, height = photo.size
    lightness = torch.empty(1, 1, height, width)
    for rows in row_strips(height, width):
        lightness[:, :, rows] = lightness_of(photo, rows)
    return lightness


def lightness_of(photo: Photo, rows: slice) -> Float[Tensor, "1 1 rows width"]:
    """The CIE lightness of some rows of a photo, in [0, 100]."""
    samples = photo.pixels[rows]
    if samples.dtype == np.uint8:
        lightness = levels_to_lightness(samples)
    else:
        rgb = torch.from_numpy(samples.astype(np.float32) / np.float32(photo.white)).movedim(-1, 0)[None]
        lightness = rgb_to_lightness(rgb.expand(-1, 3, -1, -1))
    if isinstance(photo.pixels, np.memmap):
        photo.pixels._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined]  # else all rows stay in memory
    return lightness.clamp(0, LIGHTNESS_MAX)


def shrink_lightness(photo: Photo, size: tuple[int, int]) -> Float[Tensor, "1 1 h w"]:
    """The lightness of a photo at another size, as `F.interpolate` gives it bilinearly with antialiasing.

    Args:
        photo: of any size; no more than a band of its rows is looked at at once.
        size: height and width of the result.
    """
    width, height = photo.size
    scale = height / size[0]
    centres = (torch.arange(size[0]) + 0.5) * scale
    reach = max(scale, 1.0)
    small, total = torch.zeros(size), torch.zeros(size[0], 1)
    for rows in row_strips(height, width):
        strip = lightness_of(photo, rows)
        narrow = F.interpolate(strip, (strip.shape[2], size[1]), mode="bilinear", antialias=True)[0, 0]
        distances = (torch.arange(rows.start, rows.stop) + 0.5 - centres[:, None]).abs()
        weights = (1 - distances / reach).clamp(min=0)
        small += weights @ narrow
        total += weights.sum(dim=1, keepdim=True)
    return (small / total).clamp(0, LIGHTNESS_MAX)[None, None]


def join_chroma(
    lightness: Float[Tensor, "1 1 height width"],
    chroma: Float[Tensor, "1 2 height width"],
    depth: np.dtype | type = np.uint8,
) -> Num[np.ndarray, "height width 3"]:
    """SRGB pixels that keep the lightness: where a colour leaves sRGB its chroma shrinks, its lightness does not.

    With 8 bits, red, green and blue are rounded so that the lightness stays that of the grey level nearest to it.

    Args:
        lightness: L in [0, 100].
        chroma: a and b in CIE units.
        depth: of the pixels: uint8, uint16 or float32, which is in [0, 1].
    """
    depth = np.dtype(depth)
    height, width = lightness.shape[-2:]
    pixels = np.empty((height, width, 3), depth)
    for rows in row_strips(height, width):
        light = lightness[:, :, rows]
        rgb = lab_to_rgb(torch.cat([light, fit_chroma_to_gamut(light, chroma[:, :, rows])], dim=1)).clamp(0, 1)
        if depth == np.uint8:
            rgb = round_to_levels(rgb, light)
        elif depth.kind == "u":
            rgb = (rgb * white_of(depth)).round()
        pixels[rows] = rgb[0].movedim(0, -1).numpy().astype(depth)
    return pixels


def grey_image(photo: Photo) -> Image.Image:
    """The lightness of a photo as an 8-bit grey Pillow image, as opaque as the photo."""
    width, height = photo.size
    levels = np.empty((height, width), np.uint8)
    for rows in row_strips(height, width):
        levels[rows] = (lightness_to_grey(lightness_of(photo, rows))[0, 0] * 255).round().numpy()
    return to_image(levels, like=photo)


def to_image(pixels: Num[np.ndarray, "height width *channels"], like: Photo) -> Image.Image:
    """An 8-bit Pillow image of 8-bit pixels, as opaque as the photo they were made from."""
    image = Image.fromarray(pixels)
    if like.alpha is not None:
        image.putalpha(Image.fromarray(opacity_of(like, slice(None), np.dtype(np.uint8))))
    return image


def opacity_of(photo: Photo, rows: slice, depth: np.dtype) -> Num[np.ndarray, "rows width"]:
    """The opacity of some rows of a photo that has one, at another depth."""
    assert photo.alpha is not None
    alpha = photo.alpha[rows]
    if alpha.dtype == depth:
        return alpha
    scaled = alpha * (white_of(depth) / white_of(alpha.dtype))
    return (np.rint(scaled) if depth.kind == "u" else scaled).astype(depth)


def row_strips(height: int, width: int) -> Iterator[slice]:
    """Bands of rows that fit a cache: no step needs many times the memory of a large photo, and all are quicker."""
    rows = max(1, _STRIP_PIXELS // width)
    return (slice(top, min(top + rows, height)) for top in range(0, height, rows))
