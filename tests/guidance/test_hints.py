"""Hints from text to pixels, on a tiny network."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from labs import lab_of

from chromantic.colour.lab import fit_chroma_to_gamut
from chromantic.errors import ChromanticError
from chromantic.guidance.file import read_choices
from chromantic.hint import MOST_HINTS, Hint, hint_of
from chromantic.photo import read_photo, split_lightness


@pytest.fixture
def photo(grey: np.ndarray) -> np.ndarray:
    return grey


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("120,80=#a02020", Hint(120, 80, "#a02020")),
        ("120,80=navy,9", Hint(120, 80, "navy", 9)),
        ("1.5,2=rgb(160, 32, 32)", Hint(1.5, 2, "rgb(160, 32, 32)")),
        ("1,2=rgb(160,32,32),3", Hint(1, 2, "rgb(160,32,32)", 3)),
        ("1,2=ab(-40,30.5),3", Hint(1, 2, (-40, 30.5), 3)),
        ("1,2=keep,30", Hint(1, 2, "keep", 30)),
    ],
)
def test_hints_are_read_from_text_and_written_back(text, hint):
    assert hint_of(text) == hint
    assert hint_of(str(hint)) == hint


@given(
    st.floats(0, 1e5), st.floats(0, 1e5), st.tuples(st.integers(-128, 128), st.integers(-128, 128)), st.integers(0, 99)
)
def test_every_hint_comes_back_from_its_text(x, y, colour, radius):
    hint = Hint(float(f"{x:g}"), float(f"{y:g}"), colour, radius)
    assert hint_of(str(hint)) == hint


@pytest.mark.parametrize(
    "bad", ["1=red", "red", "1,1=blurple", "-1,1=red", "nan,1=red", "1,1=ab(300,0)", "1,1=red,-2", 5, {"x": 1}, [1, 2]]
)
def test_what_is_no_hint_is_refused_in_one_line(bad):
    with pytest.raises(ChromanticError) as error:
        hint_of(bad)
    assert "\n" not in str(error.value)


def test_a_hint_is_exact_at_its_centre(colorizer, photo):
    hints = [Hint(30, 30, "#b04040"), Hint(34, 30, "#4060b0"), Hint(140, 90, (-20.0, 25.0), 12)]
    for options in ({}, {"samples": 2}):
        result = colorizer.colorize(photo, hints=hints, **options)
        for image in result.images:
            lab = lab_of(image)
            for hint in hints:
                assert abs(lab[1:, int(hint.y), int(hint.x)] - hint.chroma).max() < 1


def test_a_colour_that_srgb_lacks_keeps_its_hue(colorizer, photo):
    hint = Hint(30, 30, (0.0, -100.0))
    lab = lab_of(colorizer.colorize(photo, hints=[hint]).images[0])[:, 30, 30]
    lightness = split_lightness(read_photo(photo))[30:31, 30:31]
    expected = fit_chroma_to_gamut(lightness, np.array(hint.chroma, np.float32)[:, None, None])[:, 0, 0]
    assert abs(lab[1:] - expected).max() < 1


def test_hints_spread_over_what_is_alike_and_stop_at_edges(colorizer, photo):
    plain = lab_of(colorizer.colorize(photo).images[0])
    told = lab_of(colorizer.colorize(photo, hints=[Hint(45, 60, "#b04040")]).images[0])
    change = np.hypot(*(told - plain)[1:])
    assert change[50:70, 30:60].mean() > 15
    assert change[50:70, 30:60].mean() > 3 * change[50:70, 120:150].mean()


def test_lightness_stays(colorizer, photo):
    plain = split_lightness(read_photo(colorizer.colorize(photo).images[0]))
    options = {"hints": [Hint(45, 60, "red", 20)], "saturation": 2, "warmth": 1}
    told = split_lightness(read_photo(colorizer.colorize(photo, **options).images[0]))
    assert abs(told - plain).max() < 1


def test_samples_differ_where_nothing_is_said(colorizer, photo):
    first, second = (
        lab_of(image) for image in colorizer.colorize(photo, samples=2, hints=[Hint(45, 60, "#b04040", 8)]).images
    )
    difference = np.hypot(*(first - second)[1:])
    assert difference[56:64, 41:49].max() < 3
    assert difference.max() > 3


def test_the_generator_finds_what_is_known_on_its_canvas(colorizer, photo):
    options = {"samples": 2, "candidates": 1, "seed": 3}
    told = colorizer.colorize(photo, hints=[Hint(45, 60, (30.0, 12.0), 9)], **options)
    known = told.guide.cells.known
    assert known.sum() > 1
    assert abs(told.chroma[:, :, known] - np.array([30, 12])[:, None]).max() < 1e-3
    assert np.ptp(told.chroma[:, :, ~known], axis=0).max() > 1
    assert len(told.log_likelihoods) == 2


def test_nothing_said_changes_no_byte(colorizer, photo):
    result = colorizer.colorize(photo, hints=(), saturation=1, warmth=0)
    assert result.guide is None
    assert result.encode() == colorizer.colorize(photo).encode()


def test_saturation_and_warmth(colorizer, photo):
    def chroma(**options):
        return lab_of(colorizer.colorize(photo, **options).images[0])[1:]

    plain = chroma()
    assert abs(chroma(saturation=0)).max() < 1
    assert np.hypot(*chroma(saturation=1.5)).mean() > 1.3 * np.hypot(*plain).mean()
    assert (chroma(warmth=1) - plain)[1].mean() > 10 > -10 > (chroma(warmth=-1) - plain)[1].mean()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hints": ["180,0=red"]}, "outside its 180 x 120"),
        ({"hints": ["0,120=red"]}, "outside its 180 x 120"),
        ({"hints": "1,1=red"}, "give a list"),
        ({"hints": ["1,1=red"] * (MOST_HINTS + 1)}, "too many"),
        ({"saturation": 2.1}, "saturation"),
        ({"saturation": True}, "saturation"),
        ({"warmth": float("nan")}, "warmth"),
    ],
)
def test_bad_input_is_refused(colorizer, photo, options, message):
    with pytest.raises(ChromanticError, match=message):
        colorizer.colorize(photo, **options)


def test_results_say_what_they_were_told(colorizer, photo, tmp_path):
    file = tmp_path / "told.png"
    colorizer.colorize(photo, hints=["45,60=#b04040,8", [9, 9, "keep"]], saturation=1.5).save(file)
    content = file.read_bytes()
    assert b"45,60=#b04040,8 9,9=keep" in content
    assert b"saturation" in content


def test_a_file_of_hints(tmp_path, colorizer, photo):
    file = tmp_path / "a.hints.json"
    file.write_text(json.dumps({"hints": [{"x": 45, "y": 60, "colour": "navy", "radius": 3}], "warmth": 0.5}))
    choices = read_choices(file)
    assert choices == {"hints": (Hint(45, 60, "navy", 3),), "warmth": 0.5}
    told = colorizer.colorize(photo, **choices)
    assert told.encode() == colorizer.colorize(photo, hints=["45,60=navy,3"], warmth=0.5).encode()


@pytest.mark.parametrize(
    "content", ["", "{", "3", '{"hint": []}', '{"hints": [{"x": 1}]}', '{"hints": 3}', "[" * 10**5]
)
def test_what_is_no_file_of_hints_is_refused_by_name(tmp_path, content):
    file = tmp_path / "bad.json"
    file.write_text(content)
    with pytest.raises(ChromanticError, match=r"bad\.json: "):
        read_choices(file)


def test_suggestions_are_likely_distinct_and_heed_hints(colorizer, photo):
    result = colorizer.colorize(photo)
    suggestions = result.suggestions(45, 60)
    assert 1 <= len(suggestions) <= 8
    probabilities = [suggestion.probability for suggestion in suggestions]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) <= 1 + 1e-6
    colours = np.array([suggestion.chroma for suggestion in suggestions])
    apart = np.hypot(*(colours[:, None] - colours).transpose(2, 0, 1))
    assert apart[~np.eye(len(colours), dtype=bool)].min(initial=99) > 5
    told = colorizer.colorize(photo, hints=["45,60=#b04040"]).suggestions(45, 60)
    assert np.hypot(*np.subtract(told[0].chroma, Hint(0, 0, "#b04040").chroma)) < 15
    with pytest.raises(ChromanticError, match="outside"):
        result.suggestions(180, 0)
