import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from chromantic.colour.lab import lightness_to_grey, rgb_to_lab
from chromantic.errors import ChromanticError
from chromantic.photo import (
    Photo,
    colour_image,
    encode_picture,
    find_photos,
    join_chroma,
    read_photo,
    split_lightness,
    to_image,
    write_picture,
)


@pytest.fixture
def grey() -> np.ndarray:
    """Every level of 256, 20 times, in no order."""
    return np.random.default_rng(0).permutation(np.repeat(np.arange(256, dtype=np.uint8), 20)).reshape(64, 80)


def greys_of(pixels: np.ndarray) -> np.ndarray:
    return lightness_to_grey(split_lightness(read_photo(pixels))) * 255


def png_header(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


# Reading


def test_grey_files_keep_their_levels(tmp_path, grey):
    Image.fromarray(grey).save(tmp_path / "photo.png")
    photo = read_photo(tmp_path / "photo.png")
    assert photo.size == (80, 64)
    assert photo.source == tmp_path / "photo.png"
    np.testing.assert_array_equal(photo.pixels[..., 0], grey)


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("byteorder", ["<u2", ">u2"])
def test_16_bit_grey_files_keep_their_16_bits(tmp_path, suffix, byteorder):
    levels = np.arange(0, 65536, 8, dtype=np.uint16).reshape(64, 128)
    Image.fromarray(levels.astype(byteorder)).save(tmp_path / f"photo.{suffix}")
    photo = read_photo(tmp_path / f"photo.{suffix}")
    assert photo.pixels.dtype == np.uint16
    np.testing.assert_array_equal(photo.pixels[..., 0], levels)
    assert len(np.unique(split_lightness(photo))) == levels.size


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiffs_whose_white_is_zero_are_no_negatives(tmp_path, grey, dtype):
    levels = grey.astype(dtype) * (np.iinfo(dtype).max // 255)
    path = tmp_path / "photo.tif"
    Image.fromarray(np.iinfo(dtype).max - levels).save(path)
    entry = struct.Struct("<HHIHH")  # tag, type (short), count, value, padding
    content = path.read_bytes()
    assert content.count(entry.pack(262, 3, 1, 1, 0)) == 1
    path.write_bytes(content.replace(entry.pack(262, 3, 1, 1, 0), entry.pack(262, 3, 1, 0, 0)))
    np.testing.assert_array_equal(read_photo(path).pixels[..., 0], levels)


def test_every_kind_of_grey_file_has_the_same_lightness(tmp_path, grey):
    image = Image.fromarray(grey)
    kinds = {"l": image, "rgb": image.convert("RGB"), "palette": image.convert("P"), "la": image.convert("LA")}
    kinds |= {"rgba": image.convert("RGBA"), "16": Image.fromarray(grey.astype(np.uint16) * 257)}
    expected = split_lightness(read_photo(grey))
    for name, kind in kinds.items():
        kind.save(tmp_path / f"{name}.png")
        lightness = split_lightness(read_photo(tmp_path / f"{name}.png"))
        np.testing.assert_allclose(lightness, expected, atol=1e-3, err_msg=name)


def test_1_bit_files_are_black_and_white(tmp_path, grey):
    Image.fromarray(grey > 100).save(tmp_path / "photo.png")
    lightness = split_lightness(read_photo(tmp_path / "photo.png"))
    np.testing.assert_allclose(lightness, np.where(grey > 100, 100, 0), atol=1e-3)


@pytest.mark.parametrize("mode", ["LA", "RGBA", "PA"])
def test_alpha_is_kept_for_the_result(grey, mode):
    alpha = np.flipud(grey)
    image = Image.fromarray(grey).convert("L" if mode == "LA" else "RGB")
    image.putalpha(Image.fromarray(alpha))
    photo = read_photo(image if mode != "PA" else image.convert("PA"))
    result = to_image(np.zeros((64, 80, 3), np.uint8), like=photo)
    assert result.mode == "RGBA"
    if mode != "PA":
        np.testing.assert_array_equal(np.asarray(result.getchannel("A")), alpha)


def test_transparent_palette_colour_becomes_alpha(tmp_path):
    image = Image.fromarray(np.eye(8, dtype=np.uint8)).convert("P")
    image.save(tmp_path / "photo.png", transparency=1)
    photo = read_photo(tmp_path / "photo.png")
    assert photo.alpha is not None
    np.testing.assert_array_equal(photo.alpha == 0, np.eye(8, dtype=bool))


UPRIGHT = {
    1: lambda stored: stored,
    2: np.fliplr,
    3: lambda stored: np.rot90(stored, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.rot90(stored, 2).T,
    8: np.rot90,
}
"""What each EXIF orientation asks for."""


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize(("suffix", "dtype"), [("png", np.uint8), ("tif", np.uint8), ("tif", np.uint16)])
def test_exif_orientation_is_applied(tmp_path, grey, suffix, dtype, orientation):
    stored, exif = grey.astype(dtype) * (np.iinfo(dtype).max // 255), Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(stored).save(tmp_path / f"photo.{suffix}", exif=exif)
    photo = read_photo(tmp_path / f"photo.{suffix}")
    np.testing.assert_array_equal(photo.pixels[..., 0], UPRIGHT[orientation](stored))


def test_colour_profiles_are_converted_to_srgb(tmp_path, grey):
    plain = Image.fromarray(grey).convert("RGB")
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain.save(tmp_path / "srgb.png", icc_profile=srgb)
    photo = read_photo(tmp_path / "srgb.png")
    assert photo.pixels.dtype == np.uint16  # the conversion's; results have the file's 8 bits
    assert photo.result_depth == np.uint8
    assert abs(photo.pixels / 257 - np.asarray(plain)).max() < 0.1
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    plain.save(tmp_path / "odd.png", icc_profile=lab)  # a profile of another space is ignored
    np.testing.assert_array_equal(read_photo(tmp_path / "odd.png").pixels, np.asarray(plain))
    plain.save(tmp_path / "broken.png", icc_profile=b"no profile")
    np.testing.assert_array_equal(read_photo(tmp_path / "broken.png").pixels, np.asarray(plain))


def test_a_pillow_image_is_left_as_it_was(grey):
    image = Image.fromarray(grey).convert("LA")
    read_photo(image)
    assert image.mode == "LA"


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3), (5, 7, 4)])
@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (np.uint16, 65535), (np.float64, 1), (np.float16, 1)])
def test_arrays_of_every_shape_and_depth(shape, dtype, white):
    photo = read_photo(np.full(shape, white, dtype))
    assert photo.size == (7, 5)
    np.testing.assert_allclose(split_lightness(photo), np.full((5, 7), 100), atol=1e-3)
    assert (photo.alpha is not None) == (shape[-1] == 4)


