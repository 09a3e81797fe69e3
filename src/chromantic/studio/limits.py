"""How much a client may ask for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How much a client may ask for, so that none can take the machine from the others.

    Attributes:
        upload_bytes: Size of a request's body, at most.
        pixels: Size of a photo, at most.
        upload_seconds: How long a body may take to arrive.
        work_seconds: How long the work on one photo may take, without the time in the queue.
        waiting: How many requests may wait for a worker; further ones are sent away.
    """

    upload_bytes: int = 64 << 20
    pixels: int = 50_000_000
    upload_seconds: float = 60.0
    work_seconds: float = 120.0
    waiting: int = 16
