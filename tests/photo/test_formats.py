"""The table of docs/reference/photographs.md: every format, depth, profile and kind of opacity, from file to file."""

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from described import ASCII, Value, tiff
from kinds import GAMMA, PROFILES, read_vips, write_vips
from openjpeg import encode as encode_jpeg2000
from PIL import Image, ImageCms
from skimage.color import rgb2lab

from chromantic.colorizer import Colorizer
from chromantic.errors import ChromanticError
from chromantic.photo import Photo, Provenance, UnknownKindError, find_photos, read_photo, result_format
from chromantic.photo.metadata import Blobs, metadata_of
from chromantic.photo.write import encode_rows, write_rows

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
      (8, 3, True), (16, 1, False), (16, 3, False), (16, 3, True))],
    *[("avif", depth, 3, profile, alpha) for depth in (8, 16) for profile in (None, "p3") for alpha in (False, True)],
]  # fmt: skip


def write_cell(path: Path, depth: int, channels: int, profile: str | None, alpha: bool) -> np.ndarray:
    samples = samples_of(depth, channels, alpha)
    if path.suffix == ".jp2" and depth == 16 and channels == 3:  # Pillow has 8 bits only
        write_deep_jpeg2000(path, samples, 16)
        return samples
    if path.suffix == ".jp2":
        Image.fromarray(samples.squeeze()).save(path)
        return samples
    spaces = {1: ("b-w", "grey16"), 3: ("srgb", "rgb16"), 4: ("cmyk", "cmyk")}
    space = "scrgb" if depth == 32 and channels == 3 else spaces[channels][depth == 16]
    options = {".jpeg": {"Q": 98, "subsample_mode": "off"}, ".webp": {"lossless": True, "exact": True}}
    options[".avif"] = {"lossless": True, "bitdepth": 8 if depth == 8 else 12, "subsample_mode": "off"}
    write_vips(path, samples, space, PROFILES.get(profile or ""), **options.get(path.suffix, {}))
    return samples


def write_deep_jpeg2000(path: Path, samples: np.ndarray, bits: int) -> None:
    options = {"bits_stored": bits, "photometric_interpretation": samples.shape[2] == 3, "codec_format": 1}
    path.write_bytes(encode_jpeg2000(np.ascontiguousarray(samples), **options))


@pytest.mark.parametrize(("kind", "depth", "channels", "profile", "alpha"), CELLS)
def test_every_cell_of_the_table(tmp_path, colorizer, kind, depth, channels, profile, alpha):
    path = tmp_path / f"photo.{kind}"
    samples = write_cell(path, depth, channels, profile, alpha)
    photo = read_photo(path)
    assert photo.pixels.shape == (*SHAPE, 1 if channels == 1 else 3)

    output = tmp_path / "result"
    colorizer.colorize(path).save(output)
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


@pytest.mark.parametrize("tile", [False, True])
@pytest.mark.parametrize("compression", ["none", "lzw", "deflate", "packbits", "jpeg"])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_layout_of_tiff(tmp_path, compression, tile, channels):
    samples = samples_of(8, channels, alpha=False)
    options = {"Q": 100} if compression == "jpeg" else {}
    space = "b-w" if channels == 1 else "srgb"
    write_vips(tmp_path / "photo.tif", samples, space, tile=tile, compression=compression, **options)
    difference = read_photo(tmp_path / "photo.tif").pixels.astype(int) - samples
    assert abs(difference).mean() <= (2 if compression == "jpeg" else 0)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_tiff_by_another_writer(tmp_path, dtype, planar):
    samples = samples_of({1: 8, 2: 16, 4: 32}[np.dtype(dtype).itemsize], 3, alpha=False)
    stored = samples if planar == "contig" else np.moveaxis(samples, -1, 0)
    tifffile.imwrite(
        tmp_path / "photo.tif", stored, photometric="rgb", planarconfig=planar, bigtiff=True, byteorder=">"
    )
    np.testing.assert_array_equal(read_photo(tmp_path / "photo.tif").pixels, samples)


@pytest.mark.parametrize(("suffix", "options"), [(".png", {}), (".tif", {}), (".tif", {"compression": "group4"})])
def test_1_bit(tmp_path, colorizer, suffix, options):
    bits = ramp() > 0.4
    Image.fromarray(bits).save(tmp_path / f"photo{suffix}", **options)
    photo = read_photo(tmp_path / f"photo{suffix}")
    np.testing.assert_array_equal(photo.pixels[..., 0], bits * np.uint8(255))
    colorizer.colorize(photo).save(tmp_path / "result")
    levels = read_vips(tmp_path / "result").numpy()
    np.testing.assert_array_equal(levels, np.repeat(photo.pixels, 3, axis=-1))  # black and white have no colour


