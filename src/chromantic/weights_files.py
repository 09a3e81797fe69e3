"""Files of weights: those that ship, by name, and a user's, by path."""

from pathlib import Path

from chromantic.errors import ChromanticError

TRAINED, EXPORTED = ".safetensors", ".chromantic"
"""Suffixes of weights that can be trained and measured, and of those that colorize without torch."""
_SHIPPED = Path(__file__).parent / "weights"


def shipped(suffix: str) -> list[str]:
    """Names of the weights of a kind that come with the package."""
    return sorted(path.stem for path in _SHIPPED.glob(f"*{suffix}"))


def resolve(name_or_path: str | Path, suffix: str) -> Path:
    """The file of shipped weights (by name) or of a user's (by path).

    Args:
        name_or_path: The weights.
        suffix: Of the kind to take where weights ship as several.

    Raises:
        ChromanticError: There are no such weights.
    """
    names = shipped(suffix)
    if str(name_or_path) in names:
        return _SHIPPED / f"{name_or_path}{suffix}"
    path = Path(name_or_path)
    if path.is_file():
        return path
    kinds = TRAINED if suffix == TRAINED else f"{EXPORTED} or {TRAINED}"
    or_name = f" or one of the shipped: {', '.join(names)}" if names else ""
    raise ChromanticError(f"{name_or_path}: no such weights; give a {kinds} file{or_name}")
