"""Clients that take their time, or many connections: they cost the others nothing."""

import http.client
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest
from served import Client, serving, wait_until

from chromantic.colorizer import Colorizer
from chromantic.studio.limits import Limits
from chromantic.web import connection
from chromantic.web.site import listen

HEAD = (
    b"POST /v1/colorize HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
)
LIMITS = Limits(waiting=1, uploads_per_address=3, upload_rate=10_000, upload_grace_seconds=0.5)


def upload_from(address: str, client: Client) -> socket.socket:
    """An upload that has begun and does not go on."""
    opened = socket.create_connection(client.address, timeout=20, source_address=(address, 0))
    opened.sendall(HEAD + b"{")
    return opened


def status_of(opened: socket.socket) -> int:
    with opened:
        response = http.client.HTTPResponse(opened)
        response.begin()
        return response.status


def is_closed(opened: socket.socket, sent: bytes = b"") -> bool:
    """Whether the other side has closed a connection; what is sent, if anything, is sent before looking."""
    try:
        if not sent:
            return opened.recv(1) == b""
        opened.sendall(sent)
        return False
    except (BrokenPipeError, ConnectionResetError):
        return True


def uploads(client: Client) -> str:
    return next(line for line in client.get("/metrics").text.splitlines() if line.startswith("chromantic_uploads "))


def test_slow_uploads_take_no_places(load: Callable[[], Colorizer], photo: bytes) -> None:
    with serving(load, limits=Limits(waiting=1), workers=1) as client:
        slow = [upload_from(f"127.0.0.{number % 9 + 2}", client) for number in range(18)]
        wait_until(lambda: uploads(client).endswith(" 18.0"))
        assert client.colorize(photo).status_code == 200
        for opened in slow:
            opened.close()
        wait_until(lambda: uploads(client).endswith(" 0.0"))


def test_an_address_has_a_few_uploads(load: Callable[[], Colorizer], photo: bytes) -> None:
    with serving(load, limits=LIMITS, workers=1) as client:
        slow = [upload_from("127.0.0.2", client) for _ in range(4)]
        statuses = sorted(map(status_of, slow))
        assert statuses == [408, 408, 408, 429]
        assert client.colorize(photo).status_code == 200


def test_uploads_hold_only_so_much(load: Callable[[], Colorizer], photo: bytes) -> None:
    limits = Limits(pending_bytes=30_000, upload_grace_seconds=60.0)
    with serving(load, limits=limits, workers=1) as client, upload_from("127.0.0.2", client) as slow:
        slow.sendall(bytes(40_000))
        wait_until(lambda: client.colorize(photo).status_code == 429)
        slow.close()
        wait_until(lambda: client.colorize(photo).status_code == 200)


def test_a_body_that_keeps_its_rate_is_heard_out(load: Callable[[], Colorizer]) -> None:
    with serving(load, limits=LIMITS, workers=1) as client, upload_from("127.0.0.2", client) as steady:
        start = time.monotonic()
        for _ in range(9):
            steady.sendall(bytes(11_111))
            time.sleep(0.2)
        assert time.monotonic() - start > 3 * LIMITS.upload_grace_seconds
        assert status_of(steady) == 422  # the body is no JSON


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: localh"])
def test_a_head_has_its_time(
    load: Callable[[], Colorizer], monkeypatch: pytest.MonkeyPatch, photo: bytes, begun: bytes
) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.3)
    with serving(load, workers=1) as client, socket.create_connection(client.address, timeout=20) as opened:
        opened.sendall(begun)
        assert is_closed(opened)
        assert client.colorize(photo).status_code == 200  # which takes longer, and is no head


def test_a_second_head_has_its_time_too(load: Callable[[], Colorizer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.5)
    with serving(load, workers=1) as client, socket.create_connection(client.address, timeout=20) as opened:
        opened.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET")
        wait_until(lambda: is_closed(opened, b"T"), 20)


def test_connections_that_wait_make_room(load: Callable[[], Colorizer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MOST", 10)
    with ExitStack() as open_ones:
        client = open_ones.enter_context(serving(load, workers=1))
        at_work = open_ones.enter_context(upload_from("127.0.0.2", client))
        waiting = [socket.create_connection(client.address, timeout=20) for _ in range(30)]
        for opened in waiting:
            open_ones.enter_context(opened)
        assert Client(client.url).get("/healthz").status_code == 200
        assert all(map(is_closed, waiting[:15]))
        at_work.sendall(bytes(99_999))
        assert status_of(at_work) == 422  # it had a request


def test_who_does_not_listen_is_left() -> None:
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
