"""The weights that ship."""

from pathlib import Path

import numpy as np

from chromantic import Colorizer
from chromantic.data.classes import VOC_AND_STUFF
from chromantic.exported.file import read_exported
from chromantic.weights_files import EXPORTED, resolve

DOG = Path(__file__).parents[1] / "examples" / "dog.jpg"


def test_the_default_weights_colorize_an_example() -> None:
    colorizer = Colorizer.from_pretrained()
    assert colorizer.class_names == VOC_AND_STUFF
    result = colorizer.colorize(DOG)
    pixels = np.asarray(result.images[0]).astype(int)
    assert np.ptp(pixels, axis=2).mean() > 5  # not grey
    assert result.segmentation is not None


def test_the_default_weights_know_how_likely_a_draw_is() -> None:
    (nats,) = Colorizer.from_pretrained().colorize(DOG, candidates=1).log_likelihoods
    assert -50_000 < nats < 0


def test_the_default_weights_say_where_they_come_from() -> None:
    about = read_exported(resolve("default", EXPORTED)).description["about"]
    assert isinstance(about, dict)
    assert isinstance(about["photos_seen"], int)
    assert about["data"]
    assert about["licence"]
