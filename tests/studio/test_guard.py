"""Who is let in, what browsers are told, and what is left of a process."""

import http.client
import io
import os
import re
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from PIL import Image
from served import Client, process, serving, wait_until

from chromantic.cli import main
from chromantic.colorizer import Colorizer

TOKEN = "correct-horse-battery-staple"


def test_nothing_comes_from_elsewhere(studio: Client) -> None:
    pages = [studio.get(path) for path in ("/", "/docs")]
    for page in pages:
        assert page.headers["content-security-policy"].startswith("default-src 'self'; img-src 'self' blob: data:")
        assert page.headers["content-type"].startswith("text/html")
        linked = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert linked
        for address in set(linked) - {"data:,"}:
            assert not address.startswith(("http:", "https:", "/")), address  # a proxy may show the page at a path
            assert studio.get(f"/{address}").status_code == 200, address


def test_only_the_pages_files_are_served(studio: Client) -> None:
    assert studio.get("/studio.js").headers["content-type"].startswith(("text/javascript", "application/javascript"))
    for path in ("/server.py", "/%2e%2e/server.py", "/examples/%2e%2e/%2e%2e/server.py", "/examples", "/redoc"):
        response = studio.get(path)
        assert (response.status_code, response.json()["title"]) == (404, "Not Found"), path
        assert response.headers["cache-control"] == "no-store"
    assert studio.get("/v1/colorize").status_code == 405


def test_the_examples_are_those_whose_licences_are_listed(studio: Client) -> None:
    originals, page = Path(__file__).parents[2] / "examples", studio.get("/").text
    names = re.findall(r'data-example="([^"]+)"', page)
    assert names
    for name in names:
        assert studio.get(f"/examples/{name}").content == (originals / name).read_bytes()
        assert name in (originals / "README.md").read_text()
    for name in re.findall(r'src="examples/([^"]+)"', page):
        assert name.replace("-half.avif", ".jpg") in names
        assert studio.get(f"/examples/{name}").headers["Content-Type"] == "image/avif"


def test_other_names_and_other_sites_are_refused(studio: Client, photo: bytes) -> None:
    assert studio.get("/", headers={"Host": "evil.example"}).status_code == 403
    assert studio.get("/", headers={"Host": "[evil"}).status_code == 403
    for origin in ("http://evil.example", "null", "http://[evil"):
        response = studio.session.post(
            f"{studio.url}/v1/colorize", files={"photo": photo}, headers={"Origin": origin}, timeout=60
        )
        assert response.status_code == 403, origin
        assert "another site" in response.json()["detail"]
    assert studio.get("/healthz", headers={"Origin": studio.url}).status_code == 200


def test_a_token_is_asked_for(load: Callable[[], Colorizer], photo: bytes) -> None:
    with serving(load, token=TOKEN) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 200
        for path in ("/", "/v1/models", "/metrics", "/openapi.json", "/?token=guessed", "/?token=%ff"):
            response = client.get(path)
            assert response.status_code == 401, path
            assert response.headers["www-authenticate"] == "Bearer"
        assert client.colorize(photo).status_code == 401
        assert client.get("/v1/models", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
        assert client.get("/v1/models", headers={"Authorization": f"Basic {TOKEN}"}).status_code == 401
        assert client.get("/v1/models", headers={"Cookie": "chromantic-studio=\xe9"}).status_code == 401
        page = client.get(f"/?token={TOKEN}")
        assert (page.status_code, page.url) == (200, f"{client.url}/")
        assert client.colorize(photo).status_code == 200  # by the cookie


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("give a token", ["--host", "0.0.0.0"]),
        ("give a token", ["--host", "::"]),
        ("16", ["--host", "0.0.0.0", "--token", "short"]),
        ("not an address", ["--host", "example.org"]),
        ("port 70000", ["--port", "70000"]),
        ("no such weights", ["--port", "0", "--model", "missing"]),
    ],
)
def test_the_command_says_what_is_wrong(words: str, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["studio", *options]) == 2
    assert words in capsys.readouterr().err


def test_a_port_that_is_taken(studio: Client, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["studio", "--port", studio.url.rsplit(":", 1)[1]]) == 2
    assert "cannot be listened on" in capsys.readouterr().err


def test_uploads_stay_in_memory(studio: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("written to a file")

    monkeypatch.setattr("tempfile.SpooledTemporaryFile.rollover", refuse)
    monkeypatch.setattr("tempfile._get_candidate_names", refuse)
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (700, 700, 3), np.uint8)).save(file, "png")
    assert len(file.getvalue()) > 1 << 20  # from which on Starlette would write it
    assert studio.colorize(file.getvalue(), grey=True, max_side=16).status_code == 200


@pytest.mark.slow
def test_a_killed_studio_leaves_no_file(tiny_weights: Path, photo: bytes, tmp_path: Path) -> None:
    with process(tiny_weights, tmp_path) as (running, client):

        def ask() -> None:
            with pytest.raises(OSError, match=r"reset|closed|aborted"):
                Client(client.url).colorize(photo, samples=16)

        asking = [threading.Thread(target=ask) for _ in range(4)]
        for thread in asking:
            thread.start()
        wait_until(lambda: " 4.0" in taken(client))
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        for thread in asking:
            thread.join()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.slow
def test_a_terminated_studio_ends_within_five_seconds(tiny_weights: Path, photo: bytes, tmp_path: Path) -> None:
    with process(tiny_weights, tmp_path) as (running, client):
        assert client.colorize(photo).status_code == 200
        slow = [socket.create_connection(client.address) for _ in range(50)]
        for number, connection in enumerate(slow):
            connection.sendall(b"POST /v1/colorize HTTP/1.1\r\nHost: localhost\r\n" + b"X: 1\r\n\r\n" * (number % 2))

        def ask() -> None:
            with suppress(OSError):
                client.colorize(photo, samples=16, candidates=32)

        asking = threading.Thread(target=ask)
        asking.start()
        wait_until(lambda: " 1.0" in taken(Client(client.url)))
        running.send_signal(signal.SIGTERM)
        assert running.wait(5) == 128 + signal.SIGTERM
        asking.join()
        for connection in slow:
            connection.close()
    assert list(tmp_path.iterdir()) == []


def taken(client: Client) -> str:
    """How many requests are in work or waiting, as the figures have it."""
    return re.findall("^chromantic_requests_taken.*", client.get("/metrics").text, re.MULTILINE)[0]


def test_headers_without_end_are_refused(studio: Client) -> None:
    connection = http.client.HTTPConnection(studio.url.removeprefix("http://"), timeout=20)
    connection.request("GET", "/healthz", headers={"X-Long": "x" * (1 << 20)})
    assert 400 <= connection.getresponse().status < 500
