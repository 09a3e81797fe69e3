"""A local Ray cluster of two workers, one of which dies on the way."""

import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from chromantic.archive.address import check_address
from chromantic.archive.cluster import worker_resources
from chromantic.cli import main
from chromantic.errors import ChromanticError

PORT = 6397
ADDRESS = f"127.0.0.1:{PORT}"
PHOTOS = 40


@pytest.fixture
def cluster():
    """The process that keeps a cluster alive."""
    pytest.importorskip("ray")
    ray, environment = Path(sys.executable).parent / "ray", os.environ | {"RAY_USAGE_STATS_ENABLED": "0"}
    options = ["--head", "--block", "--num-cpus=2", f"--port={PORT}", "--include-dashboard=false"]
    process = subprocess.Popen([ray, "start", *options], stdout=subprocess.PIPE, text=True, env=environment)
    assert any("Ray runtime started" in line for line in process.stdout)
    yield psutil.Process(process.pid)
    process.terminate()
    process.wait()


def workers_of(cluster: psutil.Process) -> list[psutil.Process]:
    return [process for process in cluster.children(recursive=True) if process.name().startswith("ray::MapWorker")]


def test_workers_ask_for_a_gpu_where_there_are_any():
    assert worker_resources({"CPU": 16.0, "GPU": 4.0, "memory": 1e9}) == (4, {"num_gpus": 1})
    assert worker_resources({"CPU": 16.0, "memory": 1e9}) == (16, {"num_cpus": 1})
    assert worker_resources({}) == (1, {"num_cpus": 1})


_SETTINGS = bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))  # a frame that every server of HTTP/2 begins with


@contextmanager
def listening(answer: bytes | None) -> Iterator[int]:
    """The port of a server that gives this answer to whatever is said; None says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                if answer is None:
                    connection.recv(1000)  # until the other side has had enough
                else:
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "is not Ray"),
        (b"", "is not Ray"),
        (_SETTINGS, "is not Ray"),  # HTTP/2
        (_SETTINGS + b"@\x0bgrpc-status\x0212", "is not Ray"),  # gRPC, without Ray's method
        (None, "timed out"),
    ],
)
def test_what_answers_but_is_no_cluster_is_refused_at_once(answer, words, monkeypatch):
    monkeypatch.setattr("chromantic.archive.address._SECONDS", 0.2)
    with (
        listening(answer) as port,
        pytest.raises(ChromanticError, match=rf"^127\.0\.0\.1:{port}: no Ray cluster there \(.*{words}"),
    ):
        check_address(f"127.0.0.1:{port}")


def test_what_answers_as_ray_does_is_taken():
    for status in (b"\x010", b"\x015"):
        with listening(_SETTINGS + b"@\x0bgrpc-status" + status) as port:
            check_address(f"ray://127.0.0.1:{port}")


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:x", ":6379", "127.0.0.1:99999", "127.0.0.1:1"])
def test_addresses_where_nothing_is(address):
    with pytest.raises(ChromanticError, match=f"^{address}: no Ray cluster there"):
        check_address(address)


def test_a_dead_address_ends_the_command_within_seconds(tmp_path, tiny_weights, capsys):
    (tmp_path / "in").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "in/a.png")
    start = time.monotonic()
    arguments = [tmp_path / "in", tmp_path / "out", "--ray", "127.0.0.1:1", "--model", tiny_weights]
    assert main(["archive", *map(str, arguments)]) == 2
    assert time.monotonic() - start < 15
    refused = "127.0.0.1:1: no Ray cluster there (Connection refused); start it, or give its address"
    assert capsys.readouterr().err == f"chromantic: {refused}\n"


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_no_photo(tmp_path, tiny_weights, cluster):
    rng, source, target = np.random.default_rng(0), tmp_path / "in", tmp_path / "out"
    for number in range(PHOTOS):
        path = source / f"{number % 4}" / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (400, 400), dtype=np.uint8)).save(path)
    (source / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    arguments = ["archive", str(source), str(target), "--ray", ADDRESS, "--workers", "2", "--model", str(tiny_weights)]
    process = subprocess.Popen([sys.executable, "-m", "chromantic", *arguments], stdout=subprocess.PIPE, text=True)
    while len(list(target.rglob("*.png"))) < 4:
        assert process.poll() is None
        time.sleep(0.05)
    workers_of(cluster)[0].kill()
    assert len(list(target.rglob("*.png"))) < PHOTOS
    output, _ = process.communicate()
    assert f"{PHOTOS} colorized, 0 were done, 1 failed" in output
    assert process.returncode == 1
    with sqlite3.connect(target / "manifest.sqlite") as manifest:
        statuses = manifest.execute("SELECT status, count(*) FROM photos GROUP BY status").fetchall()
    assert dict(statuses) == {"done": PHOTOS, "failed": 1}
    assert len(list(target.rglob("*.png"))) == PHOTOS
    for path in target.rglob("*.png"):
        Image.open(path).load()


@pytest.mark.slow
def test_a_photo_that_workers_die_with_is_recorded_as_broken(tmp_path, tiny_weights, cluster):
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for number in range(3):
        Image.new("L", (64, 64), 80 * number).save(source / f"{number}.png")
    large = np.random.default_rng(0).integers(0, 256, (3000, 3000), dtype=np.uint8)
    Image.fromarray(large).save(source / "large.png")
    arguments = ["archive", str(source), str(target), "--ray", ADDRESS, "--model", str(tiny_weights)]
    process = subprocess.Popen([sys.executable, "-m", "chromantic", *arguments], stdout=subprocess.PIPE, text=True)
    seen: set[Path] = set()
    while process.poll() is None:
        time.sleep(0.05)
        begun = {file.parent for file in target.glob(".chromantic-*/*")} - seen
        if begun and len(list(target.glob("*.png"))) == 3:  # so what is half-written is the large photo
            seen |= begun
            for worker in workers_of(cluster):
                worker.kill()
    output, _ = process.communicate()
    assert "3 colorized, 0 were done, 1 failed" in output
    with sqlite3.connect(target / "manifest.sqlite") as manifest:
        errors = manifest.execute("SELECT path, error FROM photos WHERE status = 'failed'").fetchall()
    assert errors == [("large.png", f"{source / 'large.png'}: 4 workers in a row died with it; get a fresh copy")]
    assert not list(target.glob(".[ac]*"))  # attempts, half-written files
