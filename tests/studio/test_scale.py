"""Two studios behind nginx, as docs/guides/scale.md has them."""

import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from proxies import ask, form, nginx
from served import Client, process, wait_until

TOKEN = "correct-horse-battery-staple"
COUNT = 'chromantic_colorize_requests_total{status="200"} '


@pytest.mark.slow
def test_clients_do_not_notice_that_a_studio_is_killed(
    tiny_weights: Path, photo: bytes, certificate: Path, tmp_path: Path
) -> None:
    options = ["--workers", "1", "--root-path", "/colors", "--allowed-hosts", "localhost", "--token", TOKEN]
    answers: Counter[tuple[int, bytes]] = Counter()
    lock, over = threading.Lock(), threading.Event()
    body, headers = form(photo)
    with (
        process(tiny_weights, tmp_path, *options) as (first, studio),
        process(tiny_weights, tmp_path, *options) as (_, second),
        nginx(studio, certificate, tmp_path, second=second) as address,
    ):

        def work() -> None:
            who = {"Authorization": f"Bearer {TOKEN}", "Accept": "image/*"}
            while not over.is_set():
                status, answer = ask(f"{address}v1/colorize", certificate, body, **who, **headers)
                with lock:
                    answers[status, answer[:4]] += 1

        def served_by(client: Client) -> int:
            text = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
            return sum(int(float(line.removeprefix(COUNT))) for line in text.splitlines() if line.startswith(COUNT))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        wait_until(lambda: served_by(studio) > 2 and served_by(second) > 2)
        first.kill()
        before = served_by(second)
        wait_until(lambda: served_by(second) > before + 8)
        time.sleep(1)
        over.set()
        for thread in threads:
            thread.join()
    assert set(answers) == {(200, b"\x89PNG")}
