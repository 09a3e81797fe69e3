"""The file of exported weights: a ZIP archive, so that other programs can take what they need of it.

Its members are not compressed: `network.json`, ONNX graphs (`encoder.onnx`, `entropy.onnx`, `likelihood.onnx`), and the
generator's arrays for the compiled loops (`generator/NAME.npy`). What float16 holds exactly is float16. Nothing is ever
unpickled.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from chromantic.errors import ChromanticError
from chromantic.files import write_whole

FORMAT = 1
ENCODER, ENTROPY, LIKELIHOOD = GRAPHS = ("encoder", "entropy", "likelihood")
_DESCRIPTION = "network.json"
_GENERATOR = "generator/"
_DATE = (1980, 1, 1, 0, 0, 0)  # the same network gives the same file


class Exported(NamedTuple):
    """What a file holds.

    Attributes:
        description: JSON values. `network`: its config; `about`: where it comes from; `source`: SHA-256 of the weights
            that were exported; `parameters`: how many; `opset`; `inputs` and `outputs` of each graph, with their sizes.
        graphs: ONNX, by the names in `GRAPHS`.
        generator: Arrays by name, see `chromantic.sampling.compiled.packed`.
    """

    description: Mapping[str, object]
    graphs: Mapping[str, bytes]
    generator: Mapping[str, np.ndarray]


def is_exported(path: Path) -> bool:
    """Whether a file begins as exported weights do.

    Raises:
        ChromanticError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(2) == b"PK"
    except OSError as error:
        raise ChromanticError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error


def write_exported(path: Path, exported: Exported) -> None:
    """Writes a file, whole or not at all.

    Raises:
        ChromanticError: It cannot be written.
    """
    description = json.dumps({**exported.description, "format": FORMAT}, indent=1, sort_keys=True)
    members = {_DESCRIPTION: description.encode()} | {f"{name}.onnx": exported.graphs[name] for name in GRAPHS}
    for name, array in exported.generator.items():
        content = io.BytesIO()
        half = array.astype(np.float16)
        np.lib.format.write_array(content, half if (half == array).all() else array, allow_pickle=False)
        members[f"{_GENERATOR}{name}.npy"] = content.getvalue()
    with write_whole(path) as partial, zipfile.ZipFile(partial, "w") as archive:
        for name, content_of in members.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), content_of)


def read_exported(path: Path) -> Exported:
    """Reads a file.

    Raises:
        ChromanticError: It is none, damaged, or of another version of Chromantic.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename: archive.read(info) for info in archive.infolist() if _is_plain(info)}
        description = json.loads(members[_DESCRIPTION])
        if description["format"] != FORMAT:
            raise ChromanticError(f"{path}: was exported for another version of Chromantic; export it anew")
        graphs = {name: members[f"{name}.onnx"] for name in GRAPHS}
        generator = {
            name.removeprefix(_GENERATOR).removesuffix(".npy"): np.lib.format.read_array(
                io.BytesIO(content), allow_pickle=False
            )
            for name, content in members.items()
            if name.startswith(_GENERATOR)
        }
    except OSError as error:
        raise ChromanticError(f"{path}: cannot be read ({error.strerror or error}); fetch it again") from error
    except (zipfile.BadZipFile, EOFError, KeyError, TypeError, ValueError) as error:
        raise ChromanticError(f"{path}: no exported weights, or damaged ({error}); fetch it again") from error
    return Exported(description, graphs, generator)


def _is_plain(info: zipfile.ZipInfo) -> bool:
    """Whether a member is as large as it says: none is compressed."""
    return info.compress_type == zipfile.ZIP_STORED and info.file_size == info.compress_size
