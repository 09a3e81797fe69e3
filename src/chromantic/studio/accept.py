"""What a client accepts, by the header of that name (RFC 9110, section 12.5.1)."""

from collections.abc import Iterable

from fastapi import HTTPException, Request

_EXACT = 2  # how much a range says that names a type, not a kind of types


def accepted(header: str | None, offered: Iterable[str]) -> list[str]:
    """Those of the offered media types that a client accepts, the best first.

    Args:
        header: Its `Accept`; None or nothing accepts everything.
        offered: The better ones first, where the client has no preference.
    """
    qualities = {media_type: _quality(header or "*/*", media_type) for media_type in offered}
    return sorted((media_type for media_type, quality in qualities.items() if quality), key=lambda t: -qualities[t])


def check_accept(request: Request, *offered: str) -> list[str]:
    """What of the offered a request accepts, the best first.

    Raises:
        HTTPException: It accepts none.
    """
    best = accepted(", ".join(request.headers.getlist("accept")), offered)
    if not best:
        raise HTTPException(406, f"accept: here are {', '.join(offered)}; accept one of them")
    return best


def _quality(header: str, media_type: str) -> float:
    """What the most exact of the ranges that fit says, from 0 to 1."""
    best = (-1, 0.0)
    for entry in header.split(","):
        name, *parameters = (part.strip().lower() for part in entry.split(";"))
        exactness = {media_type: _EXACT, f"{media_type.partition('/')[0]}/*": 1, "*/*": 0}.get(name, -1)
        best = max(best, (exactness, _weight(parameters)) if exactness >= 0 else best)
    return best[1]


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0
