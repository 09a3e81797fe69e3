"""From weights and photos to an evaluation that people and programs can read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from rich.table import Table
from torch import Tensor

from chromantic import __version__
from chromantic.data.cache import load_cache
from chromantic.data.example import Example
from chromantic.errors import ChromanticError
from chromantic.evaluation.evaluate import Evaluation, evaluate
from chromantic.evaluation.floor import fit_floor
from chromantic.files import write_whole
from chromantic.model import pretrained

_COLUMNS = {
    "grey, or floor": ("grey", "floor"),
    "embedding, one pass": ("preview", "embedding", "segmentation"),
    "generator, one sample": ("sample", "generator"),
    "between samples": ("between_samples",),
}


@dataclass(frozen=True)
class Report:
    """An evaluation, and of which weights on which photos.

    Attributes:
        version: of Chromantic.
        weights: name or file of the weights.
        sha256: first digits of their file's hash.
        collections: numbers of photos by collection.
        samples: samples of every photo, at temperature 1.
        seed: of the samples.
        evaluation: what was measured.
    """

    version: str
    weights: str
    sha256: str
    collections: dict[str, int]
    samples: int
    seed: int
    evaluation: Evaluation

    def table(self) -> Table:
        """The measures for a terminal."""
        photos = self.evaluation.photos
        table = Table(
            title=f"{self.weights} ({self.sha256}) on {', '.join(self.collections)}",
            caption=f"{photos['colourful']} colourful photos, {photos['all'] - photos['colourful']} near-grey ones "
            f"left out of colour measures; {photos['labelled']} labelled; {self.samples} samples, seed {self.seed}",
        )
        columns = _COLUMNS | {
            f"{way} of {self.samples}": (f"{way}_of_{self.samples}",) for way in ("chosen", "best") if self.samples > 1
        }
        table.add_column("measure")
        for column in columns:
            table.add_column(column, justify="right")
        for measure, values in self.evaluation.measures.items():
            cells = ([f"{values[what]:.3f}" for what in whats if what in values] for whats in columns.values())
            table.add_row(measure, *("".join(cell) for cell in cells))
        return table

    def write(self, path: Path) -> None:
        """Writes everything as JSON, whole or not at all.

        Raises:
            ChromanticError: the file cannot be written.
        """
        with write_whole(path) as partial:
            partial.write_text(json.dumps(asdict(self), indent=2) + "\n")


def evaluate_weights(
    weights: str,
    collections: Mapping[str, Sequence[Example]],
    *,
    train: Path | None = None,
    samples: int = 8,
    seed: int = 0,
    limit: int | None = None,
) -> Report:
    """Measures weights: the same values for the same arguments. A GPU does the work where there is one.

    Args:
        weights: name of shipped weights, or a file.
        collections: photos to measure on, by the collection's name.
        train: cache of the training photos, for the floor.
        samples: samples of every photo, at least 1.
        seed: of the samples.
        limit: measure the first so many photos of every collection only.

    Raises:
        ChromanticError: weights, cache or a photo cannot be used, there is no colourful photo, or an argument is out
            of range.
    """
    if samples < 1:
        raise ChromanticError(f"samples {samples}: give at least 1")
    if limit is not None and limit < 1:
        raise ChromanticError(f"limit {limit}: give at least 1")
    chosen = {name: examples[:limit] for name, examples in collections.items()}
    network = pretrained.load(weights).to("cuda" if torch.cuda.is_available() else "cpu")
    evaluation = evaluate(
        network,
        [example for examples in chosen.values() for example in examples],
        floor=None if train is None else _floor_of(train),
        samples=samples,
        seed=seed,
    )
    return Report(
        version=__version__,
        weights=weights,
        sha256=pretrained.fingerprint(weights),
        collections={name: len(examples) for name, examples in chosen.items()},
        samples=samples,
        seed=seed,
        evaluation=evaluation,
    )


def _floor_of(path: Path) -> Float[Tensor, "levels levels"]:
    cache = load_cache(path)
    return fit_floor(cache.chroma[:, cache.colourful.repeat_interleave(cache.grids.prod(dim=1))].float())
