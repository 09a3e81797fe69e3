"""What the studio saves of a photo's hints, for the command and for another day: a small JSON file."""

import json
from pathlib import Path
from typing import Any

from chromantic.errors import ChromanticError
from chromantic.hint import hints_of

_CHOICES = {"hints", "saturation", "warmth"}
_MOST_BYTES = 1 << 22


def read_choices(path: Path) -> dict[str, Any]:
    """The fields of `Options` that a file of hints gives: `{"hints": [{"x": 120, "y": 80, "colour": "navy"}]}`.

    `saturation` and `warmth` may stand beside the hints; a list alone gives hints.

    Raises:
        ChromanticError: The file cannot be read, is no JSON or no file of hints.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ChromanticError(f"{path}: cannot be read ({error.strerror or error}); give a file of hints") from error
    if len(content) > _MOST_BYTES:
        raise ChromanticError(f"{path}: is larger than {_MOST_BYTES} bytes; give a file of hints")
    try:
        choices = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ChromanticError(f"{path}: is no JSON; give a file of hints, as the studio saves it") from error
    if isinstance(choices, list):
        choices = {"hints": choices}
    if not isinstance(choices, dict) or not choices.keys() <= _CHOICES:
        raise ChromanticError(f"{path}: is no file of hints; give one with {', '.join(sorted(_CHOICES))}")
    try:
        return choices | {"hints": hints_of(choices.get("hints", []))}
    except ChromanticError as error:
        raise ChromanticError(f"{path}: {error}") from error
