"""Between pixels and CIE lightness and chroma, a band of rows at a time."""

import mmap
from dataclasses import replace

import numpy as np
from jaxtyping import Float32, Int, Num
from PIL import Image

from chromantic.colour.lab import (
    LIGHTNESS_MAX,
    fit_chroma_to_gamut,
    lab_to_rgb,
    levels_to_lightness,
    lightness_to_grey,
    rgb_to_lab,
    rgb_to_lightness,
    round_to_levels,
    to_levels,
)
from chromantic.colour.resampling import blend_rows, row_strips, shrink_columns, shrink_planes
from chromantic.photo.photo import Photo, white_of


def split_lightness(photo: Photo) -> Float32[np.ndarray, "height width"]:
    """The CIE lightness of a grey or colour photo, in [0, 100], at its own size and depth."""
    width, height = photo.size
    lightness = np.empty((height, width), np.float32)
    for rows in row_strips(height, width):
        lightness[rows] = lightness_of(photo, rows)
    return lightness


def lightness_of(photo: Photo, rows: slice) -> Float32[np.ndarray, "rows width"]:
    """The CIE lightness of some rows of a photo, in [0, 100]."""
    samples = photo.pixels[rows]
    if samples.dtype.kind == "u":
        lightness = levels_to_lightness(samples)
    else:
        lightness = rgb_to_lightness(np.moveaxis(samples, -1, 0))
    if isinstance(photo.pixels, np.memmap):
        photo.pixels._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined]  # else all rows stay in memory
    return lightness.clip(0, LIGHTNESS_MAX)


def lightness_at(
    photo: Photo, x: Int[np.ndarray, "places"], y: Int[np.ndarray, "places"]
) -> Float32[np.ndarray, "places"]:
    """The CIE lightness of some pixels of a photo, in [0, 100]."""
    lightness: np.ndarray = lightness_of(replace(photo, pixels=photo.pixels[y, x][None]), slice(None))[0]
    return lightness


def chroma_of(photo: Photo, rows: slice) -> Float32[np.ndarray, "2 rows width"]:
    """The chroma of some rows of a photo, in CIE units: zeros of a grey one."""
    samples = photo.pixels[rows]
    if samples.shape[2] == 1:
        return np.zeros((2, *samples.shape[:2]), np.float32)
    return rgb_to_lab(np.moveaxis(samples.astype(np.float32) / np.float32(photo.white), -1, 0))[1:]


def shrink_chroma(photo: Photo, size: tuple[int, int]) -> Float32[np.ndarray, "2 h w"]:
    """The chroma of a photo at another size, as `shrink_lightness` gives its lightness."""
    width, height = photo.size
    return shrink_planes(((rows, chroma_of(photo, rows)) for rows in row_strips(height, width)), height, size)


def shrink_lightness(photo: Photo, size: tuple[int, int]) -> Float32[np.ndarray, "h w"]:
    """The lightness of a photo at another size, bilinearly and antialiased.

    Args:
        photo: Of any size; its rows are looked at a band at a time.
        size: Height and width of the result.
    """
    width, height = photo.size
    strips = ((rows, lightness_of(photo, rows)) for rows in row_strips(height, width))
    return shrink_columns(blend_rows(strips, height, size[0]), size[1]).clip(0, LIGHTNESS_MAX)


def join_chroma(
    lightness: Float32[np.ndarray, "height width"],
    chroma: Float32[np.ndarray, "2 height width"],
    depth: np.dtype | type = np.uint8,
) -> Num[np.ndarray, "height width 3"]:
    """SRGB pixels that keep the lightness: where a colour leaves sRGB its chroma shrinks, its lightness does not.

    With 8 bits, red, green and blue are rounded so that the lightness stays that of the grey level nearest to it.

    Args:
        lightness: L in [0, 100].
        chroma: a and b in CIE units.
        depth: Of the pixels: uint8, uint16 or float32, which is in [0, 1].
    """
    depth = np.dtype(depth)
    height, width = lightness.shape
    pixels = np.empty((height, width, 3), depth)
    for rows in row_strips(height, width):
        light = lightness[rows]
        fitted = fit_chroma_to_gamut(light, chroma[:, rows])
        rgb = lab_to_rgb(np.concatenate([light[None], fitted])).clip(0, 1)
        if depth == np.uint8:
            rgb = round_to_levels(rgb, light)
        elif depth.kind == "u":
            rgb = np.rint(rgb * white_of(depth))
        pixels[rows] = np.moveaxis(rgb, 0, -1)
    return pixels


def grey_image(photo: Photo) -> Image.Image:
    """The lightness of a photo as an 8-bit grey Pillow image, as opaque as the photo."""
    width, height = photo.size
    levels = np.empty((height, width), np.uint8)
    for rows in row_strips(height, width):
        levels[rows] = to_levels(lightness_to_grey(lightness_of(photo, rows)))
    return to_image(levels, like=photo)


def colour_image(photo: Photo) -> Image.Image:
    """A photo in its own colours as an 8-bit Pillow image, as opaque as the photo."""
    levels = to_levels(photo.pixels / np.float32(photo.white)).astype(np.uint8)
    return to_image(levels[..., 0] if levels.shape[2] == 1 else levels, like=photo)


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
