"""What several commands share: the program, their options and tables."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console, RenderableType

from chromantic import __version__
from chromantic.data.collect import Collections
from chromantic.devices import DeviceName
from chromantic.errors import ChromanticError
from chromantic.files import check_writable
from chromantic.options import Options, Whole

app = App(
    name="chromantic",
    help="Colorize grey photographs by understanding what is in them.",
    version=__version__,
    default_parameter=Parameter(negative=()),
    suppress_keyboard_interrupt=False,
    result_action="return_value",
)

STDIO = Path("/dev/stdin")
"""Stands for - among paths, where it is standard input or standard output. cyclopts would take - for an option."""
_PIPE_WIDTH = 160  # columns for tables where there is no terminal to fit

Photos = Annotated[list[Path], Parameter("PHOTO", help="Photos, or folders of photos (without their sub-folders).")]
Model = Annotated[str, Parameter(help="Weights: the name of shipped ones, or a .safetensors file.")]
Seed = Annotated[Whole, Parameter(help="The same seed gives the same pictures.")]
Device = Annotated[DeviceName, Parameter(help="Where the network computes; auto takes a GPU where there is one.")]
Debug = Annotated[bool, Parameter(help="Show where in the program an error came from.")]
KeepDates = Annotated[bool, Parameter(help="Give the results the dates of the photos' files.")]
Choices = Annotated[Options, Parameter(name="*")]
"""Each field of `Options` becomes a flag, with the help of its docstring."""
Sources = Annotated[Collections, Parameter(name="*")]
"""Each field of `Collections` becomes a flag, with the help of its docstring."""
Split = Annotated[str, Parameter(help="The list of photos to take from collections that have several, such as VOC's.")]


def check_output(output: Path, suffixes: Sequence[str], inputs: Sequence[Path]) -> None:
    if output.suffix.lower() not in suffixes:
        raise ChromanticError(f"{output}: its name must end with {' or '.join(suffixes)}; choose another --output")
    if output.resolve() in {file.resolve() for file in inputs}:
        raise ChromanticError(f"{output}: is read and would be overwritten; choose another --output")
    check_writable(output)


def print_table(table: RenderableType) -> None:
    """As wide as the terminal, or as a table needs where there is none."""
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)
