"""The table of docs/photographs.md: every format, depth, profile and kind of opacity, from file to saved file."""

import io
from pathlib import Path

import numpy as np
import pytest
from kinds import GAMMA, PROFILES, read_vips, write_vips
from PIL import Image, ImageCms
from skimage.color import rgb2lab

from chromantic.colorizer import Colorizer
from chromantic.photo import read_photo

WHITE = {8: 255, 16: 65535, 32: 1}
TYPES = {8: np.uint8, 16: np.uint16, 32: np.float32}
SHAPE = (48, 64)
LOSSY = ("jpeg", "avif")


@pytest.fixture(scope="module")
def colorizer(tiny_weights) -> Colorizer:
    return Colorizer.from_pretrained(tiny_weights)


def ramp() -> np.ndarray:
    """Smooth greys in [0, 1] from black to white."""
    return np.linspace(0, 1, SHAPE[0] * SHAPE[1]).reshape(SHAPE[1], SHAPE[0]).T


def samples_of(depth: int, channels: int, alpha: bool) -> np.ndarray:
    """Grey, red-green-blue or CMYK samples: a ramp whose blue is brighter, in CMYK one of black ink alone."""
    grey = ramp()
    colours = {1: [grey], 3: [grey, grey, np.sqrt(grey)], 4: [0 * grey, 0 * grey, 0 * grey, 1 - grey]}[channels]
    bands = np.dstack([*colours, ramp()[::-1]] if alpha else colours) * WHITE[depth]
    return (bands if depth == 32 else np.rint(bands)).astype(TYPES[depth])


def lightness_of_srgb(encoded: np.ndarray) -> np.ndarray:
    """CIE lightness of sRGB in [0, 1], one or three channels, by scikit-image."""
    return rgb2lab(np.broadcast_to(encoded, (*encoded.shape[:2], 3)).astype(np.float64))[..., 0]


def grey_level(lightness: np.ndarray) -> np.ndarray:
    """The level of 256 of the sRGB grey with this CIE lightness, not rounded."""
    luminance = np.where(lightness > 8, ((lightness + 16) / 116) ** 3, lightness * 27 / 24389)
    return 255 * np.where(luminance > 0.0031308, 1.055 * luminance ** (1 / 2.4) - 0.055, 12.92 * luminance)


def lightness_by_profile(samples: np.ndarray, depth: int, profile: str | None) -> np.ndarray:
    """CIE lightness of samples without opacity: by arithmetic, or by Pillow's LittleCMS, which knows 8 bits only."""
    values = samples / WHITE[depth]
    if profile is None and samples.shape[2] < 4:
        return lightness_of_srgb(values)
    if profile == "grey":
        luminance = values[..., 0] ** GAMMA
        return np.where(luminance > 216 / 24389, 116 * np.cbrt(luminance) - 16, luminance * 24389 / 27)
    image = Image.fromarray(np.rint(values * 255).astype(np.uint8), "CMYK" if samples.shape[2] == 4 else "RGB")
    source = ImageCms.ImageCmsProfile(io.BytesIO(PROFILES[profile or "cmyk"]))
    options = {"renderingIntent": ImageCms.Intent.RELATIVE_COLORIMETRIC, "outputMode": "RGB"}
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
    image = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), flags=flags, **options)
    return lightness_of_srgb(np.asarray(image) / 255)


CELLS = [
    *[("png", depth, channels, profile, alpha) for depth in (8, 16) for channels, profile in ((1, None), (1, "grey"),
      (3, None), (3, "p3")) for alpha in (False, True)],
    *[("tiff", depth, channels, profile, alpha) for depth in (8, 16, 32) for channels, profile in ((1, None),
      (1, "grey"), (3, None), (3, "p3")) for alpha in (False, True)],
    *[("tiff", depth, 4, "cmyk", False) for depth in (8, 16)],
    *[("jpeg", 8, channels, profile, False) for channels, profile in ((1, None), (1, "grey"), (3, None), (3, "p3"),
      (4, "cmyk"), (4, None))],
    *[("webp", 8, 3, profile, alpha) for profile in (None, "p3") for alpha in (False, True)],
    *[("jp2", depth, channels, None, alpha) for depth, channels, alpha in ((8, 1, False), (8, 3, False), (8, 1, True),
      (8, 3, True), (16, 1, False))],
    *[("avif", depth, 3, profile, alpha) for depth in (8, 16) for profile in (None, "p3") for alpha in (False, True)],
]  # fmt: skip


def write_cell(path: Path, depth: int, channels: int, profile: str | None, alpha: bool) -> np.ndarray:
    samples = samples_of(depth, channels, alpha)
    if path.suffix == ".jp2":
        Image.fromarray(samples.squeeze()).save(path)
        return samples
    spaces = {1: ("b-w", "grey16"), 3: ("srgb", "rgb16"), 4: ("cmyk", "cmyk")}
    space = "scrgb" if depth == 32 and channels == 3 else spaces[channels][depth == 16]
    options = {".jpeg": {"Q": 98, "subsample_mode": "off"}, ".webp": {"lossless": True, "exact": True}}
    options[".avif"] = {"lossless": True, "bitdepth": 8 if depth == 8 else 12, "subsample_mode": "off"}
    write_vips(path, samples, space, PROFILES.get(profile or ""), **options.get(path.suffix, {}))
    return samples


@pytest.mark.parametrize(("kind", "depth", "channels", "profile", "alpha"), CELLS)
def test_every_cell_of_the_table(tmp_path, colorizer, kind, depth, channels, profile, alpha):
    path = tmp_path / f"photo.{kind}"
    samples = write_cell(path, depth, channels, profile, alpha)
    photo = read_photo(path)
    assert photo.pixels.shape == (*SHAPE, 1 if channels == 1 else 3)

    output = tmp_path / "result"
    colorizer.colorize(path, preview=True).save(output)
    result = read_vips(output)
    assert result.get("vips-loader").startswith({"tiff": "tiff", "webp": "webp"}.get(kind, "png"))
    levels = result.numpy()
    assert levels.dtype == (np.uint16 if kind == "avif" and depth == 16 else TYPES[depth])
    assert levels.shape == (*SHAPE, 4 if alpha else 3)
    assert len(result.get("icc-profile-data")) > 0
    white = WHITE[depth]
    if alpha:
        assert abs(levels[..., 3] / white - samples[..., -1] / white).max() <= (0.01 if kind in LOSSY else 0.5 / white)

    read = lightness_of_srgb(photo.pixels / photo.white)
    by_littlecms = profile == "p3" or channels == 4
    tolerance = 1.0 if by_littlecms or kind in LOSSY else 0.2 if profile else 1e-3
    assert abs(read - lightness_by_profile(samples[..., :channels], depth, profile)).max() < tolerance
    saved = lightness_of_srgb(levels[..., :3] / white)
    if depth == 8:
        assert abs(np.rint(grey_level(saved)) - grey_level(read)).max() < 0.501
    else:
        assert abs(saved - read).max() < 0.002
