import io
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import chromantic
from chromantic.colorizer import Colorizer, resize_lightness
from chromantic.colour.lab import lightness_to_grey
from chromantic.errors import ChromanticError
from chromantic.options import Options
from chromantic.photo import find_photos, read_photo, split_lightness


@pytest.fixture(scope="module")
def colorizer(tiny_weights) -> Colorizer:
    return Colorizer.from_pretrained(tiny_weights)


@pytest.fixture
def photo() -> np.ndarray:
    """A grey photo of 60 x 44 pixels with every level in it."""
    return (np.arange(44 * 60) % 256).astype(np.uint8).reshape(44, 60)


def grey_of(image: Image.Image) -> np.ndarray:
    return np.rint(lightness_to_grey(split_lightness(read_photo(image))) * 255)


def test_a_sample_of_the_photos_own_size_and_grey(colorizer, photo):
    result = colorizer.colorize(photo, samples=2)
    assert [image.size for image in result.images] == [(60, 44), (60, 44)]
    assert result.images[0].tobytes() != result.images[1].tobytes()
    for image in result.images:
        assert np.ptp(np.asarray(image).astype(int), axis=2).max() > 0  # colours
        assert abs(grey_of(image) - photo).max() <= 1
    assert result.log_likelihoods == ()
    assert result.options.draws.seed == 0
    assert result.model == colorizer.name


def test_same_seed_same_bytes(colorizer, photo):
    first, again, other = (colorizer.colorize(photo, seed=seed) for seed in (1, 1, 2))
    assert first.images[0].tobytes() == again.images[0].tobytes()
    assert first.images[0].tobytes() != other.images[0].tobytes()
    assert first.log_likelihoods == again.log_likelihoods


def test_each_sample_is_the_candidate_nearest_to_what_is_expected(colorizer, photo):
    expected = colorizer.colorize(photo).chroma
    for seed in range(40):  # until no one number is that of the nearest of both, nor the first of either
        draws = colorizer.colorize(photo, samples=6, candidates=1, seed=seed).chroma.reshape(2, 3, 2, 32, 44)
        nearest = np.square(draws - expected).sum(axis=(2, 3, 4)).argmin(axis=1)
        if sorted(nearest) == [1, 2]:
            break
    assert sorted(nearest) == [1, 2]
    result = colorizer.colorize(photo, samples=2, candidates=3, seed=seed)
    np.testing.assert_array_equal(result.chroma, draws[[0, 1], nearest])


def test_a_colour_photo_is_colorized_from_its_lightness(colorizer):
    red = np.zeros((40, 40, 3), np.uint8)
    red[..., 0] = np.arange(40) * 6
    lightness = lightness_to_grey(split_lightness(read_photo(red)))
    colours, grey = colorizer.colorize(red).images[0], colorizer.colorize(lightness).images[0]
    assert abs(np.asarray(colours).astype(int) - np.asarray(grey)).max() <= 1


def test_without_options_the_expected_colours_are_given(colorizer, photo):
    first, second = colorizer.colorize(photo), colorizer.colorize(photo)
    assert len(first.images) == 1
    assert (first.options.draws, first.log_likelihoods) == (None, ())
    assert first.images[0].tobytes() == second.images[0].tobytes()


@pytest.mark.parametrize("options", [{"samples": 1}, {"seed": 0}, {"temperature": 1.0}])
def test_any_option_of_a_draw_asks_for_one(colorizer, photo, options):
    result = colorizer.colorize(photo, **options)
    assert result.options.draws == (1, 0, 1.0, None)
    assert len(result.images) == 1


def test_candidates_ask_for_draws_of_the_generator(colorizer, photo):
    result = colorizer.colorize(photo, samples=2, candidates=3)
    assert len(result.images) == len(result.log_likelihoods) == 2
    assert all(math.isfinite(nats) and nats < 0 for nats in result.log_likelihoods)


