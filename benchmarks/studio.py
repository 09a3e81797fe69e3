"""Loads the studio: `python -m benchmarks.studio [--requests 200] [--clients 16] [--only-start]`.

Starts `chromantic studio` three times and takes the time from the command to the first preview; then sends one of the
studio's requests after another, and as many from several clients at once, and watches the memory of the process. All of
it over the loopback interface, with the photo examples/horses.jpg and the default weights; besides, previews as the
page asks for them, of that photo and of one of 12 megapixels in colour. Writes benchmarks/results/studio.json;
with --only-start it leaves out the load, and writes nothing.
"""

import argparse
import io
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import requests
from PIL import Image

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "studio.json"
PHOTO = (ROOT / "examples" / "horses.jpg").read_bytes()
STARTS = 3
PREVIEWS = 7
SHOWN_SIDE = 1024  # as the page asks on a screen of usual density
MIB = 1 << 20


@contextmanager
def studio() -> Iterator[tuple[str, psutil.Process]]:
    """The address of a new process, and the process."""
    command = [sys.executable, "-m", "chromantic", "studio", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().split()[0], psutil.Process(process.pid)
        finally:
            process.terminate()


def client() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def ask(session: requests.Session, url: str, photo: bytes, **fields: object) -> requests.Response:
    return session.post(f"{url}v1/colorize", files={"photo": photo}, data=fields, timeout=600)


def start_seconds() -> tuple[float, float]:
    """From the command to the first preview: on the clock, and on the processor."""
    start = time.monotonic()
    with studio() as (url, process):
        ask(client(), url, PHOTO).raise_for_status()
        return time.monotonic() - start, processor_seconds(process)


def preview_seconds(url: str, process: psutil.Process, photo: bytes) -> tuple[float, float]:
    """Medians on the clock and on the processor, of what the page asks for when a photo is dropped."""
    session, seconds = client(), []
    for _ in range(PREVIEWS):
        start, before = time.monotonic(), processor_seconds(process)
        ask(session, url, photo, grey=True, max_side=SHOWN_SIDE).raise_for_status()
        seconds.append((time.monotonic() - start, processor_seconds(process) - before))
    clock, processor = zip(*seconds, strict=True)
    return statistics.median(clock), statistics.median(processor)


def processor_seconds(process: psutil.Process) -> float:
    """Of the server and the processes that work for it, while they are there."""
    return sum(sum(each.cpu_times()[:2]) for each in (process, *process.children(recursive=True)))


def memory_of(process: psutil.Process) -> int:
    """Of the server and the processes that work for it, in MiB; what they share counts once."""
    return sum(each.memory_full_info().pss for each in (process, *process.children(recursive=True))) // MIB


def load(url: str, process: psutil.Process, requests_: int, clients: int) -> dict[str, Any]:
    """Requests for one plain draw each, with seeds of their own; a client that is sent away asks again when it may."""
    seeds = iter(range(requests_))
    lock = threading.Lock()
    statuses: Counter[int] = Counter()
    seconds: list[float] = []
    memory: list[int] = []

    def work() -> None:
        session = client()
        while True:
            with lock:
                seed = next(seeds, None)
            if seed is None:
                return
            start = time.monotonic()
            while True:
                response = ask(session, url, PHOTO, seed=seed, candidates=1)
                with lock:
                    statuses[response.status_code] += 1
                if response.status_code != 429:
                    break
                time.sleep(float(response.headers["Retry-After"]))
            with lock:
                seconds.append(time.monotonic() - start)
                memory.append(memory_of(process))

    threads = [threading.Thread(target=work) for _ in range(clients)]
    start, before = time.monotonic(), processor_seconds(process)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.monotonic() - start
    processor = processor_seconds(process) - before
    quarter = len(memory) // 4
    return {
        "clients": clients,
        "requests": requests_,
        "statuses": dict(statuses),
        "seconds_p50": round(statistics.median(seconds), 3),
        "seconds_p95": round(statistics.quantiles(seconds, n=20)[-1], 3),
        "processor_seconds_per_request": round(processor / requests_, 3),
        "requests_per_second": round(requests_ / elapsed, 2),
        "mib_after_a_quarter": memory[quarter],
        "mib_at_the_end": memory[-1],
        "mib_at_most": max(memory),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--only-start", action="store_true")
    options = parser.parse_args()
    starts = [start_seconds() for _ in range(STARTS)]
    large = io.BytesIO()
    Image.open(io.BytesIO(PHOTO)).convert("RGB").resize((4288, 2781), Image.Resampling.BICUBIC).save(
        large, "jpeg", quality=90
    )
    with studio() as (url, process):
        ask(client(), url, PHOTO).raise_for_status()
        results: dict[str, object] = {
            "cores": len(os.sched_getaffinity(0)),
            "load_of_the_machine": round(os.getloadavg()[0], 1),
            "cold_start_to_preview_seconds": round(statistics.median(seconds for seconds, _ in starts), 2),
            "cold_start_to_preview_processor_seconds": round(statistics.median(seconds for _, seconds in starts), 2),
        }
        for name, photo in (("preview", PHOTO), ("preview_12_megapixels", large.getvalue())):
            clock, processor = preview_seconds(url, process, photo)
            results |= {f"{name}_seconds": round(clock, 3), f"{name}_processor_seconds": round(processor, 3)}
        if not options.only_start:
            one, several = (load(url, process, options.requests, clients) for clients in (1, options.clients))
            results |= {"one_at_a_time": one, "at_once": several}
            results["times_as_many_at_once"] = round(several["requests_per_second"] / one["requests_per_second"], 2)
            RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
