"""Pixels of the files that bug reports tell of; each is the same picture, of mean grey 144.7."""

from pathlib import Path

import numpy as np
import pytest

from chromantic.colour.lab import lightness_to_grey
from chromantic.photo import UnknownKindError, read_photo, split_lightness
from chromantic.photo.notice import notices


@pytest.mark.parametrize(
    ("name", "warning"),
    [
        ("infrared.tif", "no opacity; left out: 1"),
        ("two_spare_channels.tif", "no opacity; left out: 2"),
        ("packed_12_bits.tif", None),
        ("zstd.tif", None),
        ("float_over.tif", "values from 0 to 1.0003 were clipped to [0, 1]"),
        ("profile_unlinkable.jpg", "colour profile is broken"),
        ("profile_truncated.jpg", "colour profile is broken"),
        ("lab_8_bits.tif", None),
        ("png_gamma_1.8.png", None),
        ("no_end_marker.jpg", "the file breaks off"),
    ],
)
def test_what_is_read(cases: Path, name: str, warning: str | None, caplog: pytest.LogCaptureFixture) -> None:
    photo = read_photo(cases / name)
    assert photo.alpha is None
    assert lightness_to_grey(split_lightness(photo)).mean() * 255 == pytest.approx(144.7, abs=0.2)
    assert len(caplog.messages) == (warning is not None)
    for message in caplog.messages:
        assert message.startswith(f"{cases / name}: ")
        assert str(warning) in message


def test_what_is_not_read(cases: Path) -> None:
    with pytest.raises(UnknownKindError, match="JPEG of 12 bits is not read here"):
        read_photo(cases / "jpeg_12_bits.jpg")


def test_one_pixel(cases: Path) -> None:
    np.testing.assert_array_equal(read_photo(cases / "one_pixel.png").pixels, [[[90]]])


def test_one_bit(cases: Path) -> None:
    assert notices(read_photo(cases / "one_bit_g4.tif")).keys() == {"bilevel"}
