"""What several commands share: the program, their options, and how they tell of progress."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter, Token
from rich.console import Console, RenderableType
from rich.progress import Progress

from chromantic import __version__
from chromantic.errors import ChromanticError
from chromantic.files import check_writable

app = App(
    name="chromantic",
    help="Colorize grey photographs by understanding what is in them.",
    version=__version__,
    default_parameter=Parameter(negative=()),
    suppress_keyboard_interrupt=False,
    result_action="return_value",
)

_PIPE_WIDTH = 160  # columns for tables where there is no terminal to fit


def _whole(_: type, tokens: Sequence[Token]) -> int:
    try:
        return int(tokens[0].value)  # cyclopts itself would round
    except ValueError as error:
        raise ValueError(f"{tokens[0].value} is no whole number") from error


Whole = Annotated[int, Parameter(converter=_whole)]
Photos = Annotated[list[Path], Parameter("PHOTO", help="Photos, or folders of photos (without their sub-folders).")]
Model = Annotated[str, Parameter(help="Weights: the name of shipped ones, or a .safetensors file.")]
Seed = Annotated[Whole, Parameter(help="The same seed gives the same pictures.")]
DrawSeed = Annotated[Whole | None, Parameter(help="Draw; the same seed gives the same pictures.")]
Temperature = Annotated[float | None, Parameter(help="Draw; below 1 colours are calmer.")]
Candidates = Annotated[
    Whole | None,
    Parameter(help="Draw so often from the generator, pixel by pixel, and take what is nearest to the expected."),
]
RestoreContrast = Annotated[bool, Parameter(help="Read faded photos with their levels stretched.")]
ApplyContrast = Annotated[bool, Parameter(help="Stretch the levels of the results, too.")]
FileFormat = Annotated[
    str | None, Parameter("--format", help="png, tiff, webp or jpeg; else like the photo, if that is lossless.")
]
Voc = Annotated[Path | None, Parameter(help="A VOCdevkit or VOC2012 folder.")]
Split = Annotated[str, Parameter(help="The list of VOC or COCO-Stuff photos to take.")]
Coco = Annotated[Path | None, Parameter(help="A folder of COCO photos with VOC labels.")]
Cocostuff = Annotated[Path | None, Parameter(help="A cocostuff-10k-v1.1 folder, or COCO-Stuff's dataset folder.")]
Folders = Annotated[
    tuple[Path, ...], Parameter("--folder", help="A folder of colour photos and its sub-folders; may be repeated.")
]


def check_output(output: Path, suffixes: Sequence[str], inputs: Sequence[Path]) -> None:
    if output.suffix.lower() not in suffixes:
        raise ChromanticError(f"{output}: its name must end with {' or '.join(suffixes)}; choose another --output")
    if output.resolve() in {file.resolve() for file in inputs}:
        raise ChromanticError(f"{output}: is read and would be overwritten; choose another --output")
    check_writable(output)


def print_table(table: RenderableType) -> None:
    """As wide as the terminal, or as a table needs where there is none."""
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)


@contextmanager
def progress(description: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, nothing in a pipe; the update takes the number of finished items."""
    console = Console(stderr=True)
    bar = Progress(console=console, disable=not console.is_terminal, redirect_stdout=sys.stdout.isatty())
    with bar:
        task = bar.add_task(description, total=total)
        yield lambda finished: bar.update(task, completed=finished)
