"""Chromantic colorizes grey photographs by understanding what is in them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chromantic.colorization import Colorization, Segmentation
    from chromantic.colorizer import Colorizer, colorize
    from chromantic.errors import ChromanticError
    from chromantic.hint import Hint
    from chromantic.options import Options

__version__ = "0.1.0"
__all__ = ["ChromanticError", "Colorization", "Colorizer", "Hint", "Options", "Segmentation", "__version__", "colorize"]

_HOMES = {
    "ChromanticError": "errors",
    "Colorization": "colorization",
    "Hint": "hint",
    "Options": "options",
    "Segmentation": "colorization",
}


def __getattr__(name: str) -> Any:
    """Imports what takes long when it is first used, so that importing the package stays quick."""
    if name in __all__:
        return getattr(import_module(f"chromantic.{_HOMES.get(name, 'colorizer')}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
