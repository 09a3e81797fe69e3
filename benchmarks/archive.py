"""Tries `chromantic archive` at length: `python -m benchmarks.archive speed|kills|ray [FOLDER_OF_PHOTOS] [--photos N]`.

Without a folder the photos are small and made up.

speed: photos a second of the command, from its start to its end, against those of a plain loop: one process that
colorizes and saves one photo after another with `Colorizer.colorize` and `Colorization.save`, on as many threads as
torch takes (every core). The loop's start, imports and compilation are not counted, the command's are.

kills: a tree of photos, one in a hundred of them cut short, is colorized by the command, which is killed with SIGKILL
three times at random moments and started again. At the end every photo has one result or one recorded error, and no
file is half-written.

ray: the same tree goes to a local Ray cluster of two workers, one of which is killed on the way.

Options that the benchmark does not know go to the command (`--preview`). Writes benchmarks/results/archive.json.
"""

import argparse
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import psutil
import torch
from PIL import Image

from chromantic.colorizer import Colorizer

RESULTS = Path(__file__).parent / "results" / "archive.json"
KILLS = 3


def make_photos(folder: Path, number: int) -> list[Path]:
    """Writes JPEG files of clouds, 96 x 64 pixels, each another."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    paths = [folder / f"{each:05d}.jpg" for each in range(number)]
    for path in paths:
        clouds = Image.fromarray(rng.integers(0, 256, (8, 12), dtype=np.uint8))
        clouds.resize((96, 64), Image.Resampling.BICUBIC).save(path, quality=95)
    return paths


def make_tree(photos: list[Path], tree: Path, broken_each: int = 100) -> int:
    """Copies photos into folders of 50, one in so many (0: none) cut short; returns how many those are."""
    broken = 0
    for number, photo in enumerate(photos):
        content = photo.read_bytes()
        if broken_each and number % broken_each == broken_each // 2:
            content, broken = content[: len(content) // 2], broken + 1
        path = tree / f"{number // 500:02d}" / f"{number // 50:03d}" / f"{number:05d}{photo.suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return broken


def compare_speeds(photos: list[Path], folder: Path, options: list[str]) -> dict[str, object]:
    """Photos a second of the command, and of a plain loop over one half of the photos before it and the other after."""
    make_tree(photos, folder / "in", broken_each=0)
    (folder / "loop").mkdir()
    colorizer = Colorizer.from_pretrained()
    colorizer.colorize(photos[0])  # compiles

    def loop(share: list[Path]) -> float:
        start = time.monotonic()
        for photo in share:
            colorizer.colorize(photo).save(folder / "loop" / f"{photo.name}.png")
        return time.monotonic() - start

    looped = loop(photos[::2])
    start = time.monotonic()
    command(folder / "in", folder / "out", *options).communicate()
    seconds = time.monotonic() - start
    looped += loop(photos[1::2])
    assert check(folder / "in", folder / "out")["results"] == len(photos)
    return {
        "plain_loop": f"one process, torch on {torch.get_num_threads()} threads",
        "loop_photos_per_second": len(photos) / looped,
        "archive_photos_per_second": len(photos) / seconds,
        "times_the_loop": looped / seconds,
    }


def command(tree: Path, out: Path, *options: str) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-m", "chromantic", "archive", str(tree), str(out), *options]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def results_in(out: Path) -> int:
    """How many results there are, in folders that may vanish meanwhile."""
    return sum(
        file.endswith(".png") for place, _, files in os.walk(out) if ".chromantic-" not in place for file in files
    )


def run_with_kills(tree: Path, out: Path, photos: int, options: list[str]) -> int:
    rng = random.Random(0)
    for moment in sorted(rng.sample(range(1, photos), KILLS)):
        process = command(tree, out, *options)
        while results_in(out) < moment * 0.9:  # a tenth may be broken, or left for the last run
            time.sleep(0.2)
        time.sleep(rng.random())
        process.kill()
        process.communicate()
    process = command(tree, out, *options)
    process.communicate()
    return process.returncode


def run_on_ray(tree: Path, out: Path, options: list[str]) -> int:
    """Colorizes over a cluster of two workers, of which one is killed once a tenth of the photos is done."""
    ray, environment = Path(sys.executable).parent / "ray", os.environ | {"RAY_USAGE_STATS_ENABLED": "0"}
    start = [ray, "start", "--head", "--block", "--num-cpus=2", "--port=6399", "--include-dashboard=false"]
    cluster = subprocess.Popen([*map(str, start)], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert cluster.stdout
        next(line for line in cluster.stdout if "Ray runtime started" in line)
        process = command(tree, out, "--ray", "127.0.0.1:6399", *options)
        total = sum(1 for path in tree.rglob("*") if path.is_file())
        while results_in(out) < total / 10:
            time.sleep(1)
        processes = psutil.Process(cluster.pid).children(recursive=True)
        next(p for p in processes if p.name().startswith("ray::MapWorker")).kill()
        process.communicate()
        return process.returncode
    finally:
        cluster.terminate()
        cluster.wait()


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
    parser.add_argument("what", choices=["speed", "kills", "ray"])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    options, others = parser.parse_known_args()
    others += ["--workers", str(options.workers)]
    with tempfile.TemporaryDirectory() as folder:
        if options.folder:
            photos = sorted(options.folder.rglob("*.jpg"))[: options.photos]
        else:
            photos = make_photos(Path(folder, "photos"), options.photos)
        report: dict[str, object] = {"photos": len(photos), "options": " ".join(others)}
        tree, out = Path(folder, "tree"), Path(folder, "out")
        if options.what == "speed":
            report |= compare_speeds(photos, Path(folder), others)
        else:
            report["broken"] = make_tree(photos, tree)
            if options.what == "kills":
                report["exit_code"] = run_with_kills(tree, out, len(photos), others)
            else:
                report["exit_code"] = run_on_ray(tree, out, others)
            report |= check(tree, out)
    print(json.dumps(report, indent=2))
    former = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps(former | {options.what: report}, indent=2) + "\n")


if __name__ == "__main__":
    main()
