"""Where networks compute."""

from typing import Literal, get_args

from chromantic.errors import ChromanticError

DeviceName = Literal["cpu", "cuda", "auto"]
"""`auto` takes a GPU where there is one."""


def check_device(name: DeviceName) -> None:
    """Checks that a device has one of the names.

    Raises:
        ChromanticError: It has none.
    """
    if name not in get_args(DeviceName):
        raise ChromanticError(f"device {name}: give cpu, cuda or auto")