# Bad input


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((5,), np.uint8), "shape"),
        (np.zeros((5, 7, 2), np.uint8), "shape"),
        (np.zeros((2, 5, 7, 3), np.uint8), "shape"),
        (np.zeros((0, 7), np.uint8), "shape"),
        (np.zeros((5, 7), np.int64), "type"),
        (np.zeros((5, 7), bool), "type"),
        (np.full((5, 7), 1.5), "values"),
        (np.full((5, 7), -0.1), "values"),
        (np.full((5, 7), np.nan), "values"),
        (np.full((5, 7), np.inf), "values"),
    ],
)
def test_bad_arrays_are_refused(array, words):
    with pytest.raises(ChromanticError, match=f"array: {words}"):
        read_photo(array)


def broken_files(folder: Path) -> dict[str, Path]:
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    Image.fromarray(noise).save(buffer, "JPEG")
    jpeg = buffer.getvalue()
    contents = {
        "text.jpg": b"Dear photo,\nI am a letter.\n",
        "truncated.jpg": jpeg[: len(jpeg) // 2],
        "headless.jpg": jpeg[:20],
        "empty.png": b"",
        "giant.png": png_header(40_000, 25_001),
        "hollow.png": png_header(64, 64),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in [*contents, "missing.jpg"]} | {"folder": folder}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("text.jpg", "not a picture"),
        ("truncated.jpg", "truncated"),
        ("headless.jpg", "damaged"),
        ("empty.png", "empty"),
        ("giant.png", "40000 x 25001 is more than 1 gigapixel"),
        ("hollow.png", "truncated"),
        ("missing.jpg", "no such file"),
        ("folder", "not a file"),
    ],
)
def test_bad_files_are_refused_by_name_in_one_line(tmp_path, name, words):
    path = broken_files(tmp_path)[name]
    with pytest.raises(ChromanticError) as error:
        read_photo(path)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert words in message
    assert "\n" not in message


def test_a_photo_may_be_larger_than_pillow_likes(monkeypatch, tmp_path, grey):
    Image.fromarray(grey).save(tmp_path / "photo.png")
    Image.fromarray(grey).save(tmp_path / "photo.tif", compression="tiff_lzw")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert read_photo(tmp_path / "photo.png").size == (80, 64)
    assert read_photo(tmp_path / "photo.tif").size == (80, 64)
    assert Image.MAX_IMAGE_PIXELS == 100


def test_values_without_a_known_range_are_refused():
    with pytest.raises(ChromanticError, match="8 or 16 bits"):
        read_photo(Image.fromarray(np.full((4, 4), 70_000, np.int32)))
    with pytest.raises(ChromanticError, match="8 or 16 bits"):
        read_photo(Image.fromarray(np.full((4, 4), 255, np.float32)))


# Finding and writing


def test_a_folder_stands_for_the_photos_inside(tmp_path):
    for name in ["b.jpg", "a.PNG", "c.jfif", ".hidden.jpg"]:
        (tmp_path / name).touch()
    (tmp_path / "folder.jpg").mkdir()
    assert find_photos([tmp_path]) == [tmp_path / "a.PNG", tmp_path / "b.jpg", tmp_path / "c.jfif"]
    assert find_photos([tmp_path / "b.jpg", tmp_path])[:2] == [tmp_path / "b.jpg", tmp_path / "a.PNG"]


