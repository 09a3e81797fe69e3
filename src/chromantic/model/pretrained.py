"""Checkpoint files: safetensors with the network's config and where it comes from inside, loaded strictly."""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from chromantic.errors import ChromanticError
from chromantic.model.config import NetworkConfig
from chromantic.model.network import Chromantic

METADATA_KEY = "chromantic"
"""One JSON value, `{"network": config, "about": ...}`: several keys would be written in no fixed order."""

_SHIPPED = Path(__file__).parents[1] / "weights"


def shipped() -> list[str]:
    """Names of the weights that come with the package."""
    return sorted(path.stem for path in _SHIPPED.glob("*.safetensors"))


def resolve(name_or_path: str | Path) -> Path:
    """The file of shipped weights (by name) or of a user's (by path).

    Raises:
        ChromanticError: There is neither.
    """
    if str(name_or_path) in shipped():
        return _SHIPPED / f"{name_or_path}.safetensors"
    path = Path(name_or_path)
    if path.is_file():
        return path
    raise ChromanticError(
        f"{name_or_path}: no such weights; give a .safetensors file or one of the shipped: {', '.join(shipped())}"
    )


def save(network: Chromantic, path: Path, about: Mapping[str, object]) -> None:
    """Write weights as float16, with the network's config and `about` (JSON values) inside, whole or not at all."""
    tensors = {name: tensor.detach().cpu().contiguous().half() for name, tensor in network.state_dict().items()}
    metadata = {METADATA_KEY: json.dumps({"network": asdict(network.config), "about": dict(about)}, sort_keys=True)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".partial", delete=False) as partial:
        try:
            save_file(tensors, partial.name, metadata)
            os.chmod(partial.name, 0o644)
            os.replace(partial.name, path)
        except BaseException:
            Path(partial.name).unlink(missing_ok=True)
            raise


def load(name_or_path: str | Path = "default") -> Chromantic:
    """A network in evaluation mode, float32, from shipped weights (by name) or a user's file.

    Raises:
        ChromanticError: There is no such file, or it is not a whole Chromantic checkpoint: no safetensors file,
            no config inside, or tensors that the config does not have, or of other shapes.
    """
    path = resolve(name_or_path)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = (file.metadata() or {}).get(METADATA_KEY)
            if metadata is None:
                raise ChromanticError(f"{path}: holds no Chromantic network; give weights saved by `chromantic train`")
            config = TypeAdapter(NetworkConfig).validate_python(json.loads(metadata)["network"])
            network = Chromantic(config)
            network.load_state_dict({name: file.get_tensor(name) for name in file.keys()}, strict=True)  # noqa: SIM118
    except SafetensorError as error:
        raise ChromanticError(f"{path}: is not a safetensors file, or damaged ({error})") from error
    except (ValidationError, KeyError) as error:
        raise ChromanticError(
            f"{path}: was saved for another version of Chromantic; its config is not known"
        ) from error
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise ChromanticError(f"{path}: its weights do not fit its network ({reason})") from error
    return network.eval().requires_grad_(False)


def about(name_or_path: str | Path) -> dict[str, object]:
    """What was saved beside the weights: data, photos seen, measures."""
    with safe_open(resolve(name_or_path), framework="pt") as file:
        return json.loads(file.metadata()[METADATA_KEY])["about"]


def fingerprint(name_or_path: str | Path) -> str:
    """The first 12 hexadecimal digits of the file's SHA-256: which weights made a result."""
    with resolve(name_or_path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]
