"""From weights, or somebody's results, and photos to an evaluation that people and programs can read."""

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from rich.table import Table
from torch import Tensor

from chromantic import __version__
from chromantic.data.cache import load_cache
from chromantic.data.example import Example
from chromantic.data.verdicts import Segmenter
from chromantic.errors import ChromanticError
from chromantic.evaluation.evaluate import evaluate
from chromantic.evaluation.gallery import Gallery
from chromantic.evaluation.measures.floor import fit_floor
from chromantic.evaluation.protocol import Resize
from chromantic.evaluation.results import evaluate_folder, fingerprint_of, match_results
from chromantic.evaluation.tally import Evaluation
from chromantic.files import write_whole
from chromantic.model import pretrained

_COLUMNS = {
    "original": ("original",),
    "grey, or floor": ("grey", "floor"),
    "embedding, one pass": ("preview", "embedding", "segmentation"),
    "expected colours": ("expected",),
    "coherent, one sample": ("coherent",),
    "generator, one sample": ("sample", "generator"),
    "between samples": ("between_samples",),
    "result": ("result",),
}
_INFINITE = "a null among the measures is infinite: the PSNR of pictures that equal their photos"


@dataclass(frozen=True)
class Report:
    """An evaluation, and of what on which photos.

    Attributes:
        version: of Chromantic.
        system: name or file of the weights, or folder of the results.
        sha256: first digits of the hash of the weights' file, or of all results.
        collections: numbers of photos by collection.
        samples: samples of every photo, at temperature 1; None of results.
        seed: of the samples; None of results.
        evaluation: what was measured.
        gallery: the pictures, if they were kept.
    """

    version: str
    system: str
    sha256: str
    collections: dict[str, int]
    samples: int | None
    seed: int | None
    evaluation: Evaluation
    gallery: Gallery | None = field(default=None, repr=False)

    @property
    def title(self) -> str:
        """What was measured on which photos."""
        return f"{self.system} ({self.sha256}) on {', '.join(self.collections)}"

    @property
    def caption(self) -> str:
        """The numbers of photos and samples."""
        photos = self.evaluation.photos
        drawn = "" if self.samples is None else f"; {self.samples} samples, seed {self.seed}"
        return (
            f"{photos['colourful']} colourful photos, {photos['all'] - photos['colourful']} near-grey ones left out of "
            f"colour measures; {photos['labelled']} labelled{drawn}"
        )

    def table(self) -> Table:
        """The measures for a terminal."""
        table = Table(title=self.title, caption=self.caption)
        columns = _COLUMNS | {f"{way} of {self.samples}": (f"{way}_of_{self.samples}",) for way in ("chosen", "best")}
        columns |= {f"best of {self.samples} coherent": (f"best_of_{self.samples}_coherent",)}
        measures = self.evaluation.measures
        present = {what for values in measures.values() for what in values}
        columns = {column: whats for column, whats in columns.items() if present.intersection(whats)}
        table.add_column("measure")
        for column in columns:
            table.add_column(column, justify="right")
        for measure, values in measures.items():
            cells = ([f"{values[what]:.3f}" for what in whats if what in values] for whats in columns.values())
            table.add_row(measure, *("".join(cell) for cell in cells))
        return table

    def write(self, path: Path) -> None:
        """Writes all means as JSON, whole or not at all; what is infinite, which JSON cannot say, as null with a note.

        Raises:
            ChromanticError: the file cannot be written.
        """
        values = {name: value for name, value in vars(self).items() if name != "gallery"}
        values["evaluation"] = asdict(self.evaluation)
        del values["evaluation"]["each"]
        finite = _finite(values)
        if finite != values:
            finite["note"] = _INFINITE
        with write_whole(path) as partial:
            partial.write_text(json.dumps(finite, indent=2, allow_nan=False) + "\n")

    def write_csv(self, path: Path) -> None:
        """Writes one row a colourful photo, one column a measure of what, whole or not at all.

        Raises:
            ChromanticError: the file cannot be written.
        """
        rows = [
            {"photo": name}
            | {f"{measure} {what}": value for measure, of in values.items() for what, value in of.items()}
            for name, values in self.evaluation.each
        ]
        with write_whole(path) as partial, partial.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    def write_html(self, path: Path) -> None:
        """Writes a page with the measures and the best, typical and worst pictures, whole or not at all.

        Raises:
            ChromanticError: the file cannot be written.
        """
        if self.gallery is None:
            raise ValueError("the pictures were not kept")
        self.gallery.write(path, self.title, self.caption, self.evaluation)


