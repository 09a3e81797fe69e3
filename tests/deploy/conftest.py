"""A server that stands for the studio."""

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

Answering = Callable[[str, int | None], AbstractContextManager[int]]


@pytest.fixture
def answering() -> Answering:
    """Gives the port of a server that answers one path with a status; None: of one that has gone."""

    @contextmanager
    def serving(path: str, status: int | None) -> Iterator[int]:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status or 500 if self.path == path else 404)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            if status is None:
                server.shutdown()
                server.server_close()
            try:
                yield server.server_address[1]
            finally:
                server.shutdown()
                thread.join()

    return serving
