"""Hints by REST: the results are the command's."""

import base64
import io
import json
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from served import Client
from test_rest import command_writes, pictures_of

HINTS = [{"x": 20, "y": 30, "colour": "#b04040", "radius": 4}, {"x": 60, "y": 10, "colour": [-20, 30]}]
FLAGS = ["--hint", "20,30=#b04040,4", "--hint", "60,10=ab(-20,30)", "--warmth", "0.25"]


def strokes(size: tuple[int, int] = (80, 60)) -> bytes:
    picture = Image.new("RGBA", size)
    ImageDraw.Draw(picture).line((5, 5, 40, 50), fill="#3060c0", width=5)
    file = io.BytesIO()
    picture.save(file, "png")
    return file.getvalue()


@pytest.mark.parametrize("way", ["form", "json"])
def test_told_results_are_those_of_the_command(
    studio: Client, photo: bytes, tiny_weights: Path, tmp_path: Path, way: str
) -> None:
    (tmp_path / "strokes.png").write_bytes(strokes())
    wanted = command_writes(photo, tmp_path / "out", tiny_weights, *FLAGS, "--strokes", str(tmp_path / "strokes.png"))
    if way == "json":
        body = {"photo": base64.b64encode(photo).decode(), "hints": HINTS, "warmth": 0.25}
        body["strokes"] = base64.b64encode(strokes()).decode()
        answer = studio.session.post(f"{studio.url}/v1/colorize", json=body).json()
    else:
        files = {"photo": photo, "strokes": strokes()}
        fields = {"hints": json.dumps(HINTS), "warmth": "0.25"}
        answer = studio.session.post(f"{studio.url}/v1/colorize", files=files, data=fields).json()
    assert pictures_of(answer) == {"expected": wanted["color"]}


def test_shrunk_results_have_the_hints_where_they_were(studio: Client, photo: bytes) -> None:
    hints = json.dumps([{"x": 20, "y": 30, "colour": "#b04040"}, {"x": 60, "y": 40, "colour": "keep", "radius": 9}])
    answer = studio.colorize(photo, hints=hints, max_side=40, format="png").json()
    (content,) = pictures_of(answer).values()
    red, green, blue = Image.open(io.BytesIO(content)).convert("RGB").getpixel((10, 15))
    assert red > green + 30
    assert red > blue + 30
    pixels = Image.open(io.BytesIO(content)).convert("RGB").crop((28, 18, 33, 23)).tobytes()
    assert max(max(pixels[i : i + 3]) - min(pixels[i : i + 3]) for i in range(0, len(pixels), 3)) <= 2


def test_suggestions(studio: Client, photo: bytes) -> None:
    answer = studio.colorize(photo, suggest="20,30", max_side=40).json()
    assert 1 <= len(answer["suggestions"]) <= 8
    assert answer["suggestions"][0].keys() == {"colour", "chroma", "probability"}
    assert "suggestions" not in studio.colorize(photo).json()


@pytest.mark.parametrize(
    ("fields", "status", "detail"),
    [
        ({"hints": "["}, 422, "no JSON"),
        ({"hints": "{}"}, 422, "hints"),
        ({"hints": '[{"x": 1}]'}, 422, "hints.0"),
        ({"hints": '[{"x": 500, "y": 1, "colour": "red"}]'}, 422, "outside"),
        ({"hints": '["1,1=blurple"]'}, 422, "is no colour"),
        ({"hints": json.dumps(["1,1=red"] * 1001)}, 422, "hints"),
        ({"suggest": "9999,1"}, 422, "outside"),
        ({"suggest": "1;1"}, 422, "suggest"),
        ({"saturation": "5"}, 422, "saturation"),
        ({"keep": "all"}, 415, "keep: no picture"),
    ],
)
def test_bad_fields_are_refused(studio: Client, photo: bytes, fields: dict[str, str], status: int, detail: str) -> None:
    response = studio.colorize(photo, **fields)
    assert response.status_code == status, response.text
    assert detail in response.json()["detail"]


def test_bad_pictures_are_refused(studio: Client, photo: bytes) -> None:
    for content, status, detail in [
        (strokes((40, 30)), 422, "strokes: is 40 x 30; make it 80 x 60"),
        (b"%PDF-1.4", 415, "strokes: no picture"),
        (strokes((12000, 9000)), 413, "strokes: 12000 x 9000 pixels"),
    ]:
        files = {"photo": photo, "strokes": content}
        response = studio.session.post(f"{studio.url}/v1/colorize", files=files)
        assert response.status_code == status, response.text
        assert detail in response.json()["detail"]
