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


def _shown_default(value: object) -> object:
    """What help says of a default: nothing of one that is no or none."""
    return None if value is False or value in ((), "") else value


app = App(
    name="chromantic",
    help="Colorize grey photographs by understanding what is in them.",
    version=__version__,
    default_parameter=Parameter(negative=(), show_default=_shown_default),
    suppress_keyboard_interrupt=False,
    result_action="return_value",
)

STDIO = Path("/dev/stdin")
"""Stands for - among paths, where it is standard input or standard output. cyclopts would take - for an option."""
_PIPE_WIDTH = 160  # columns for tables where there is no terminal to fit

Photos = Annotated[list[Path], Parameter("PHOTO", help="Photos, or folders of photos; their sub-folders are left out.")]
Model = Annotated[str, Parameter(help="Name of weights that ship, or a .chromantic or .safetensors file.")]
Seed = Annotated[Whole, Parameter(help="The same seed gives the same pictures.")]
Device = Annotated[DeviceName, Parameter(help="Where the network runs; auto takes a GPU if there is one.")]
Debug = Annotated[bool, Parameter(help="Show the traceback of each error.")]
KeepDates = Annotated[bool, Parameter(help="Give results the dates of their photos' files.")]
Choices = Annotated[Options, Parameter(name="*")]
"""Each field of `Options` becomes a flag, with the help of its docstring."""
Sources = Annotated[Collections, Parameter(name="*")]
"""Each field of `Collections` becomes a flag, with the help of its docstring."""
Split = Annotated[str, Parameter(help="Which list of photos to take where a collection has several, as VOC has.")]


def check_output(output: Path, suffixes: Sequence[str], inputs: Sequence[Path]) -> None:
    """Checks, before long work, that a file may be written.

    Args:
        output: The file.
        suffixes: That its name may have, in lower case.
        inputs: Files that it must not replace.

    Raises:
        ChromanticError: It has another suffix, is an input, or cannot be written.
    """
    if output.suffix.lower() not in suffixes:
        raise ChromanticError(f"{output}: its name must end with {' or '.join(suffixes)}; choose another --output")
    if output.resolve() in {file.resolve() for file in inputs}:
        raise ChromanticError(f"{output}: is read and would be overwritten; choose another --output")
    check_writable(output)


def print_table(table: RenderableType) -> None:
    """Prints a table, as wide as the terminal, or as the table needs where there is none."""
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)
