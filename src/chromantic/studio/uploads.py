"""Bodies that are on their way: from each address a few, none slower than need be."""

import asyncio
import ipaddress
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import HTTPException, Request

from chromantic.studio.limits import Limits

_DISCARDED = 8  # times the limit: how much of a body is read, so that its sender hears why it is refused
_IPV6_PREFIX = 64  # bits of an address that one customer has for himself
_RETRY_SECONDS = "2"


class Uploads:
    """Reads bodies, within limits."""

    def __init__(self, limits: Limits) -> None:
        self.open = Counter[str]()
        self._limits = limits
        self._bytes = 0

    async def read(self, request: Request) -> bytes:
        """Reads a request's body.

        Raises:
            HTTPException: It came too slowly or is too large, or too many are on their way.
            ClientDisconnect: The client left.
        """
        with self._counted(_neighbourhood(request.client.host if request.client else "")):
            return await self._read(request)

    @contextmanager
    def _counted(self, address: str) -> Iterator[None]:
        limits = self._limits
        if self.open[address] >= limits.uploads_per_address or self._bytes >= limits.pending_bytes:
            detail = f"busy: too many uploads are on their way; try again in {_RETRY_SECONDS} s"
            raise HTTPException(429, detail, {"Retry-After": _RETRY_SECONDS})
        self.open[address] += 1
        try:
            yield
        finally:
            self.open[address] -= 1
            self.open += Counter()  # forgets those with none

    async def _read(self, request: Request) -> bytes:
        limits, start = self._limits, time.monotonic()
        chunks, size, kept, stream = list[bytes](), 0, 0, request.stream()
        try:
            while True:
                async with asyncio.timeout_at(asyncio.get_running_loop().time() + self._patience(start, size)):
                    chunk = await anext(stream, None)
                if chunk is None:
                    break
                size += len(chunk)
                if size > _DISCARDED * limits.upload_bytes:
                    break
                if size <= limits.upload_bytes:
                    chunks.append(chunk)
                    kept += len(chunk)
                    self._bytes += len(chunk)
        except TimeoutError as error:
            raise HTTPException(
                408,
                f"request: slower than {limits.upload_rate >> 10} kB a second, or not there after "
                f"{limits.upload_seconds:g} s; send it faster",
            ) from error
        finally:
            self._bytes -= kept
        if size > limits.upload_bytes:
            raise HTTPException(413, f"request: larger than {limits.upload_bytes >> 20} MB; send a smaller photo")
        return b"".join(chunks)

    def _patience(self, start: float, size: int) -> float:
        """Seconds until more than so many bytes must be there."""
        limits = self._limits
        most = min(limits.upload_seconds, limits.upload_grace_seconds + size / limits.upload_rate)
        return start + most - time.monotonic()


def _neighbourhood(address: str) -> str:
    """An address, or of IPv6 the network of one customer."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), _IPV6_PREFIX), strict=False))
