"""The measures of pictures that come from elsewhere: a folder of somebody's results, or anything callable."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from chromantic.colour.lab import to_levels
from chromantic.data.example import Example
from chromantic.data.images import read_rgb
from chromantic.data.labels import check_labels
from chromantic.data.shrink import central_square
from chromantic.data.verdicts import Segmenter
from chromantic.errors import ChromanticError
from chromantic.evaluation.colorized import Colorized
from chromantic.evaluation.gallery import Gallery
from chromantic.evaluation.measurement import Evaluation, Measurement
from chromantic.evaluation.truth import Resize, Truth, read_colourful
from chromantic.files import sha256
from chromantic.grid import SHORTER_SIDE
from chromantic.photo import read_photo, results_in
from chromantic.progress import track


@runtime_checkable
class Colorize(Protocol):
    """Anything that colorizes a batch of grey photos."""

    def __call__(self, lightness: Float[Tensor, "batch 1 128 128"]) -> Tensor:
        """Colorizes photos.

        Args:
            lightness: L in [0, 100].

        Returns:
            Chroma (a, b) in CIE units, [batch 2 h w] with h and w of 128 or less; or pictures, sRGB in [0, 1],
            [batch 3 128 128].
        """
        ...


def evaluate_callable(
    colorize: Colorize,
    examples: Sequence[Example],
    *,
    segmenter: Segmenter | None = None,
    gallery: Gallery | None = None,
    resize: Resize = "squash128",
) -> Evaluation:
    """Measures a function that colorizes; likelihood and diversity do not apply.

    Args:
        colorize: The function.
        examples: Photos that it was not trained on.
        segmenter: Of the colorized pictures; without it there is no mIoU after colorization.
        gallery: Gets the pictures, where they are to be shown.
        resize: How photos, and pictures of their size, become 128 x 128 pixels.

    Raises:
        ChromanticError: No photo has colours, a file is missing or unreadable, or a label is no class. The function
            returns neither chroma nor pictures.
    """

    def draw(truth: Truth) -> Tensor:
        colours = colorize(truth.lightness).detach().float().cpu()
        batch, size = len(truth.rgb), truth.rgb.shape[2:]
        if not colours.isfinite().all():
            raise ChromanticError(f"{colorize}: returned values that are not finite; return numbers")
        if colours.shape == truth.rgb.shape:
            return to_levels(colours)
        if colours.ndim == 4 and colours.shape[:2] == (batch, 2) and max(colours.shape[2:]) <= size[0]:
            return truth.draw(colours)
        raise ChromanticError(
            f"{colorize}: returned shape {tuple(colours.shape)}; return chroma {batch} 2 h w or sRGB {batch} 3 128 128"
        )

    return _evaluate(draw, examples, segmenter, gallery, resize)


def evaluate_folder(
    files: Mapping[Example, Path],
    *,
    segmenter: Segmenter | None = None,
    gallery: Gallery | None = None,
    resize: Resize = "squash128",
) -> Evaluation:
    """Measures somebody's pictures as they are, whatever lightness they have.

    Args:
        files: `match_results` of the photos to measure on.
        segmenter: Of the pictures; without it there is no mIoU after colorization.
        gallery: Gets the pictures, where they are to be shown.
        resize: How photos, and pictures of their size, become 128 x 128 pixels.

    Raises:
        ChromanticError: No photo has colours, a file is missing or unreadable, or a label is no class.
    """

    def read(truth: Truth) -> Tensor:
        crop = resize == "crop128"
        return torch.stack([_squash(read_rgb(files[example]), crop) for example in truth.examples])

    return _evaluate(read, list(files), segmenter, gallery, resize)


def match_results(
    folder: Path, examples: Sequence[Example], limit: Sequence[Example] | None = None
) -> dict[Example, Path]:
    """The result of every photo; reads each, so that a wrong one is found before anything is measured.

    Args:
        folder: Pictures named like the photos (NAME.png, NAME.color.png, NAME.jpg ...), of the photo's own size or
            squashed to 128 x 128.
        examples: All photos that the folder may have pictures of.
        limit: Those of them that will be measured; None measures all.

    Raises:
        ChromanticError: There is no such folder, or two photos or two pictures have one name. A picture is missing,
            has no photo, or is unreadable, transparent or of another size.
    """
    photos: dict[str, Example] = {}
    for example in examples:
        if (other := photos.setdefault(example.photo.stem, example)) is not example:
            raise ChromanticError(
                f"{example.photo}: has the name of {other.photo}, so their results cannot be told apart; "
                "measure one collection at a time"
            )
    files = results_in(folder)
    for name, file in files.items():
        if name not in photos:
            raise ChromanticError(f"{file}: none of the photos has its name; take it away, or name its collection")
    chosen = examples if limit is None else limit
    for example in chosen:
        if example.photo.stem not in files:
            raise ChromanticError(f"{folder}: has no picture of {example.photo}; add {example.photo.stem}.png")
    matched = {example: files[example.photo.stem] for example in chosen}
    for example in track(chosen, "Checking results"):
        _check_result(matched[example], example)
    return matched


def fingerprint_of(files: Mapping[Example, Path]) -> str:
    """The first 12 hexadecimal digits of a SHA-256 over the names of photos and the bytes of their results."""
    digest = hashlib.sha256()
    for example, file in files.items():
        digest.update(example.name.encode() + b"\0" + bytes.fromhex(sha256(file)))
    return digest.hexdigest()[:12]


def _check_result(file: Path, example: Example) -> None:
    result = read_photo(file)
    if result.alpha is not None:
        raise ChromanticError(f"{file}: is transparent; save it without transparency")
    own, squashed = read_photo(example.photo).size, (SHORTER_SIDE, SHORTER_SIDE)
    if result.size not in (own, squashed):
        raise ChromanticError(
            f"{file}: is {result.size[0]} x {result.size[1]}, its photo {own[0]} x {own[1]}; "
            f"give it that size, or {SHORTER_SIDE} x {SHORTER_SIDE}"
        )


def _squash(rgb: Float[Tensor, "3 height width"], crop: bool) -> Float[Tensor, "3 128 128"]:
    """As the photos themselves are resized; sRGB from [0, 1] to whole numbers in 0..255."""
    square = central_square(rgb) if crop else rgb
    squashed = F.interpolate(square[None], (SHORTER_SIDE, SHORTER_SIDE), mode="bilinear", antialias=True)[0]
    return to_levels(squashed)


@torch.inference_mode()
def _evaluate(
    pictures_of: Callable[[Truth], Tensor],
    examples: Sequence[Example],
    segmenter: Segmenter | None,
    gallery: Gallery | None,
    resize: Resize,
) -> Evaluation:
    measurement = Measurement(examples, segmenter, gallery)
    check_labels(examples)
    for truth in read_colourful(examples, resize):
        pictures = {"grey": truth.draw_grey()[None], "result": pictures_of(truth)[None]}
        measurement.add(Colorized(truth, pictures))
    return measurement.evaluation().under(resize)
