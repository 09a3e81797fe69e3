"""Signals to a real process."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

_STUCK = """
import sys, threading, time
from pathlib import Path
from chromantic.cli import stopping
from chromantic.files import write_whole

def write():
    with write_whole(Path(sys.argv[1]) / "a.png") as partial:
        partial.write_text("half")
        begun.set()
        time.sleep(60)

stopping.GRACE_SECONDS = float(sys.argv[2])
with stopping.stoppable():
    begun = threading.Event()
    threading.Thread(target=write).start()
    try:
        begun.wait()
        print("begun", flush=True)
        time.sleep(60)
    finally:
        time.sleep(60)
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_a_signal_leaves_nothing_half_written(tmp_path: Path, tiny_weights: Path, number: int, code: int):
    rng = np.random.default_rng(0)
    for name in ("a.png", "b.png"):
        Image.fromarray(rng.integers(0, 256, (1500, 1500), dtype=np.uint8)).save(tmp_path / name)
    command = [sys.executable, "-m", "chromantic", "colorize", tmp_path, "--model", tiny_weights]
    with subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not list(tmp_path.glob(".chromantic-*/*")):
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(number)
        _, errors = process.communicate()
    assert (process.returncode, errors) == (code, b"")
    assert not list(tmp_path.glob(".chromantic-*"))


@pytest.mark.parametrize(("grace", "signals"), [(0.5, 1), (600, 2)])
def test_what_does_not_end_by_itself_is_ended(tmp_path: Path, grace: float, signals: int):
    command = [sys.executable, "-c", _STUCK, str(tmp_path), str(grace)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        for _ in range(signals):
            process.terminate()
            time.sleep(0.2)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (143, b"")
    assert not list(tmp_path.iterdir())


def test_an_ignored_signal_stays_ignored(tmp_path: Path):
    code = """
import os, signal
signal.signal(signal.SIGHUP, signal.SIG_IGN)
from chromantic.cli.stopping import stoppable
with stoppable():
    os.kill(os.getpid(), signal.SIGHUP)
assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