def test_results_are_no_photos_beside_their_photo(tmp_path):
    for name in [
        "a.png",
        "a.color.png",
        "a.color-2.png",
        "a.color-version-5-liveliness-0.9.tif",
        "a.segmentation.png",
        "beach.color.png",
    ]:
        (tmp_path / name).touch()
    assert find_photos([tmp_path]) == [tmp_path / "a.png", tmp_path / "beach.color.png"]
    (tmp_path / "beach.color.uncertainty.png").touch()
    assert find_photos([tmp_path]) == [tmp_path / "a.png", tmp_path / "beach.color.png"]


def test_other_files_in_a_folder_are_counted(tmp_path, caplog):
    for name in ["a.jpg", "a.color.png", "b.psd", "notes.txt", ".hidden"]:
        (tmp_path / name).touch()
    assert find_photos([tmp_path]) == [tmp_path / "a.jpg"]
    assert caplog.messages == [f"{tmp_path}: files skipped that are no photos: 2"]


def test_folders_without_photos_and_missing_paths_are_refused(tmp_path):
    with pytest.raises(ChromanticError, match="no photos"):
        find_photos([tmp_path])
    with pytest.raises(ChromanticError, match=r"nothing\.jpg: no such file"):
        find_photos([tmp_path / "nothing.jpg"])


def test_a_failed_write_leaves_nothing_behind(tmp_path):
    image = Image.new("RGBA", (4, 4))
    with pytest.raises(ChromanticError, match="cannot be written"):
        write_picture(image, tmp_path / "photo.jpg")  # JPEG knows no alpha
    with pytest.raises(ChromanticError, match="choose another suffix"):
        write_picture(image, tmp_path / "photo.xyz")
    assert list(tmp_path.iterdir()) == []


def test_writing_replaces_the_file(tmp_path):
    (tmp_path / "photo.png").write_text("old")
    write_picture(Image.new("RGB", (4, 4), "red"), tmp_path / "photo.png")
    assert [file.name for file in tmp_path.iterdir()] == ["photo.png"]
    with Image.open(tmp_path / "photo.png") as written:
        assert written.getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize("format", ["png", "jpeg"])
def test_pictures_are_encoded(format):
    picture = Image.linear_gradient("L")
    read = Image.open(io.BytesIO(encode_picture(picture, format)))
    assert read.format == format.upper()
    assert np.abs(np.asarray(read, int) - np.asarray(picture, int)).max() <= {"png": 0, "jpeg": 3}[format]


def test_own_colours_are_shown_with_8_bits():
    colours = np.array([[[0, 128, 65535]]], np.uint16) * np.ones((2, 3, 1), np.uint16)
    assert np.array(colour_image(read_photo(colours))).tolist() == [[[0, 0, 255]] * 3] * 2
    assert np.array(colour_image(read_photo(np.float32([[0, 0.5, 1]])))).tolist() == [[0, 128, 255]]
    clear = colour_image(read_photo(np.uint8([[[1, 2, 3, 4]]])))
    assert (clear.mode, clear.getpixel((0, 0))) == ("RGBA", (1, 2, 3, 4))


# Lightness


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), spread=st.floats(0, 200))
def test_the_result_keeps_the_grey_of_the_photo(seed, spread):
    rng = np.random.default_rng(seed)
    grey = rng.integers(0, 256, (64, 80), dtype=np.uint8)
    chroma = rng.normal(0, spread, (2, 64, 80)).astype(np.float32)
    result = join_chroma(split_lightness(read_photo(grey)), chroma)
    np.testing.assert_array_equal(np.rint(greys_of(result)), grey)


def test_real_photos_keep_their_grey_under_any_colours(photos_root):
    for file in sorted((photos_root / "full_resolution").glob("*.jpg"))[:3]:
        lightness = split_lightness(read_photo(file))
        chroma = np.random.default_rng(0).normal(0, 60, (2, *lightness.shape)).astype(np.float32)
        expected = lightness_to_grey(lightness) * 255
        result = greys_of(join_chroma(lightness, chroma))
        assert abs(np.rint(result) - expected).max() < 0.51  # by hundredths where no levels fit
        in_16_bits = split_lightness(read_photo(join_chroma(lightness, chroma, np.uint16)))
        assert abs(in_16_bits - lightness).max() < 0.002


def test_a_colour_photo_without_change_comes_back(photos_root):
    photo = read_photo(next((photos_root / "full_resolution").glob("*.jpg")))
    rgb = np.moveaxis(photo.pixels, -1, 0) / np.float32(255)
    result = join_chroma(split_lightness(photo), rgb_to_lab(rgb)[1:])
    assert abs(result.astype(int) - photo.pixels).max() <= 1


def test_strips_change_nothing(monkeypatch, grey):
    chroma = np.random.default_rng(0).normal(0, 40, (2, 64, 80)).astype(np.float32)
    whole = join_chroma(split_lightness(Photo(grey[..., None])), chroma)
    monkeypatch.setattr("chromantic.colour.resampling._STRIP_PIXELS", 300)
    np.testing.assert_array_equal(join_chroma(split_lightness(Photo(grey[..., None])), chroma), whole)
