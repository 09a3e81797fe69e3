"""A local Ray cluster of two workers, one of which dies on the way."""

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

PORT = 6397
PHOTOS = 40


@pytest.fixture
def cluster():
    pytest.importorskip("ray")
    ray, environment = Path(sys.executable).parent / "ray", os.environ | {"RAY_USAGE_STATS_ENABLED": "0"}
    options = ["--head", "--num-cpus=2", f"--port={PORT}", "--include-dashboard=false"]
    subprocess.run([ray, "start", *options], check=True, capture_output=True, env=environment)
    yield f"127.0.0.1:{PORT}"
    subprocess.run([ray, "stop", "--force"], check=True, capture_output=True, env=environment)


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_no_photo(tmp_path, tiny_weights, cluster):
    rng, source, target = np.random.default_rng(0), tmp_path / "in", tmp_path / "out"
    for number in range(PHOTOS):
        path = source / f"{number % 4}" / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (400, 400), dtype=np.uint8)).save(path)
    (source / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    start = time.time()
    arguments = ["archive", str(source), str(target), "--ray", cluster, "--workers", "2", "--model", str(tiny_weights)]
    process = subprocess.Popen([sys.executable, "-m", "chromantic", *arguments], stdout=subprocess.PIPE, text=True)
    while len(list(target.rglob("*.png"))) < 4:
        assert process.poll() is None
        time.sleep(0.05)
    workers = [p for p in psutil.process_iter() if "".join(p.cmdline()[:1]).startswith("ray::MapWorker")]
    victim = next(worker for worker in workers if worker.create_time() > start)
    victim.kill()
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