@pytest.mark.parametrize("kind", ["gif", "bmp", "ppm", "tga"])
def test_what_only_pillow_reads(tmp_path, kind):
    samples = samples_of(8, 1, alpha=False)
    Image.fromarray(samples[..., 0]).save(tmp_path / f"photo.{kind}")
    photo = read_photo(tmp_path / f"photo.{kind}")
    np.testing.assert_array_equal(photo.pixels, np.broadcast_to(samples, photo.pixels.shape))
    assert result_format(photo.format) == "png"


@pytest.mark.parametrize("bits", [10, 12, 16])
def test_colour_jpeg_2000_of_every_depth(tmp_path, bits):
    white = 2**bits - 1
    samples = np.rint(samples_of(32, 3, alpha=False) * white).astype(np.uint16)
    write_deep_jpeg2000(tmp_path / "photo.jp2", samples, bits)
    photo = read_photo(tmp_path / "photo.jp2")
    assert photo.result_depth == np.uint16
    np.testing.assert_array_equal(photo.pixels, np.rint(samples * (65535 / white)))
    np.testing.assert_array_equal(read_photo((tmp_path / "photo.jp2").read_bytes()).pixels, photo.pixels)


def test_without_openjpeg_deep_jpeg_2000_is_refused_and_8_bits_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr("chromantic.photo.read.find_spec", lambda name: None)
    write_deep_jpeg2000(tmp_path / "deep.jp2", samples_of(16, 3, alpha=False), 16)
    with pytest.raises(UnknownKindError, match=r"deep\.jp2: JPEG 2000 of 16 bits needs .* install '\.\[jpeg2000\]'$"):
        read_photo(tmp_path / "deep.jp2")
    write_deep_jpeg2000(tmp_path / "photo.jp2", samples_of(8, 3, alpha=False), 8)
    np.testing.assert_array_equal(read_photo(tmp_path / "photo.jp2").pixels, samples_of(8, 3, alpha=False))


@pytest.mark.parametrize("kind", ["tif", "gif", "webp"])
def test_the_first_of_several_pages_is_taken_with_a_warning(tmp_path, caplog, kind):
    pages = [Image.new("RGB", (40, 30), (level,) * 3) for level in (40, 200, 120)]
    options = {"lossless": True} if kind == "webp" else {}
    pages[0].save(tmp_path / f"photo.{kind}", save_all=True, append_images=pages[1:], **options)
    assert read_photo(tmp_path / f"photo.{kind}").pixels[0, 0, 0] == 40
    assert caplog.messages == [f"{tmp_path / f'photo.{kind}'}: has 3 pages or frames; the first is taken"]


def test_the_tone_of_a_print_is_dropped_and_its_lightness_kept(tmp_path, colorizer):
    sepia = np.rint(np.dstack([ramp() ** 0.9, ramp() ** 1.05, ramp() ** 1.3]) * 65535).astype(np.uint16)
    lightness = lightness_of_srgb(sepia / 65535)
    grey = np.rint(grey_level(lightness) * 257).astype(np.uint16)
    toned, plain = (colorizer.colorize(photo, seed=1) for photo in (sepia, grey))
    for result in (toned, plain):
        result.save(tmp_path / "result.png")
        assert abs(lightness_of_srgb(read_vips(tmp_path / "result.png").numpy() / 65535) - lightness).max() < 0.003
    difference = np.asarray(toned.images[0]).astype(int) - np.asarray(plain.images[0])
    assert abs(difference).max() <= 1


