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
import signal, sys, threading, time
from pathlib import Path
from chromantic.cli import stopping
from chromantic.files import write_whole

def write():
    with write_whole(Path(sys.argv[1]) / "a.png") as partial:
        partial.write_text("half")
        begun.set()
        time.sleep(60)

signal.signal(signal.SIGINT, signal.default_int_handler)  # shells let what runs behind them ignore it
stopping.GRACE_SECONDS = float(sys.argv[2])
with stopping.stoppable():
    begun = threading.Event()
    threading.Thread(target=write).start()
    try:
        begun.wait()
        print("begun", flush=True)
        time.sleep(60)
    finally:
        print("ending", flush=True)
        time.sleep(60)
"""


def test_a_signal_leaves_nothing_half_written(tmp_path: Path, tiny_weights: Path):
    noise = np.random.default_rng(0).integers(0, 256, (600, 600), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "0.png")
    for number in range(1, 60):  # enough that some are always left
        (tmp_path / f"{number}.png").hardlink_to(tmp_path / "0.png")
    command = [sys.executable, "-m", "chromantic", "colorize", tmp_path, "--model", tiny_weights]
    with subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not list(tmp_path.glob(".chromantic-*/*")):
            assert process.poll() is None
            time.sleep(0.005)
        process.terminate()
        _, errors = process.communicate()
    assert (process.returncode, errors) == (143, b"")
    assert not list(tmp_path.glob(".chromantic-*"))


@pytest.mark.parametrize(
    ("number", "code", "grace", "signals"),
    [(signal.SIGTERM, 143, 0.5, 1), (signal.SIGINT, 130, 600, 2), (signal.SIGHUP, 129, 0.2, 1)],
)
def test_what_does_not_end_by_itself_is_ended(tmp_path: Path, number: int, code: int, grace: float, signals: int):
    command = [sys.executable, "-c", _STUCK, str(tmp_path), str(grace)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        for _ in range(signals):
            process.stdout.readline()  # that it has begun, then that it is ending
            process.send_signal(number)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (code, b"")
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