def test_alpha_comes_back(colorizer, photo):
    image = Image.fromarray(photo)
    image.putalpha(Image.fromarray(255 - photo))
    result = colorizer.colorize(image).images[0]
    assert result.mode == "RGBA"
    np.testing.assert_array_equal(np.asarray(result.getchannel("A")), 255 - photo)


def test_segmentation_names_every_pixel(colorizer, photo):
    segmentation = colorizer.colorize(photo).segmentation
    assert segmentation.names == ("background", "cat", "dog")
    assert segmentation.classes.shape == (44, 60)
    assert segmentation.classes.dtype == np.uint8
    assert segmentation.classes.max() < 3
    image = segmentation.image
    np.testing.assert_array_equal(np.asarray(image), segmentation.classes)
    assert image.getpalette()[:12] == [0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0]  # PASCAL VOC's colours


def test_uncertainty_is_an_entropy_per_pixel(colorizer, photo):
    uncertainty = colorizer.colorize(photo).uncertainty
    assert uncertainty.shape == (44, 60)
    assert uncertainty.dtype == np.float32
    assert uncertainty.min() >= 0
    assert uncertainty.max() <= 16


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (1000, 10), (10, 1000)])
def test_tiny_and_extreme_photos(colorizer, size):
    photo = np.random.default_rng(0).integers(0, 65536, size, dtype=np.uint16)
    result = colorizer.colorize(photo)
    assert np.asarray(result.images[0]).shape == (*size, 3)
    assert result.uncertainty.shape == size


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((128, 128), (128, 128)),
        ((375, 500), (128, 172)),
        ((500, 333), (192, 128)),
        ((64, 32), (256, 128)),
        ((1, 1), (128, 128)),
        ((1000, 10), (1024, 128)),
    ],
)
def test_the_network_reads_a_shorter_side_of_128(size, expected):
    lightness = resize_lightness(read_photo(np.random.default_rng(0).random(size)))
    assert lightness.shape == expected
    assert lightness.min() >= 0
    assert lightness.max() <= 100


def test_progress_is_told_row_by_row(colorizer, photo):
    calls: list[tuple[int, int]] = []
    colorizer.colorize(photo, candidates=1, callback=lambda row, rows: calls.append((row, rows)))
    assert calls == [(row, 32) for row in range(1, 33)]


@pytest.mark.parametrize(
    "options",
    [
        {"samples": 0},
        {"candidates": 0},
        {"temperature": -1.0},
        {"temperature": math.nan},
        {"temperature": math.inf},
        {"seed": -1},
        {"seed": 2**63},
        {"samples": "3"},
        {"samples": 2.5},
        {"samples": True},
        {"seed": "1"},
        {"temperature": "1"},
        {"format": "gif"},
    ],
)
def test_arguments_out_of_range_are_refused(colorizer, photo, options):
    with pytest.raises(ChromanticError, match=next(iter(options))):
        colorizer.colorize(photo, **options)


def test_numpys_numbers_are_numbers(colorizer, photo):
    options = Options(samples=np.int64(2), seed=np.uint8(3), temperature=np.float32(0.5))
    assert options == Options(samples=2, seed=3, temperature=0.5)
    assert type(options.seed) is int
    drawn = colorizer.colorize(photo, options)
    assert (
        drawn.images[1].tobytes() == colorizer.colorize(photo, samples=2, seed=3, temperature=0.5).images[1].tobytes()
    )


def test_choices_take_the_place_of_the_options(colorizer, photo):
    assert colorizer.colorize(photo, Options(samples=2, seed=3), seed=4).options == Options(samples=2, seed=4)


def test_a_photo_comes_in_any_shape(colorizer, photo, tmp_path):
    Image.fromarray(photo).save(path := tmp_path / "photo.png")
    content = path.read_bytes()
    sources = (path, str(path), content, io.BytesIO(content), Image.open(path), photo)
    images = [colorizer.colorize(source).images[0].tobytes() for source in sources]
    assert images == images[:1] * len(sources)


def format_of(path: Path) -> str | None:
    with Image.open(path) as image:
        return image.format


