"""Chromantic colorizes grey photographs by understanding what is in them."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chromantic.colorizer import Colorizer, colorize

__version__ = "0.1.0"
__all__ = ["Colorizer", "__version__", "colorize"]


def __getattr__(name: str) -> Any:
    """Imports what needs torch when it is first used, so that importing the package stays quick."""
    if name in ("Colorizer", "colorize"):
        from chromantic import colorizer

        return getattr(colorizer, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
