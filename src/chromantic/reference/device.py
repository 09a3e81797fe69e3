"""Where torch computes."""

import torch

from chromantic.devices import DeviceName, check_device
from chromantic.errors import ChromanticError


def choose_device(name: DeviceName) -> torch.device:
    """The device of a name.

    Raises:
        ChromanticError: There is no such device.
    """
    check_device(name)
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise ChromanticError("device cuda: torch finds no GPU here; give cpu, or install torch for CUDA")
    return torch.device("cuda" if available and name != "cpu" else "cpu")
