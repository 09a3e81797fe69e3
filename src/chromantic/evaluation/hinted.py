"""What known colours buy: errors by how many points of a photo are known, and by what is made of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from chromantic.data.example import Example
from chromantic.evaluation.colorized import Colorized
from chromantic.evaluation.diffusion import diffuse
from chromantic.evaluation.measurement import Evaluation, Measurement
from chromantic.evaluation.text_table import TextTable
from chromantic.evaluation.truth import Resize, Truth, read_colourful
from chromantic.grid import CELL
from chromantic.guidance.carrying import Carrier
from chromantic.guidance.known import KnownCells
from chromantic.guidance.suggestions import suggest
from chromantic.model import mixture
from chromantic.model.hints import Hints
from chromantic.model.network import Chromantic
from chromantic.reference.network import understandings
from chromantic.understanding import Understanding

COUNTS = (0, 1, 2, 5, 10, 20, 50, 100)
"""Points that are known, of the 1,024 of the 32 x 32 grid."""
WAYS = ("carried", "told", "diffused")
"""Carried along what the network sees, as `colorize` does; told to the network; diffused along the lightness."""
SUGGESTED = "true_colour_suggested"
"""Share of points that nothing is said of at which one of the suggestions is within `SUGGESTED_WITHIN` of the truth."""
SUGGESTED_WITHIN = 10.0
_ASKED = 4  # points of each photo
_FINER = 2  # pixels of the diffusion along a cell


@torch.inference_mode()
def evaluate_hints(
    model: Chromantic, examples: Sequence[Example], *, seed: int = 0, resize: Resize = "squash128"
) -> Evaluation:
    """Measures results without hints and with more and more of them, at random places.

    Args:
        model: A network in evaluation mode, on the device that shall do the work.
        examples: Photos that the network was not trained on.
        seed: Of the places. Those of few points are among those of more.
        resize: How photos become 128 x 128 pixels.

    Returns:
        Measures of `carried_0`, `carried_1` and so on, by `WAYS` and the number of points: of the expected colours, of
        the mean colours of a network that is told (if it takes hints), and of colours that come from the hints alone.

    Raises:
        ChromanticError: No photo has colours, or a file is missing or unreadable.
    """
    generator = torch.Generator().manual_seed(seed)
    measurement = Measurement(examples, None, None)
    device = next(model.parameters()).device
    found: dict[str, list[bool]] = {f"carried_{count}": [] for count in COUNTS}
    for truth in read_colourful(examples, resize):
        order = torch.rand(len(truth.chroma), truth.chroma[0, 0].numel(), generator=generator).argsort(dim=1)
        understood = understandings(model, model.encode(truth.lightness.to(device)))
        pictures = {}
        for count in COUNTS:
            known = _first(count, order).view(-1, *truth.chroma.shape[2:])
            carriers = [_carrier(*each) for each in zip(understood, truth.chroma, known, strict=True)]
            for way, chroma in _chroma(model, truth, known, understood, carriers).items():
                pictures[f"{way}_{count}"] = truth.draw(chroma)[None]
            asked = order[:, max(COUNTS) : max(COUNTS) + _ASKED]
            found[f"carried_{count}"] += _found(truth, understood, carriers, asked)
        measurement.add(Colorized(truth, pictures))
    evaluation = measurement.evaluation()
    suggested = {what: float(np.mean(each)) for what, each in found.items()}
    return replace(evaluation, measures=evaluation.measures | {SUGGESTED: suggested}).under(resize)


def figures_by_count(measures: Mapping[str, Mapping[str, float]]) -> TextTable | None:
    """A table of what `evaluate_hints` measured, with a column for each number of points; None of other measures."""
    rows = []
    for measure, values in measures.items():
        for way in WAYS:
            cells = [f"{values[what]:.3f}" if (what := f"{way}_{count}") in values else "" for count in COUNTS]
            if any(cells):
                rows.append([measure, way, *cells])
    return TextTable(["measure", "points", *map(str, COUNTS)], rows) if rows else None


def _first(count: int, order: Tensor) -> Bool[Tensor, "photos cells"]:
    """Where the first places of each photo's order are."""
    return torch.zeros(order.shape, dtype=torch.bool).scatter(1, order[:, :count], True)


def _carrier(
    understanding: Understanding, chroma: Float[Tensor, "2 h w"], known: Bool[Tensor, "h w"]
) -> Carrier | None:
    if not known.any():
        return None
    return Carrier(understanding, KnownCells.sure(chroma.numpy(), known.numpy()))


def _chroma(
    model: Chromantic,
    truth: Truth,
    known: Bool[Tensor, "photos h w"],
    understood: Sequence[Understanding],
    carriers: Sequence[Carrier | None],
) -> dict[str, Float[Tensor, "photos 2 h w"]]:
    """Colours of all photos, by way."""
    chroma = {"carried": torch.from_numpy(np.stack(list(_carried(understood, carriers))))}
    device = next(model.parameters()).device
    if model.hints is not None:
        hints = Hints(truth.chroma.to(device), known.to(device)) if known.any() else None
        chroma["told"] = mixture.mean(model.encode(truth.lightness.to(device), hints).chroma_parameters).cpu()
    lightness = F.avg_pool2d(truth.lightness, CELL // _FINER)[:, 0]
    parts = (part.numpy() for part in (lightness, _finer(truth.chroma), _finer(known)))
    diffused = [diffuse(*photo) for photo in zip(*parts, strict=True)]
    chroma["diffused"] = F.avg_pool2d(torch.from_numpy(np.stack(diffused)), _FINER)
    return chroma


def _finer(cells: Tensor) -> Tensor:
    return cells.repeat_interleave(_FINER, -2).repeat_interleave(_FINER, -1)


def _carried(understood: Sequence[Understanding], carriers: Sequence[Carrier | None]) -> Iterator[np.ndarray]:
    for understanding, carrier in zip(understood, carriers, strict=True):
        expected = understanding.expected_chroma
        yield carrier.carry(expected[None])[0] if carrier else expected


def _found(
    truth: Truth, understood: Sequence[Understanding], carriers: Sequence[Carrier | None], asked: Tensor
) -> Iterator[bool]:
    """Whether the true colours of some cells are among those suggested there."""
    columns = truth.chroma.shape[3]
    for understanding, carrier, chroma, places in zip(understood, carriers, truth.chroma.numpy(), asked, strict=True):
        for place in places.tolist():
            cell = divmod(place, columns)
            lightness = float(understanding.cell_lightness[cell])
            suggestions = suggest(understanding, cell, lightness, carrier)
            colours = np.array([suggestion.chroma for suggestion in suggestions])
            yield bool(np.hypot(*(colours - chroma[:, *cell]).T).min() <= SUGGESTED_WITHIN)
