"""Negatives, printing screens, and what is said of photos that are no grey positives."""

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chromantic.colorizer import Colorizer
from chromantic.photo import Photo, read_photo
from chromantic.photo.develop import develop
from chromantic.photo.notice import log_notices, notices

SHAPE = (160, 200)


def smooth() -> np.ndarray:
    """A grey picture in [0, 1]: two waves."""
    down, across = np.mgrid[: SHAPE[0], : SHAPE[1]] / 40
    picture: np.ndarray = 0.5 + 0.25 * np.sin(down) + 0.2 * np.cos(across)
    return picture


def toned(strength: float) -> np.ndarray:
    """A print toned in sepia, as noisy as a scan, in [0, 1]."""
    grey = smooth()[..., None]
    noise = np.random.default_rng(0).normal(0, 0.01, (*SHAPE, 3))
    return (grey ** np.array([1 - strength, 1, 1 + strength]) + noise).clip(0, 1).astype(np.float32)


def colourful() -> np.ndarray:
    return np.dstack([smooth(), smooth()[::-1], smooth()[:, ::-1]]).astype(np.float32)


def colour_negative() -> np.ndarray:
    """With the orange mask of its film."""
    positive = 0.7 * smooth()[..., None] + 0.3 * colourful()
    return ((1 - positive) * np.array([0.95, 0.6, 0.4])).astype(np.float32)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_negative_becomes_a_positive(dtype: type, channels: int) -> None:
    white = 1 if dtype == np.float32 else np.iinfo(dtype).max
    pixels = (np.dstack([smooth()] * channels) * white).astype(dtype)
    alpha = pixels[..., 0]
    photo = develop(Photo(pixels, alpha), invert=True)
    assert photo.pixels.dtype == dtype
    np.testing.assert_allclose(photo.pixels, white - pixels, atol=1e-6)
    np.testing.assert_array_equal(photo.alpha, alpha)


def test_nothing_is_done_unasked() -> None:
    photo = Photo(np.zeros((4, 5, 1), np.uint8))
    assert develop(photo) is photo


@pytest.mark.parametrize("screen", ["dither", "halftone"])
@pytest.mark.parametrize("pitch", [1, 2])
def test_a_screen_becomes_grey(screen: str, pitch: int) -> None:
    """Nearer to the original than the screen by far, and, with dots of twice the size, smoothed twice as much."""
    grey = np.rint(smooth() * 255).astype(np.uint8)
    dots = np.asarray(Image.fromarray(grey).convert("1"))
    if screen == "halftone":
        down, across = np.mgrid[: SHAPE[0], : SHAPE[1]]
        waves = np.cos(np.pi * down / 2.5 + 0.1) * np.cos(np.pi * across / 2.5 + 0.2)
        dots = smooth() > np.searchsorted(np.sort(waves.ravel()), waves) / waves.size
    scan = (np.kron(dots, np.ones((pitch, pitch), bool)) * np.uint8(255))[..., None]
    truth = np.kron(grey, np.ones((pitch, pitch), np.uint8))
    result = develop(Photo(scan), descreen=True).pixels
    assert result.shape == scan.shape
    error = np.sqrt(((result[..., 0].astype(float) - truth) ** 2).mean())
    assert error < 16 < np.sqrt(((scan[..., 0].astype(float) - truth) ** 2).mean()) / 5


def test_a_1_bit_scan_is_coloured_where_it_is_descreened(tmp_path: Path, tiny_weights: Path) -> None:
    path = tmp_path / "scan.tif"
    Image.fromarray(smooth() * 255).convert("L").convert("1").save(path, compression="group4")
    colorizer = Colorizer.from_pretrained(tiny_weights)
    plain = np.asarray(colorizer.colorize(path).images[0]).astype(int)
    assert np.ptp(plain, axis=2).max() == 0
    result = colorizer.colorize(path, descreen=True)
    assert np.ptp(np.asarray(result.images[0]).astype(int), axis=2).max() > 3
    result.save(tmp_path / "result.tif")
    assert b"descreen=True" in (tmp_path / "result.tif").read_bytes()


def test_what_is_said() -> None:
    assert notices(Photo(colourful())).keys() == {"colour"}
    assert notices(Photo((smooth()[..., None] * 255).astype(np.uint8))) == {}
    for strength in (0.1, 0.4):
        assert notices(Photo(toned(strength))) == {}
    assert notices(Photo(np.zeros((1, 1, 1), np.uint8))) == {}
    assert notices(Photo(np.full((1, 300, 3), 255, np.uint8))) == {}
    assert notices(Photo(colour_negative())).keys() == {"negative"}


def test_dark_sepia_is_no_negative() -> None:
    dark = 0.7 * smooth()[..., None] ** np.array([0.78, 1, 1.35]) * np.array([1, 0.9, 0.62])
    noise = np.random.default_rng(0).normal(0, 0.01, dark.shape)
    assert notices(Photo((dark + noise).clip(0, 1).astype(np.float32))) == {}


def test_a_grey_negative_with_all_its_detail_in_the_highlights() -> None:
    noise = np.random.default_rng(0).uniform(-0.15, 0.15, SHAPE)
    positive = np.where(np.arange(SHAPE[0])[:, None] < 60, 0.9, 0.2 + noise).astype(np.float32)
    assert notices(Photo(positive[..., None])) == {}
    assert notices(Photo(1 - positive[..., None])).keys() == {"negative"}


@pytest.mark.parametrize(
    ("pixels", "words", "remedy"),
    [
        (colour_negative(), "the option invert", {"invert": True}),
        (np.where(smooth() > 0.5, 255, 0).astype(np.uint8)[..., None], "the option descreen", {"descreen": True}),
        (colourful(), "in colour already", None),
    ],
)
def test_remedies_silence_what_is_said(
    pixels: np.ndarray, words: str, remedy: dict[str, bool] | None, caplog: pytest.LogCaptureFixture
) -> None:
    photo, nothing = replace(Photo(pixels), source=Path("old.tif")), {"invert": False, "descreen": False}
    log_notices(photo, **nothing)
    log_notices(photo, **nothing | (remedy or {"invert": True, "descreen": True}))
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * (1 if remedy else 2)
    assert all(message.startswith("old.tif: ") and words in message for message in caplog.messages)


def test_a_photo_without_a_path_has_the_name_that_it_is_given(caplog: pytest.LogCaptureFixture) -> None:
    log_notices(Photo(colourful()), "standard input", invert=False, descreen=False)
    assert [message.partition(":")[0] for message in caplog.messages] == ["standard input"]


@pytest.mark.slow
def test_false_alarms_on_real_photos(photos_root: Path) -> None:
    """Few greys are taken for negatives, or in colour; most colour photos are seen to be."""
    files = sorted((photos_root / "VOCdevkit/VOC2012/JPEGImages").glob("*.jpg"))[::60]
    grey = [notices(read_photo(Image.open(file).convert("L"))) for file in files]
    colour = [notices(read_photo(file)) for file in files]
    assert np.mean([bool(found) for found in grey]) < 0.015
    assert np.mean(["colour" in found for found in colour]) > 0.75
