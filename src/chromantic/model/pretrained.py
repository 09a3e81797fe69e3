"""Checkpoint files: safetensors with the network's config and where it comes from inside, loaded strictly."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from textwrap import shorten
from typing import TypeVar

import torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from chromantic import weights_files
from chromantic.errors import ChromanticError
from chromantic.files import sha256, write_whole
from chromantic.model.config import NetworkConfig
from chromantic.model.network import Chromantic

METADATA_KEY = "chromantic"
"""One JSON value, `{"network": config, "about": ...}`: several keys would be written in no fixed order."""
NETWORK_KEY = "network"

Module = TypeVar("Module", bound=nn.Module)


def resolve(name_or_path: str | Path) -> Path:
    """The file of shipped weights (by name) or of a user's (by path).

    Raises:
        ChromanticError: There is neither.
    """
    return weights_files.resolve(name_or_path, weights_files.TRAINED)


def save(network: Chromantic, path: Path, about: Mapping[str, object]) -> None:
    """Writes weights as float16, with the network's config and `about` (JSON values) inside, whole or not at all.

    Raises:
        ChromanticError: A weight is not finite, or too large for float16, or the file cannot be written.
    """
    save_module(network, path, NETWORK_KEY, network.config, about)


def save_module(module: nn.Module, path: Path, key: str, config: NetworkConfig, about: Mapping[str, object]) -> None:
    """`save` for another network, whose config stands under another key."""
    tensors = {name: tensor.detach().cpu().contiguous().half() for name, tensor in module.state_dict().items()}
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise ChromanticError(f"{path}: not written, {name} is not finite in float16; train with a lower rate")
    metadata = {METADATA_KEY: json.dumps({key: asdict(config), "about": dict(about)}, sort_keys=True)}
    with write_whole(path) as partial:
        save_file(tensors, partial, metadata)


def load(name_or_path: str | Path = "default") -> Chromantic:
    """A network in evaluation mode, float32, from shipped weights (by name) or a user's file.

    Raises:
        ChromanticError: There is no such file, or it is not a whole Chromantic checkpoint. It is no safetensors file,
            its config is missing or unknown, its tensors are not those of its network, or a value is not finite.
    """
    return load_module(name_or_path, NETWORK_KEY, Chromantic)


def load_module(name_or_path: str | Path, key: str, build: Callable[[NetworkConfig], Module]) -> Module:
    """`load` for what `save_module` wrote."""
    path = resolve(name_or_path)
    metadata, tensors = _read(path)
    if key not in metadata and (others := set(metadata) - {"about"}):
        raise ChromanticError(f"{path}: holds a {min(others)}, not a {key}; give another file")
    try:
        config = TypeAdapter(NetworkConfig).validate_python(metadata[key])
        with torch.device("meta"):  # no memory before the shapes are known to be the file's
            module = build(config)
        module.load_state_dict(tensors, strict=True, assign=True)
    except (ValidationError, KeyError) as error:
        raise ChromanticError(
            f"{path}: was saved for another version of Chromantic; its config is not known"
        ) from error
    except (ArithmeticError, ValueError, RuntimeError) as error:
        reason = shorten(str(error).splitlines()[-1], 120)
        raise ChromanticError(f"{path}: its weights do not fit its network ({reason}); fetch it again") from error
    if not all(tensor.isfinite().all() for tensor in tensors.values()):
        raise ChromanticError(f"{path}: holds weights that are not finite; train them anew")
    return module.eval().requires_grad_(False)


def about(name_or_path: str | Path) -> dict[str, object]:
    """What was saved beside the weights: where they come from.

    Raises:
        ChromanticError: There is no such file, or it is not a Chromantic checkpoint.
    """
    path = resolve(name_or_path)
    about = _read(path)[0].get("about")
    if not isinstance(about, dict):
        raise ChromanticError(f"{path}: does not say where it comes from; give weights saved by `chromantic train`")
    return about


def _read(path: Path) -> tuple[dict[str, object], dict[str, Tensor]]:
    """The metadata and, as float32, the tensors of a checkpoint file."""
    if path.suffix == weights_files.EXPORTED:
        raise ChromanticError(f"{path}: exported weights only colorize; give the .safetensors file they come from")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = json.loads((file.metadata() or {}).get(METADATA_KEY, "null"))
            tensors = {_today(name): file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    except OSError as error:
        raise ChromanticError(f"{path}: cannot be read ({error.strerror or error})") from error
    except SafetensorError as error:
        raise ChromanticError(f"{path}: is not a safetensors file, or damaged ({error})") from error
    except ValueError as error:
        raise ChromanticError(f"{path}: damaged, what it says of its network is not JSON; fetch it again") from error
    if not isinstance(metadata, dict):
        raise ChromanticError(f"{path}: holds no Chromantic network; give weights saved by `chromantic train`")
    return metadata, tensors


def _today(name: str) -> str:
    """What a tensor is called today: weights from before there were trunks have Table 1's shared rows as `bottom`."""
    return name.replace("bottom.", "trunk.rows.", 1) if name.startswith("bottom.") else name


def fingerprint(name_or_path: str | Path) -> str:
    """The first 12 hexadecimal digits of the file's SHA-256: which weights made a result."""
    return sha256(resolve(name_or_path))[:12]
