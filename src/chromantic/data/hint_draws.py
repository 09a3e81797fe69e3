"""Draws what a user might tell the network of a photo's colours: points, strokes and whole regions of the truth."""

import torch
from jaxtyping import Bool, Int64
from torch import Tensor

from chromantic.data.batches import generator_of
from chromantic.data.cache import Batch
from chromantic.data.classes import VOID
from chromantic.model.hints import Hints

MOST_HINTS = 100
"""Points that are drawn at most, and cells that strokes and regions are made of at most in each."""
_LONGEST_STROKE = 0.5  # of the grid's side
_STROKE_STEPS = 24


def draw_hints(batch: Batch, probability: float, *, seed: int, step: int, first: int = 0) -> Hints:
    """Hints of the batch's true chroma, from 1 to 100 in a share of the photos: few as often as many.

    A third of those photos get points, a third strokes, and a third whole regions: of one label where there is one,
    else rectangles.

    Args:
        batch: Photos, as they are trained on.
        probability: Of a photo getting any.
        seed: Of the training.
        step: Of the training.
        first: The place of the batch's first photo among those of all processes.
    """
    known = [
        _draw_known(labels, probability, generator_of(seed, step, first + place))
        for place, labels in enumerate(batch.labels.cpu())
    ]
    return Hints(batch.chroma, torch.stack(known).to(batch.chroma.device))


def _draw_known(
    labels: Int64[Tensor, "rows columns"], probability: float, generator: torch.Generator
) -> Bool[Tensor, "rows columns"]:
    hinted, kind, log_count = torch.rand(3, generator=generator).tolist()
    count = int(MOST_HINTS**log_count)
    if hinted >= probability:
        return torch.zeros(labels.shape, dtype=torch.bool)
    rows, columns = labels.shape
    if kind < 1 / 3:
        return _points(count, rows, columns, generator)
    if kind < 2 / 3:
        return _strokes(1 + count // 10, rows, columns, generator)
    return _regions(1 + count // 30, labels, generator)


def _points(count: int, rows: int, columns: int, generator: torch.Generator) -> Bool[Tensor, "rows columns"]:
    places = torch.randperm(rows * columns, generator=generator)[:count]
    known = torch.zeros(rows * columns, dtype=torch.bool)
    known[places] = True
    return known.view(rows, columns)


def _strokes(count: int, rows: int, columns: int, generator: torch.Generator) -> Bool[Tensor, "rows columns"]:
    """Straight lines of any direction, up to half a side long."""
    size = torch.tensor([rows, columns])
    starts = torch.rand(count, 1, 2, generator=generator) * size
    reach = (torch.rand(count, 1, 2, generator=generator) - 0.5) * 2 * _LONGEST_STROKE * size
    along = torch.linspace(0, 1, _STROKE_STEPS)[None, :, None]
    cells = (starts + along * reach).long().view(-1, 2)
    inside = ((cells >= 0) & (cells < size)).all(dim=1)
    known = torch.zeros(rows, columns, dtype=torch.bool)
    known[tuple(cells[inside].T)] = True
    return known


def _regions(
    count: int, labels: Int64[Tensor, "rows columns"], generator: torch.Generator
) -> Bool[Tensor, "rows columns"]:
    known = torch.zeros(labels.shape, dtype=torch.bool)
    for row, column, height, width in torch.rand(count, 4, generator=generator).tolist():
        top, left = int(row * labels.shape[0]), int(column * labels.shape[1])
        if (label := labels[top, left]) != VOID:
            known |= labels == label
        else:
            bottom, right = top + 1 + int(height * labels.shape[0] / 2), left + 1 + int(width * labels.shape[1] / 2)
            known[top:bottom, left:right] = True
    return known
