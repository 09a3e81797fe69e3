"""Where networks compute."""

from typing import TYPE_CHECKING, Literal, get_args

from chromantic.errors import ChromanticError

if TYPE_CHECKING:
    import torch

DeviceName = Literal["cpu", "cuda", "auto"]
"""`auto` takes a GPU where there is one."""


def choose_device(name: DeviceName) -> "torch.device":
    """The device of a name.

    Raises:
        ChromanticError: There is no such device.
    """
    if name not in get_args(DeviceName):
        raise ChromanticError(f"device {name}: give cpu, cuda or auto")
    import torch  # here: the command line names devices without it

    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise ChromanticError("device cuda: torch finds no GPU here; give cpu, or install torch for CUDA")
    return torch.device("cuda" if available and name != "cpu" else "cpu")