def test_formats_that_cannot_hold_the_photo(tmp_path, colorizer):
    clear = Photo(np.zeros((30, 40, 1), np.uint16), np.zeros((30, 40), np.uint16))
    result = colorizer.colorize(clear)
    with pytest.raises(ChromanticError, match=r"result: jpeg has no transparency"):
        result.save(tmp_path / "result", format="jpeg")
    with pytest.raises(ChromanticError, match="format gif: give one of png, tiff, webp, jpeg"):
        result.save(tmp_path / "result", format="gif")
    assert list(tmp_path.iterdir()) == []
    result.save(tmp_path / "result", format="webp")
    assert read_vips(tmp_path / "result").numpy().dtype == np.uint8


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(
    ("format", "depth"), [("png", 8), ("png", 16), ("tiff", 8), ("tiff", 32), ("webp", 8), ("jpeg", 8)]
)
def test_a_result_in_memory_has_the_bytes_of_its_file(tmp_path, monkeypatch, format, depth, large):
    rows = samples_of(depth, 3, alpha=False)
    blobs = Blobs(tiff("<", {315: Value(ASCII, b"A. Photographer\0")}, {}), iptc=b"\x1c\x02\x05\0\x02ab")
    photo = Photo(rows[..., :1], metadata=metadata_of(blobs, "photo", (11.8, 11.8)))
    how = (format, [rows[:20], rows[20:]], rows.dtype, photo, Provenance("model", {"seed": 1}))
    if large:
        monkeypatch.setattr("chromantic.photo.write.IN_MEMORY_PIXELS", 100)
    write_rows(tmp_path / "result", *how)
    assert encode_rows(*how) == (tmp_path / "result").read_bytes()
    clear = Photo(rows[..., :1], rows[..., 0])
    with pytest.raises(ChromanticError, match=r"^result: jpeg has no transparency.*one of png, tiff, webp$"):
        encode_rows("jpeg", [np.dstack([rows, rows[..., 0]])], rows.dtype, clear, Provenance("model", {}))


def test_a_large_photo_is_kept_in_files(tmp_path, colorizer, monkeypatch):
    samples = samples_of(16, 3, alpha=True)
    write_vips(tmp_path / "photo.tif", samples, "rgb16")
    small = colorizer.colorize(tmp_path / "photo.tif")
    small.save(tmp_path / "small.tif")
    for module in ("read", "write"):
        monkeypatch.setattr(f"chromantic.photo.{module}.IN_MEMORY_PIXELS", 100)
    large = colorizer.colorize(tmp_path / "photo.tif")
    assert isinstance(large.photo.pixels, np.memmap)
    large.save(tmp_path / "large.tif")
    assert (tmp_path / "large.tif").read_bytes() == (tmp_path / "small.tif").read_bytes()


def test_broken_and_foreign_profiles_are_ignored_with_a_warning(tmp_path, caplog):
    samples = samples_of(8, 3, alpha=False)
    for profile in (b"no profile", PROFILES["grey"], PROFILES["cmyk"]):
        Image.fromarray(samples).save(tmp_path / "photo.tif", icc_profile=profile)
        np.testing.assert_array_equal(read_photo(tmp_path / "photo.tif").pixels, samples)
        assert "colour profile" in caplog.messages[-1]


@pytest.mark.slow
def test_the_lightness_of_saved_files_on_real_photos(tmp_path, photos_root):
    """The largest errors over all photos: in 8 bits of the level (0.5 is none), in 16 bits of L."""
    colorizer = Colorizer.from_pretrained()
    largest = {8: 0.0, 16: 0.0}
    for file in find_photos([photos_root / "full_resolution"]):
        photo = read_photo(file)
        finer = np.rint(photo.pixels * (65535 / photo.white)).astype(np.uint16)
        for depth, kind in ((8, "png"), (16, "tiff")):
            original = photo if depth == 8 else Photo(finer)
            colorizer.colorize(original, temperature=1.5).save(tmp_path / "result", format=kind)
            saved = lightness_of_srgb(read_vips(tmp_path / "result").numpy() / WHITE[depth])
            expected = lightness_of_srgb(original.pixels / original.white)
            error = abs(np.rint(grey_level(saved)) - grey_level(expected)) if depth == 8 else abs(saved - expected)
            largest[depth] = max(largest[depth], float(error.max()))
    print(largest)
    assert largest[8] < 0.502
    assert largest[16] < 0.002


@pytest.mark.parametrize("compression", ["raw", "tiff_deflate", "tiff_lzw"])
def test_a_tiff_that_is_cut_short_is_refused(tmp_path, compression):
    path = tmp_path / "photo.tif"
    levels = (np.arange(64 * 48) % 251).astype(np.uint8).reshape(48, 64)
    Image.fromarray(levels).save(path, compression=compression)
    assert np.array_equal(read_photo(path).pixels[..., 0], levels)
    whole = path.read_bytes()
    for length in (len(whole) // 4, len(whole) // 2, len(whole) * 9 // 10):
        path.write_bytes(whole[:length])
        with pytest.raises(ChromanticError, match=f"{path}: .*get a fresh copy|{path}: not a picture"):
            read_photo(path)
