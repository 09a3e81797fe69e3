"""The command line. What needs torch is imported by the command that uses it: help and version answer at once."""

import atexit
import gc
import logging
import os
import sys
import warnings
from collections.abc import Sequence

from cyclopts import CycloptsError

from chromantic.cli import colorize, photos, research, study  # noqa: F401  which add their commands to the program
from chromantic.cli.program import STDIO, app
from chromantic.cli.stopping import StoppedError, stoppable
from chromantic.errors import ChromanticError
from chromantic.files import remove_partial_files

_EXTRAS = {  # of pyproject.toml, by package
    "accelerate": "train",
    "ray": "archive",
    "onnx": "train",
    "pydantic": "train",
    "safetensors": "train",
    "torch": "train",
    "tensorboard": "train",
    "torchmetrics": "train",
    "scipy": "train",
    "matplotlib": "paper",
    "fastapi": "studio,study",
    "python_multipart": "studio",
    "prometheus_client": "studio",
    "uvicorn": "studio,study",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; what a user did wrong becomes one line on stderr.

    Args:
        arguments: Without the program's name; None takes the process's own.

    Returns:
        The exit code: 0, 1 where photos failed, 2 for a user's error, 130 after Ctrl-C, 143 after SIGTERM, 141 where
        nobody reads what is printed.
    """
    gc.set_threshold(100_000)  # torch's and Numba's imports make many objects that stay: not searched time and again,
    atexit.register(gc.freeze)  # and not once more at the end, they cost a second less
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # spinning ones crawl beside a busy process
    warnings.filterwarnings("ignore", module="PIL")  # damaged files are reported once, as errors
    logging.basicConfig(format="chromantic: %(message)s")
    logging.getLogger("chromantic.sampling").setLevel(logging.INFO)
    try:
        tokens = [str(STDIO) if each == "-" else each for each in (sys.argv[1:] if arguments is None else arguments)]
        with stoppable():
            code = app(tokens, exit_on_error=False, print_error=False)
        print(end="", flush=True)
    except KeyboardInterrupt as interruption:
        remove_partial_files()
        if message := str(interruption):
            print("chromantic:", message, file=sys.stderr)
        return 130
    except StoppedError as stopped:
        remove_partial_files()
        return stopped.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still to be flushed at exit
        return 141
    except (ChromanticError, CycloptsError) as error:
        return _refuse(str(error))
    except ModuleNotFoundError as error:
        if error.name not in _EXTRAS:
            raise
        return _refuse(
            f"{error.name} is not installed; in a clone of Chromantic: pip install '.[{_EXTRAS[error.name]}]'"
        )
    except OSError as error:
        if error.filename is None:
            raise
        return _refuse(f"{error.filename}: {error.strerror}")
    return code or 0


def _refuse(message: str) -> int:
    print("chromantic:", " ".join(message.splitlines()), file=sys.stderr)
    return 2
