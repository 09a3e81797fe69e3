"""Attacks on a studio of its own, while somebody asks for colours: `pytest -m slow -s` prints what those took.

The attacks come from 127.0.0.2 and further addresses of this machine, the other requests from 127.0.0.1.
"""

import http.client
import io
import re
import resource
import socket
import statistics
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from itertools import cycle
from pathlib import Path

import pytest
from PIL import Image
from served import Client, process

USUAL = 40
REQUEST = b"POST /v1/colorize HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
REQUEST += b"Content-Length: 1000000\r\n\r\n"
CONNECTIONS = 10_000
PATIENCE = 3.0  # times the usual: the attackers compute on the same cores


@pytest.fixture(scope="module")
def victim(tiny_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with process(tiny_weights, tmp_path_factory.mktemp("files")) as (_, client):
        yield client


def ask(client: Client, photo: bytes) -> float:
    """Seconds of a request, on a connection of its own."""
    start = time.monotonic()
    response = Client(client.url).colorize(photo)
    assert response.status_code == 200, response.text
    return time.monotonic() - start


def late(seconds: list[float]) -> float:
    """Within which 95 of 100 are."""
    return statistics.quantiles(seconds, n=20)[-1]


@pytest.fixture(scope="module")
def usual(victim: Client, photo: bytes) -> float:
    ask(victim, photo)
    seconds = [ask(victim, photo) for _ in range(USUAL)]
    print(f"\nno attack: median {statistics.median(seconds):.3f} s, 95 of 100 {late(seconds):.3f} s")
    return late(seconds)


def connect(client: Client, number: int) -> socket.socket:
    source = f"127.0.{number // 250}.{number % 250 + 2}"
    return socket.create_connection(client.address, timeout=10, source_address=(source, 0))


def slow_uploads(client: Client, ended: threading.Event) -> str:
    """200 uploads at a byte a second, begun anew when they are ended."""
    with ExitStack() as opened:
        uploads = dict[int, socket.socket]()
        sent = 0
        while not ended.is_set():
            for number in range(200):
                try:
                    if number not in uploads:
                        uploads[number] = opened.enter_context(connect(client, number % 20))
                        uploads[number].sendall(REQUEST)
                    uploads[number].sendall(b" ")
                    sent += 1
                except OSError:
                    uploads.pop(number).close()
            ended.wait(1)
    return f"{sent} bytes"


def connections_left(client: Client, ended: threading.Event) -> str:
    """10,000 connections, opened and left."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    most = min(CONNECTIONS, hard - 500)
    with ExitStack() as opened:
        for number in range(most):
            if ended.is_set() and number >= most // 2:
                most = number
                break
            with suppress(OSError):
                opened.enter_context(connect(client, number % 200))
            time.sleep(0.001)  # the attacker computes on the same cores, and in the same process
        ended.wait()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return f"{most} connections"


def leaving(client: Client, ended: threading.Event) -> str:
    """Clients that ask for sixteen draws and leave."""
    file = io.BytesIO()
    Image.effect_noise((640, 480), 60).save(file, "png")
    form = b'--x\r\nContent-Disposition: form-data; name="samples"\r\n\r\n16\r\n--x\r\nContent-Disposition: form-data; '
    form += b'name="photo"; filename="p"\r\n\r\n' + file.getvalue() + b"\r\n--x--\r\n"
    left = 0
    while not ended.wait(1):
        with connect(client, left) as opened:
            head = f"POST /v1/colorize HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(form)}\r\n"
            opened.sendall(head.encode() + b"Content-Type: multipart/form-data; boundary=x\r\n\r\n" + form)
        left += 1
    return f"{left} requests"


def bombs(client: Client, ended: threading.Event) -> str:
    """Small files that unpack to much: text, profile and pixels of a PNG, and XMP of a JPEG."""
    many = zlib.compress(bytes(1 << 26), 9)
    xmp = b"http://ns.adobe.com/xap/1.0/\0" + b"<a>" * 10_000 + b"</a>" * 7_000
    file = io.BytesIO()
    Image.effect_noise((640, 480), 60).save(file, "jpeg")
    jpeg = file.getvalue()[:2] + b"\xff\xe1" + (len(xmp) + 2).to_bytes(2, "big") + xmp + file.getvalue()[2:]
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0\0\x10\0\0\0\x10\0\x08\0\0\0\0")
    rest = chunk(b"IDAT", many) + chunk(b"IEND", b"")
    pngs = [head + chunk(kind, b"a\0\0" + many) + rest for kind in (b"zTXt", b"iCCP")]
    statuses = list[int]()
    for bomb in cycle([jpeg, *pngs]):
        statuses.append(Client(client.url).colorize(bomb, max_side="16").status_code)
        if ended.wait(1):
            break
    assert max(statuses) < 500
    return f"{len(statuses)} files"


def forged(client: Client, ended: threading.Event) -> str:
    """Other sites' pages, rebound names, upgrades, paths out of the page's folder and headers with line breaks."""
    tried = 0
    while not ended.wait(0.1):
        for method, path, headers, statuses in FORGED:
            connection = http.client.HTTPConnection(*client.address, timeout=20)
            connection.putrequest(method, path, skip_host="Host" in headers)
            for name, value in headers.items():
                connection._output(f"{name}: {value}".encode("latin-1"))  # type: ignore[attr-defined]  # as it is
            connection.endheaders()
            answer = connection.getresponse()
            assert answer.status in statuses, (method, path, headers, answer.status)
            assert "evil" not in str(answer.headers).lower()
            connection.close()
            tried += 1
    return f"{tried} requests"


FORGED: list[tuple[str, str, dict[str, str], set[int]]] = [
    ("GET", "/", {"Host": "evil.example"}, {403}),
    ("POST", "/v1/colorize", {"Origin": "http://evil.example"}, {403}),
    ("POST", "/v1/colorize", {"Sec-Fetch-Site": "cross-site"}, {403}),
    ("GET", "/v1/models", {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}, {200}),
    ("GET", "/v1/colorize", {"Connection": "Upgrade", "Upgrade": "h2c"}, {405}),
    ("GET", "/..%2f..%2fserver.py", {}, {404}),
    ("GET", "/examples/../../server.py", {}, {404}),
    ("GET", "/%5c..%5cserver.py", {}, {404}),
    ("GET", "//etc/passwd", {}, {404}),
    ("GET", "/%00", {}, {404}),
    ("GET", "/%0d%0aSet-Cookie:%20evil=1", {}, {404}),
    ("GET", "/healthz", {"X-Request-ID": "a\revil"}, {400}),
    ("GET", "/healthz", {"X-Request-ID": "a%0d%0aevil: 1"}, {200}),
    ("GET", "/healthz", {"X Bad": "1"}, {400}),
    ("GET", "/healthz", {"Content-Length": "5, 6"}, {400}),
    ("GET", "/healthz", {"Transfer-Encoding": "chunked, evil"}, {400, 501}),
]


def chunk(name: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + name + content + zlib.crc32(name + content).to_bytes(4, "big")


@pytest.mark.slow
@pytest.mark.parametrize("attack", [slow_uploads, connections_left, leaving, bombs, forged])
def test_others_notice_nothing(
    attack: Callable[[Client, threading.Event], str], victim: Client, photo: bytes, usual: float
) -> None:
    ended, told = threading.Event(), list[str]()
    attacker = threading.Thread(target=lambda: told.append(attack(victim, ended)))
    attacker.start()
    try:
        seconds, begin = list[float](), time.monotonic()
        while len(seconds) < USUAL or time.monotonic() - begin < 15:
            seconds.append(ask(victim, photo))
    finally:
        ended.set()
        attacker.join()
    assert told, "the attack failed"
    name = re.sub(r"_", " ", attack.__name__)
    print(f"\n{name} ({told[0]}): median {statistics.median(seconds):.3f} s, 95 of 100 {late(seconds):.3f} s")
    assert late(seconds) < PATIENCE * usual + 0.1
    assert Client(victim.url).get("/readyz").status_code == 200
