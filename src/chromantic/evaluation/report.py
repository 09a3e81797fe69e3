"""Reports of what was measured, for people and programs: a table, JSON, CSV and a page."""

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.table import Table

from chromantic import __version__
from chromantic.data.cache import load_cache
from chromantic.data.example import Example
from chromantic.data.verdicts import Segmenter
from chromantic.errors import ChromanticError
from chromantic.evaluation.evaluate import evaluate
from chromantic.evaluation.gallery import Gallery
from chromantic.evaluation.hinted import evaluate_hints, figures_by_count
from chromantic.evaluation.measurement import Evaluation
from chromantic.evaluation.measures.chroma_error import RMSE
from chromantic.evaluation.measures.floor import fit_floor
from chromantic.evaluation.results import evaluate_folder, fingerprint_of, match_results
from chromantic.evaluation.text_table import TextTable
from chromantic.evaluation.truth import Resize
from chromantic.files import write_whole
from chromantic.html_pages import templates
from chromantic.model import pretrained
from chromantic.reference.device import choose_device

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
_PAGES = templates("chromantic.evaluation")
_INFINITE = "a null among the measures is infinite: the PSNR of pictures that equal their photos"


@dataclass(frozen=True)
class Report:
    """An evaluation, and what was measured on which photos.

    Attributes:
        version: Of Chromantic.
        system: Name or file of the weights, or folder of the results.
        sha256: First digits of the hash of the weights' file, or of all results.
        collections: Numbers of photos by collection.
        samples: Samples of every photo, at temperature 1; None where nothing was drawn.
        seed: Of the samples or the hints' places; None of results.
        evaluation: What was measured.
        gallery: The pictures, where they were kept.
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

    def figures(self) -> TextTable:
        """The measures, one a row; columns without a number are left out."""
        if by_count := figures_by_count(self.evaluation.measures):
            return by_count
        columns = _COLUMNS | {
            f"chosen of {self.samples}": (f"chosen_of_{self.samples}",),
            f"best of {self.samples}": (f"best_of_{self.samples}",),
            f"best of {self.samples} coherent": (f"best_of_{self.samples}_coherent",),
        }
        measures = self.evaluation.measures
        present = {what for values in measures.values() for what in values}
        columns = {column: whats for column, whats in columns.items() if present.intersection(whats)}
        rows = []
        for measure, values in measures.items():
            cells = ([f"{values[what]:.3f}" for what in whats if what in values] for whats in columns.values())
            rows.append([measure, *("".join(cell) for cell in cells)])
        return TextTable(["measure", *columns], rows)

    def table(self) -> Table:
        """The measures for a terminal."""
        return self.figures().terminal(self.title, self.caption)

    def write(self, path: Path) -> None:
        """Writes all means as JSON, whole or not at all; an infinite one becomes null, with a note.

        Raises:
            ChromanticError: The file cannot be written.
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
            ChromanticError: The file cannot be written.
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
            ChromanticError: The file cannot be written.
        """
        if self.gallery is None:
            raise ValueError("the pictures were not kept")
        kind = RMSE.partition("@")[0]
        page = _PAGES.get_template("gallery.html.jinja").render(
            title=self.title,
            caption=self.caption,
            measures=self.figures(),
            measure=next(name for name in self.evaluation.measures if name.partition("@")[0] == kind),
            ranks=self.gallery.ranks(),
            by_class=self.gallery.by_class(),
            class_ious=self._class_ious(),
        )
        with write_whole(path) as partial:
            partial.write_text(page)

    def _class_ious(self) -> TextTable:
        evaluation = self.evaluation
        columns = {"by the model, from grey": evaluation.class_iou} if evaluation.class_iou else {}
        columns |= {f"by the segmenter, {way}": ious for way, ious in evaluation.class_iou_after.items()}
        names = dict.fromkeys(name for ious in columns.values() for name in ious)
        rows = [[name, *(f"{ious[name]:.3f}" if name in ious else "" for ious in columns.values())] for name in names]
        return TextTable(["class", *(column.replace("_", " ") for column in columns)], rows)


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
        weights: Name of shipped weights, or a file.
        collections: Photos to measure on, by the collection's name.
        train: Cache of the training photos, for the floor.
        samples: Samples of every photo, at least 1.
        seed: Of the samples.
        limit: Measure so many photos of every collection, its first ones; None measures all.
        segmenter: Of the colorized pictures; without it there is no mIoU after colorization.
        keep_pictures: Keep the pictures for `Report.write_html`.
        resize: How photos become 128 x 128 pixels; it stands in every measure's name.

    Raises:
        ChromanticError: Weights, cache or a photo cannot be used, there is no colourful photo, or an argument is out
            of range.
    """
    if samples < 1:
        raise ChromanticError(f"samples {samples}: give at least 1")
    chosen = _limited(collections, limit)
    network = pretrained.load(weights).to(choose_device("auto"))
    gallery = Gallery() if keep_pictures else None
    evaluation = evaluate(
        network,
        _photos(chosen),
        floor=None if train is None else fit_floor(load_cache(train).colourful_chroma),
        samples=samples,
        seed=seed,
        segmenter=segmenter,
        gallery=gallery,
        resize=resize,
    )
    return _report_of(weights, chosen, samples, seed, evaluation, gallery)


def evaluate_weights_hinted(
    weights: str,
    collections: Mapping[str, Sequence[Example]],
    *,
    seed: int = 0,
    limit: int | None = None,
    resize: Resize = "squash128",
) -> Report:
    """Measures what known colours buy, as `evaluate_hints` does. A GPU does the work where there is one.

    Args:
        weights: Name of shipped weights, or a file, such as `default`.
        collections: Photos to measure on, by the collection's name.
        seed: Of the hints' places.
        limit: Measure so many photos of every collection, its first ones; None measures all.
        resize: How photos become 128 x 128 pixels; it stands in every measure's name.

    Raises:
        ChromanticError: Weights or a photo cannot be used, there is no colourful photo, or an argument is out of
            range.
    """
    chosen = _limited(collections, limit)
    network = pretrained.load(weights).to(choose_device("auto"))
    evaluation = evaluate_hints(network, _photos(chosen), seed=seed, resize=resize)
    return _report_of(weights, chosen, None, seed, evaluation)


def _report_of(
    weights: str,
    chosen: Mapping[str, Sequence[Example]],
    samples: int | None,
    seed: int,
    evaluation: Evaluation,
    gallery: Gallery | None = None,
) -> Report:
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
        folder: The pictures, as `match_results` reads them.
        collections: The photos, by the collection's name.
        limit: Measure so many photos of every collection, its first ones; None measures all.
        segmenter: Of the pictures; without it there is no mIoU after colorization.
        keep_pictures: Keep the pictures for `Report.write_html`.
        resize: How photos become 128 x 128 pixels; it stands in every measure's name.

    Raises:
        ChromanticError: The pictures are not those of the photos, or there is no colourful photo. A file cannot be
            used, or an argument is out of range.
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
