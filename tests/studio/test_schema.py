"""The service's own description: answers are as it says, and requests made up from it break nothing."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from served import LIMITS, Client, serving

from chromantic.colorizer import Colorizer

TOKEN = "correct-horse-battery-staple"
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")


def check(description: dict[str, Any], name: str, value: object) -> None:
    """Checks that a value is as the description's schema of a name says, and has no other fields."""
    schemas = json.loads(json.dumps(description["components"]["schemas"]))
    for schema in schemas.values():
        schema["additionalProperties"] = False
    jsonschema.validate(value, {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}})


@pytest.fixture(scope="module")
def description(studio: Client) -> dict[str, Any]:
    return studio.get("/openapi.json").json()


def test_answers_are_as_described(studio: Client, photo: bytes, description: dict[str, Any]) -> None:
    fields = {"samples": 2, "candidates": 1, "segmentation": True, "uncertainty": True, "grey": True}
    check(description, "Results", studio.colorize(photo, **fields).json())
    check(description, "Results", studio.colorize(photo).json())
    check(description, "Models", studio.get("/v1/models").json())
    check(description, "Problem", studio.colorize(b"no photo").json())


def test_events_are_as_described(studio: Client, photo: bytes, description: dict[str, Any]) -> None:
    lines = studio.colorize(photo, "text/event-stream", samples=2, segmentation=True).text.splitlines()
    names = [line.removeprefix("event: ") for line in lines[::3]]
    assert set(names) == {"progress", "picture", "done"}
    for name, data in zip(names, lines[1::3], strict=True):
        data = data.removeprefix("data: ")
        check(description, "ResultEvent", {"event": name, "data": data})
        check(
            description,
            {"progress": "DrawProgress", "picture": "ResultPicture", "done": "Summary"}[name],
            json.loads(data),
        )


def test_every_schema_has_its_place(description: dict[str, Any]) -> None:
    referred = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(description)))
    assert referred == set(description["components"]["schemas"])


@pytest.mark.slow
@pytest.mark.parametrize("who", ["anybody", "a stranger", "a friend"])
def test_nothing_made_up_from_the_description_breaks_it(
    load: Callable[[], Colorizer], tmp_path: Path, who: str
) -> None:
    """Schemathesis looks for answers of 500 and more, and for others than those described."""
    with serving(load, limits=LIMITS, token=None if who == "anybody" else TOKEN, workers=1) as client:
        described = client.get("/openapi.json", headers={"Authorization": f"Bearer {TOKEN}"}).text
        (tmp_path / "openapi.json").write_text(described)
        command = [sys.executable, "-m", "schemathesis.cli", "run", "openapi.json", "--url", client.url, "--no-color"]
        options = ["--checks", ",".join(CHECKS), "--max-examples", "200", "--seed", "1"]
        options += ["--header", f"Authorization: Bearer {TOKEN}"] if who == "a friend" else []
        run = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    generated = re.search(r"(\d+) generated", run.stdout)
    assert generated, run.stdout
    assert int(generated[1]) > 200
