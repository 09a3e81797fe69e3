"""Kills an archive run again and again: `python -m benchmarks.archive FOLDER_OF_PHOTOS [--photos 2000] [--ray]`.

A tree of photos, one in a hundred of them cut short, is colorized by `chromantic archive`, which is killed with
SIGKILL three times at random moments and started again. At the end every photo has one result or one recorded error,
and no file is half-written. Beforehand the same command's speed is compared with that of a plain loop over
`Colorizer.colorize` and `Colorization.save`, on the first 60 photos. Writes benchmarks/results/archive.json.

With --ray the tree goes to a local Ray cluster of two workers, one of which is killed on the way instead.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil
import torch
from PIL import Image

from chromantic.archive.run import Job, Options, run
from chromantic.colorizer import Colorizer

RESULTS = Path(__file__).parent / "results" / "archive.json"
COMPARED = 60
KILLS = 3


def make_tree(photos: list[Path], tree: Path) -> int:
    """Copies photos into folders of 50, every hundredth cut short; returns how many those are."""
    broken = 0
    for number, photo in enumerate(photos):
        content = photo.read_bytes()
        if number % 100 == 50:
            content, broken = content[: len(content) // 2], broken + 1
        path = tree / f"{number // 500:02d}" / f"{number // 50:03d}" / f"{number:05d}{photo.suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return broken


def loop_speed(photos: list[Path], out: Path) -> float:
    """Photos a second of a plain loop with as many torch threads as torch takes."""
    colorizer = Colorizer.from_pretrained()
    colorizer.colorize(photos[0])  # compiles
    start = time.monotonic()
    for photo in photos:
        colorizer.colorize(photo).save(out / f"{photo.name}.png")
    return len(photos) / (time.monotonic() - start)


def archive_speed(photos: list[Path], folder: Path, workers: int) -> float:
    (folder / "in").mkdir(parents=True)
    for photo in photos:
        (folder / "in" / photo.name).write_bytes(photo.read_bytes())
    start = time.monotonic()
    run(Job(folder / "in", folder / "out", "default", Options()), workers=workers)
    return len(photos) / (time.monotonic() - start)


def command(tree: Path, out: Path, *options: str) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-m", "chromantic", "archive", str(tree), str(out), *options]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def run_with_kills(tree: Path, out: Path, expected_seconds: float, workers: int) -> int:
    rng = random.Random(0)
    for _ in range(KILLS):
        process = command(tree, out, "--workers", str(workers))
        time.sleep(rng.uniform(0.1, 0.3) * expected_seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
    process = command(tree, out, "--workers", str(workers))
    process.communicate()
    return process.returncode


def run_on_ray(tree: Path, out: Path) -> int:
    """Colorizes over a cluster of two workers, of which one is killed once a tenth of the photos is done."""
    ray = Path(sys.executable).parent / "ray"
    environment = os.environ | {"RAY_USAGE_STATS_ENABLED": "0"}
    subprocess.run(
        [ray, "start", "--head", "--num-cpus=2", "--port=6399", "--include-dashboard=false"],
        check=True,
        env=environment,
    )
    try:
        process = command(tree, out, "--ray", "127.0.0.1:6399", "--workers", "2")
        total = sum(1 for path in tree.rglob("*") if path.is_file())
        while sum(1 for path in out.rglob("*.png")) < total / 10:
            time.sleep(1)
        victim = next(p for p in psutil.process_iter() if "".join(p.cmdline()[:1]).startswith("ray::MapWorker"))
        victim.kill()
        process.communicate()
        return process.returncode
    finally:
        subprocess.run([ray, "stop", "--force"], check=True, env=environment)


def check(tree: Path, out: Path) -> dict[str, int]:
    """Counts what is in the manifest and in the folder, and decodes every result."""
    with sqlite3.connect(out / "manifest.sqlite") as manifest:
        statuses = Counter(status for (status,) in manifest.execute("SELECT status FROM photos"))
        outputs = {output for (output,) in manifest.execute("SELECT output FROM photos WHERE status = 'done'")}
    files = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file() and path.suffix == ".png"}
    for path in files:
        Image.open(out / path).load()
    leftovers = len(list(out.rglob(".chromantic-*")))
    photos = sum(1 for path in tree.rglob("*") if path.is_file())
    counts = {"photos": photos, "results": len(files), "unrecorded": len(files ^ outputs), "half_written": leftovers}
    return counts | {"recorded_errors": statuses["failed"], "unfinished": statuses["started"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=torch.get_num_threads())
    parser.add_argument("--ray", action="store_true")
    options = parser.parse_args()
    photos = sorted(options.folder.rglob("*.jpg"))[: options.photos]
    with tempfile.TemporaryDirectory() as folder:
        tree, out = Path(folder, "tree"), Path(folder, "out")
        broken = make_tree(photos, tree)
        report: dict[str, object] = {"photos": len(photos), "broken": broken, "workers": options.workers}
        if options.ray:
            report["exit_code"] = run_on_ray(tree, out)
        else:
            Path(folder, "loop").mkdir()
            report["loop_photos_per_second"] = loop_speed(photos[:COMPARED], Path(folder, "loop"))
            speed = archive_speed(photos[:COMPARED], Path(folder, "speed"), options.workers)
            report["archive_photos_per_second"] = speed
            report["exit_code"] = run_with_kills(tree, out, len(photos) / speed, options.workers)
        report |= check(tree, out)
    print(json.dumps(report, indent=2))
    former = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps(former | {"ray" if options.ray else "threads": report}, indent=2) + "\n")


if __name__ == "__main__":
    main()
