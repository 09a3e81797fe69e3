"""Chromantic colorizes grey photographs by understanding what is in them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chromantic.colorizer import Colorization, Colorizer, Segmentation, colorize
    from chromantic.errors import ChromanticError
    from chromantic.hint import Hint
    from chromantic.options import Options

__version__ = "0.1.0"
__all__ = ["ChromanticError", "Colorization", "Colorizer", "Hint", "Options", "Segmentation", "__version__", "colorize"]

_HOMES = {"ChromanticError": "errors", "Hint": "hint", "Options": "options"}


def __getattr__(name: str) -> Any:
    """Imports what needs torch when it is first used, so that importing the package stays quick."""
    if name in __all__:
        return getattr(import_module(f"chromantic.{_HOMES.get(name, 'colorizer')}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
