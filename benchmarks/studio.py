"""Loads the studio: `python -m benchmarks.studio [--minutes 10] [--clients 32] [--only-start]`.

Starts `chromantic studio` three times and takes the time from the command to the first preview. Then one client sends
request after request for a minute, and several do so at once for ten, while the memory of the processes is watched. All
of it over the loopback interface, with the photo examples/horses.jpg and the default weights; besides, previews as the
page asks for them, of that photo and of one of 12 megapixels in colour. Writes benchmarks/results/studio.json;
with --only-start it leaves out the load, and writes nothing. Ends with code 1 where an answer was neither 200 nor 429.
"""

import argparse
import io
import itertools
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
ALONE_SECONDS = 60
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


def memory_of(process: psutil.Process) -> list[int]:
    """Of the server and of each process that works for it, in MiB; what they share is shared out among them."""
    return [each.memory_full_info().pss // MIB for each in (process, *process.children(recursive=True))]


def load(url: str, process: psutil.Process, clients: int, duration: float) -> dict[str, Any]:
    """Requests for one plain draw each, with seeds of their own; a client that is sent away asks again when it may."""
    seeds = itertools.count()
    lock = threading.Lock()
    statuses: Counter[int | str] = Counter()
    answered: list[float] = []  # seconds of each request that was let in
    waited: list[float] = []  # and since its client asked first
    memory: list[list[int]] = []
    start, before = time.monotonic(), processor_seconds(process)
    end = start + duration

    def work() -> None:
        session = client()
        while (first := time.monotonic()) < end:
            with lock:
                seed = next(seeds)
            while (asked := time.monotonic()) < end:
                try:
                    response = ask(session, url, PHOTO, seed=seed, candidates=1)
                except requests.RequestException as error:
                    with lock:
                        statuses[type(error).__name__] += 1
                    break
                now = time.monotonic()
                with lock:
                    statuses[response.status_code] += 1
                    if response.ok:
                        answered.append(now - asked)
                        waited.append(now - first)
                if response.status_code != 429:
                    break
                time.sleep(float(response.headers["Retry-After"]))

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(1)
        memory.append(memory_of(process))
    elapsed = time.monotonic() - start
    totals = [sum(each) for each in memory]
    return {
        "clients": clients,
        "seconds": round(elapsed),
        "statuses": dict(statuses),
        "requests_per_second": round(len(answered) / elapsed, 2),
        **{f"seconds_p{share}": _percentile(answered, share) for share in (50, 95)},
        **{f"seconds_with_refusals_p{share}": _percentile(waited, share) for share in (50, 95)},
        "processor_seconds_per_request": round((processor_seconds(process) - before) / len(answered), 3),
        "mib_after_a_tenth": totals[len(totals) // 10],
        "mib_at_the_end": totals[-1],
        "mib_at_most": max(totals),
        "mib_of_each_process_at_the_end": memory[-1],
    }


def _percentile(values: list[float], share: int) -> float:
    return round(statistics.quantiles(values, n=100, method="inclusive")[share - 1], 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=32)
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
            one = load(url, process, 1, ALONE_SECONDS)
            several = load(url, process, options.clients, 60 * options.minutes)
            results |= {"one_at_a_time": one, "at_once": several}
            results["times_as_many_at_once"] = round(several["requests_per_second"] / one["requests_per_second"], 2)
            RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))
    if not options.only_start and {*one["statuses"], *several["statuses"]} - {200, 429}:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