def evaluate_weights(
    weights: str,
    collections: Mapping[str, Sequence[Example]],
    *,
    train: Path | None = None,
    samples: int = 8,
    seed: int = 0,
    limit: int | None = None,
    segmenter: Segmenter | None = None,
    keep_pictures: bool = False,
    resize: Resize = "squash128",
) -> Report:
    """Measures weights: the same values for the same arguments. A GPU does the work where there is one.

    Args:
        weights: name of shipped weights, or a file.
        collections: photos to measure on, by the collection's name.
        train: cache of the training photos, for the floor.
        samples: samples of every photo, at least 1.
        seed: of the samples.
        limit: measure the first so many photos of every collection only.
        segmenter: of the colorized pictures; without it there is no mIoU after colorization.
        keep_pictures: for `Report.write_html`.
        resize: how photos become 128 x 128 pixels; it stands in every measure's name.

    Raises:
        ChromanticError: weights, cache or a photo cannot be used, there is no colourful photo, or an argument is out
            of range.
    """
    if samples < 1:
        raise ChromanticError(f"samples {samples}: give at least 1")
    chosen = _limited(collections, limit)
    network = pretrained.load(weights).to("cuda" if torch.cuda.is_available() else "cpu")
    gallery = Gallery() if keep_pictures else None
    evaluation = evaluate(
        network,
        _photos(chosen),
        floor=None if train is None else _floor_of(train),
        samples=samples,
        seed=seed,
        segmenter=segmenter,
        gallery=gallery,
        resize=resize,
    )
    counts = {name: len(examples) for name, examples in chosen.items()}
    return Report(__version__, weights, pretrained.fingerprint(weights), counts, samples, seed, evaluation, gallery)


def evaluate_results(
    folder: Path,
    collections: Mapping[str, Sequence[Example]],
    *,
    limit: int | None = None,
    segmenter: Segmenter | None = None,
    keep_pictures: bool = False,
    resize: Resize = "squash128",
) -> Report:
    """Measures somebody's pictures of the photos, under the names that weights are measured under.

    Args:
        folder: the pictures, as `match_results` reads them.
        collections: the photos, by the collection's name.
        limit: measure the first so many photos of every collection only.
        segmenter: of the pictures; without it there is no mIoU after colorization.
        keep_pictures: for `Report.write_html`.
        resize: how photos become 128 x 128 pixels; it stands in every measure's name.

    Raises:
        ChromanticError: the pictures are not those of the photos, a file cannot be used, there is no colourful photo,
            or an argument is out of range.
    """
    chosen = _limited(collections, limit)
    files = match_results(folder, _photos(collections), _photos(chosen))
    gallery = Gallery() if keep_pictures else None
    evaluation = evaluate_folder(files, segmenter=segmenter, gallery=gallery, resize=resize)
    counts = {name: len(examples) for name, examples in chosen.items()}
    return Report(__version__, str(folder), fingerprint_of(files), counts, None, None, evaluation, gallery)


def _limited(collections: Mapping[str, Sequence[Example]], limit: int | None) -> dict[str, Sequence[Example]]:
    if limit is not None and limit < 1:
        raise ChromanticError(f"limit {limit}: give at least 1")
    return {name: examples[:limit] for name, examples in collections.items()}


def _photos(collections: Mapping[str, Sequence[Example]]) -> list[Example]:
    return [example for examples in collections.values() for example in examples]


def _finite(value: Any) -> Any:
    """The same JSON value without infinities."""
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    return None if value == math.inf else value


def _floor_of(path: Path) -> Float[Tensor, "levels levels"]:
    cache = load_cache(path)
    return fit_floor(cache.chroma[:, cache.colourful.repeat_interleave(cache.grids.prod(dim=1))].float())