def test_a_suffix_says_what_is_written(colorizer, photo, tmp_path):
    result = colorizer.colorize(photo)
    for suffix, format in ((".png", "PNG"), (".tif", "TIFF"), (".TIFF", "TIFF"), (".webp", "WEBP"), (".jpg", "JPEG")):
        result.save(path := tmp_path / f"result{suffix}")
        assert format_of(path) == format
    result.save(path := tmp_path / "result", format="webp")
    assert format_of(path) == "WEBP"
    with pytest.raises(ChromanticError, match=r"result.gif: .*\.png"):
        result.save(tmp_path / "result.gif")
    with pytest.raises(ChromanticError, match=r"result.tif: .*tiff, not png"):
        result.save(tmp_path / "result.tif", format="png")


def test_encoding_gives_the_bytes_of_the_file(colorizer, photo, tmp_path):
    result = colorizer.colorize(photo, samples=2)
    for format, suffix in (("png", ".png"), ("tiff", ".tif"), ("webp", ".webp"), ("jpeg", ".jpg")):
        result.save(path := tmp_path / f"result{suffix}", sample=1)
        assert result.encode(1, format) == path.read_bytes()
    assert result.encode() == result.encode(0, "png")
    with pytest.raises(ChromanticError, match="gif"):
        result.encode(format="gif")


@pytest.mark.parametrize("sample", [2, -1, "0", 0.5])
def test_there_is_no_such_sample(colorizer, photo, tmp_path, sample):
    result = colorizer.colorize(photo, samples=2)
    with pytest.raises(ChromanticError, match="sample"):
        result.save(tmp_path / "result.png", sample=sample)
    with pytest.raises(ChromanticError, match="sample"):
        result.encode(sample)
    assert not list(tmp_path.iterdir())


def test_a_result_tells_of_itself_in_one_line(colorizer, photo):
    text = repr(colorizer.colorize(photo, samples=2, seed=7))
    assert "60 x 44" in text
    assert "seed 7" in text
    assert "\n" not in text + repr(colorizer)


def test_a_device_that_is_not_there(tiny_weights):
    with pytest.raises(ChromanticError, match="device tpu"):
        Colorizer.from_pretrained(tiny_weights, "tpu")
    assert Colorizer.from_pretrained(tiny_weights, "auto").name


def test_the_package_shows_its_face():
    for name in chromantic.__all__:
        assert getattr(chromantic, name)


def test_the_package_colorizes_in_one_call(tiny_weights, photo):
    result = chromantic.colorize(photo, model=tiny_weights, seed=3)
    assert result.images[0].size == (60, 44)
    assert result.options.seed == 3
    with pytest.raises(AttributeError):
        chromantic.nothing  # noqa: B018


def test_real_photos_keep_their_grey(colorizer, photos_root):
    for file in find_photos([photos_root / "full_resolution"])[:2]:
        expected = lightness_to_grey(split_lightness(read_photo(file))) * 255
        for image in colorizer.colorize(file, samples=2, temperature=1.5).images:
            assert abs(grey_of(image) - expected).max() <= 1.25  # rounding of one, not of the other


FORKED = """
import os, sys
import numpy as np
from chromantic import ChromanticError, Colorizer

colorizer, photo = Colorizer.from_pretrained(sys.argv[1]), np.zeros((8, 8), np.uint8)
result = colorizer.colorize(photo)
for work in (lambda: colorizer.colorize(photo), lambda: result.save(sys.argv[2]), lambda: result.encode()):
    if os.fork() == 0:
        try:
            work()
        except ChromanticError as error:
            print(error, flush=True)
        os._exit(0)
    os.wait()
"""


def test_a_forked_process_is_told_so_and_does_not_hang(tiny_weights, tmp_path):
    command = [sys.executable, "-c", FORKED, tiny_weights, tmp_path / "result.png"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.splitlines()
    assert len(lines) == 3
    assert all("forked" in line and "spawn" in line for line in lines)
