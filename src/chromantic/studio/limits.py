"""How much a client may ask for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How much a client may ask for, so that none can take the machine from the others.

    Attributes:
        upload_bytes: Size of a request's body, at most.
        upload_seconds: How long a body may take to arrive, at most.
        upload_rate: Bytes a second with which a body arrives, at least, after the first `upload_grace_seconds`.
        upload_grace_seconds: For connections that begin slowly.
        uploads_per_address: Bodies that may be on their way from one address.
        pending_bytes: Size of all bodies that are on their way, at most.
        pixels: Size of a photo, at most.
        work_seconds: How long the work on one photo may take, without the time in the queue.
        quiet_seconds: After so long without a sign of life a process at work counts as stuck.
        waiting: How many requests may wait for a worker; further ones are sent away.
    """

    upload_bytes: int = 64 << 20
    upload_seconds: float = 300.0
    upload_rate: int = 16 << 10
    upload_grace_seconds: float = 5.0
    uploads_per_address: int = 8
    pending_bytes: int = 512 << 20
    pixels: int = 50_000_000
    work_seconds: float = 120.0
    quiet_seconds: float = 30.0
    waiting: int = 16
