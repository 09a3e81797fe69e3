"""Which of what is offered a client gets, by its header Accept."""

import pytest

from chromantic.studio.accept import accepted

JSON, EVENTS, PNG, WEBP = "application/json", "text/event-stream", "image/png", "image/webp"


@pytest.mark.parametrize(
    ("header", "best"),
    [
        (None, [JSON, EVENTS, PNG, WEBP]),
        ("", [JSON, EVENTS, PNG, WEBP]),
        ("*/*", [JSON, EVENTS, PNG, WEBP]),
        ("image/*", [PNG, WEBP]),
        ("image/*, */*;q=0.1", [PNG, WEBP, JSON, EVENTS]),
        ("IMAGE/WebP", [WEBP]),
        ("image/webp;q=0.4, image/png ; q=0.5", [PNG, WEBP]),
        ("image/*;q=0.5, image/png;q=0", [WEBP]),
        ("*/*, text/*;q=0, image/*;q=0", [JSON]),
        ("text/html", []),
        ("application/json;q=nan", []),
        ("application/json;q=high", []),
        ("application/json;charset=utf-8;q=0.3, text/event-stream;q=0.2", [JSON, EVENTS]),
        (";,/", []),
    ],
)
def test_the_best_first(header: str | None, best: list[str]) -> None:
    assert accepted(header, [JSON, EVENTS, PNG, WEBP]) == best
