"""Decodes the files of data sets: colour photos and label maps."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from chromantic.colour.lab import to_levels
from chromantic.data.classes import VOID
from chromantic.errors import ChromanticError
from chromantic.photo import read_header, read_photo, read_stored

_CLASSES_OF_VERSION_1_0 = 172  # of COCO-Stuff 10K, "unlabeled" among them; v1.1 has 182 and does not name it


def read_rgb(path: Path) -> Float[Tensor, "3 height width"]:
    """A photo, grey or in colours, upright, as sRGB in [0, 1].

    Raises:
        ChromanticError: The file is missing, broken or no picture.
    """
    photo = read_photo(path)
    return (
        torch.from_numpy(photo.pixels.astype(np.float32) / np.float32(photo.white)).permute(2, 0, 1).expand(3, -1, -1)
    )


def as_picture(rgb: Float[Tensor, "3 height width"]) -> UInt8[np.ndarray, "height width 3"]:
    """A photo as `read_rgb` gives it, in 8 bits."""
    return to_levels(rgb).byte().movedim(0, -1).numpy()


def photo_size(path: Path) -> tuple[int, int]:
    """Width and height of a photo as `read_rgb` gives it, from its head alone.

    Raises:
        ChromanticError: The file is missing, broken or no picture.
    """
    header = read_header(path)
    return header.width, header.height


def read_labels(path: Path) -> UInt8[np.ndarray, "height width"]:
    """A label map: one class index per pixel, from a palette or a grey picture, or from COCO-Stuff 10K's `.mat`.

    Raises:
        ChromanticError: The file is missing, broken or holds colours where indices are expected.
    """
    if path.suffix == ".mat":
        return _read_mat(path)
    mode, labels = read_stored(path)
    if mode not in ("P", "L"):
        raise ChromanticError(f"{path}: a label map is a palette or an 8-bit grey PNG, not {mode}; convert it")
    return labels


def _read_mat(path: Path) -> UInt8[np.ndarray, "height width"]:
    """`S` of a COCO-Stuff 10K file, whose 0 (unlabelled) becomes void and 1, 2, 3 ... become 0, 1, 2 ..."""
    from scipy.io import loadmat  # here, because nothing else needs scipy to prepare or to train

    try:
        content = loadmat(path, variable_names=("S", "names"))
    except Exception as error:  # scipy meets damaged files with exceptions of every kind
        raise ChromanticError(f"{path}: cannot be read as a MATLAB file ({error}); restore the file") from error
    labels = content.get("S")
    if labels is None or labels.ndim != 2 or labels.dtype.kind not in "uif":
        raise ChromanticError(f"{path}: holds no label map S; give COCO-Stuff 10K's annotations")
    if "names" in content and content["names"].size == _CLASSES_OF_VERSION_1_0:
        raise ChromanticError(f"{path}: is of COCO-Stuff 10K v1.0, whose labels are others; give v1.1")
    if not np.array_equal(labels, labels.clip(0, VOID).round()):
        raise ChromanticError(f"{path}: S holds numbers that are no labels; use 1 to {VOID}, or 0 for void")
    return np.where(labels == 0, VOID, labels - 1.0).astype(np.uint8)
