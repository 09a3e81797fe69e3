"""What may be asked for."""

import re
from dataclasses import dataclass, fields
from pathlib import Path

import pytest
from pydantic import ValidationError

from chromantic.errors import ChromanticError
from chromantic.options import Options
from chromantic.studio import order
from chromantic.studio.order import FormOrder, JsonOrder

REFERENCE = (Path(__file__).parents[2] / "docs" / "reference" / "rest.md").read_text()


def test_every_choice_may_be_asked_for() -> None:
    values = {"samples": "2", "seed": "3", "temperature": "0.5", "candidates": "4"}
    values |= {"restore_contrast": "true", "apply_contrast": "1", "format": "webp"}
    values |= {"invert": "1", "descreen": "1", "strict": "1", "saturation": "1.5", "warmth": "-0.5"}
    values |= {"hints": '[{"x": 3, "y": 4, "colour": "navy"}, "5,6=keep,7"]', "keep": "coloured"}
    values |= {"strokes": b"strokes", "reference": b"reference"}
    assert set(values) == {choice.name for choice in fields(Options)}
    asked = FormOrder.model_validate({"photo": b"", **values})
    assert asked.options == Options(
        samples=2, seed=3, temperature=0.5, candidates=4, hints=("3,4=navy", "5,6=keep,7"), strokes=b"strokes",
        keep="coloured", reference=b"reference", saturation=1.5, warmth=-0.5, restore_contrast=True,
        apply_contrast=True, format="webp", invert=True, descreen=True, strict=True,
    )  # fmt: skip
    assert FormOrder.model_validate({"photo": b""}).options == Options()


def test_a_new_choice_needs_no_change_of_the_studio(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True)
    class More(Options):
        """Options.

        Attributes:
            vividness: How vivid the expected
                colours are.
        """

        vividness: float = 1.0

    monkeypatch.setattr(order, "Options", More)
    model = order.with_choices("FormOrder", "", bytes, list)
    assert model.model_json_schema()["properties"]["vividness"] == {
        "default": 1.0,
        "description": "How vivid the expected colours are.",
        "title": "Vividness",
        "type": "number",
    }
    assert model.model_validate({"photo": b"", "vividness": "0.5"}).options == More(vividness=0.5)


@pytest.mark.parametrize(
    ("name", "most"), [("samples", 16), ("candidates", 32), ("temperature", 10.0), ("seed", 2**63 - 1)]
)
def test_choices_have_bounds(name: str, most: float) -> None:
    assert getattr(FormOrder.model_validate({"photo": b"", name: str(most)}).options, name) == most
    for beyond in (most + 1, -1):
        with pytest.raises((ValidationError, ChromanticError), match=name):
            FormOrder.model_validate({"photo": b"", name: str(beyond)})


def test_the_reference_names_every_field() -> None:
    table = REFERENCE.partition("| field |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(JsonOrder.model_fields) - {"photo"}


@pytest.mark.parametrize(
    ("wishes", "pictures"), [({}, 1), ({"samples": 3}, 3), ({"grey": True, "uncertainty": True}, 3)]
)
def test_pictures_are_counted(wishes: dict[str, object], pictures: int) -> None:
    assert FormOrder.model_validate({"photo": b"", **wishes}).pictures == pictures
