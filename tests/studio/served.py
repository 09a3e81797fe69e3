"""A studio that is served, and a client for it."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import uvicorn

from chromantic.colorizer import Colorizer
from chromantic.studio.limits import Limits
from chromantic.studio.server import create_app
from chromantic.web.site import configured

LIMITS = Limits(
    upload_bytes=2 << 20, pixels=1_000_000, upload_seconds=2.0, upload_rate=1 << 20, work_seconds=60.0, waiting=3
)


@dataclass
class Client:
    """Speaks to a studio, as a program does."""

    url: str
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False  # no proxy for this machine

    @property
    def address(self) -> tuple[str, int]:
        """To connect to by hand."""
        host, port = self.url.removeprefix("http://").split(":")
        return host, int(port)

    def get(self, path: str, **options: object) -> requests.Response:
        return self.session.get(self.url + path, timeout=60, **options)

    def colorize(self, photo: bytes | None, accept: str = "application/json", **fields: object) -> requests.Response:
        files = {} if photo is None else {"photo": ("photo", photo)}
        return self.session.post(
            f"{self.url}/v1/colorize", files=files, data=fields, headers={"Accept": accept}, timeout=60
        )


def wait_until(condition: Callable[[], object], seconds: float = 120.0) -> None:
    """Waits for a condition; an `AssertionError` says that it did not come true in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


@contextmanager
def serving(load: Callable[[], Colorizer], **options: Any) -> Iterator[Client]:
    """A studio in this process, whose workers are others.

    Args:
        load: A function of a module, which the workers call for what colorizes.
        **options: Of `create_app`.
    """
    server = uvicorn.Server(configured(create_app(load, **options), port=0))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started or not thread.is_alive())
    assert server.started
    try:
        yield Client(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def process(weights: Path, folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen, Client]]:
    """The command in a process of its own, whose temporary files lie in the folder; killed at the end."""
    command = [sys.executable, "-m", "chromantic", "studio", "--port", "0", "--model", str(weights), *options]
    environment = {**os.environ, "TMPDIR": str(folder)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stdout
        try:
            yield running, Client(running.stdout.readline().split()[0].partition("?")[0].rstrip("/"))
        finally:
            running.kill()
