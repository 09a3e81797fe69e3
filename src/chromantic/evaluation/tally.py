"""What was measured, photo by photo and over all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

from torch import Tensor

from chromantic.errors import ChromanticError
from chromantic.evaluation.protocol import COLOURFULNESS, RELATIVE_COLOURFULNESS, Resize

Values = dict[str, dict[str, float | int]]
"""Numbers by measure, whose name holds its protocol, and by what was measured."""


@dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Attributes:
        photos: numbers of photos behind the measures.
        measures: by measure and by what was measured: `original`, `grey`, `preview` (the embedding's mean colours),
            `expected` (those as vivid as photographs, the default result), `coherent` (the mean over what `--samples`
            gives), `sample` (that over the generator's samples), `chosen_of_N` (of every photo's N of those the one
            nearest to the expected colours), `best_of_N` and `best_of_N_coherent` (those nearest to the truth, for who
            knows it), `between_samples`, `floor`, `embedding`, `generator`, `segmentation`; of pictures that come from
            elsewhere, `result`.
        class_iou: intersection over union of the classes that occur, in the segmentation of the grey photos.
        class_iou_after: the same in a segmenter's segmentation of pictures, by what was segmented.
        class_rmse: `CLASS_RMSE` by class: the number of `photos` that have it, and the means over them by what was
            measured.
        each: the measures of every colourful photo, by its name; colourfulness is not relative there.
    """

    photos: dict[str, int]
    measures: Values
    class_iou: dict[str, float]
    class_iou_after: Values = field(default_factory=dict)
    class_rmse: Values = field(default_factory=dict)
    each: list[tuple[str, Values]] = field(default_factory=list, repr=False)

    def under(self, resize: Resize) -> "Evaluation":
        """The same with the rule by which photos were resized in every measure's name."""

        def named(values: Values) -> Values:
            return {measure.replace("squash128", resize): numbers for measure, numbers in values.items()}

        each = [(photo, named(values)) for photo, values in self.each]
        return replace(self, measures=named(self.measures), each=each)


class Tally:
    """Gathers one number per photo under a measure and what was measured."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, Values]] = []
        self._here: list[Values] = []

    def begin(self, names: Sequence[str]) -> None:
        """The photos of which `add` gives the values from now on."""
        self._here = [{} for _ in names]
        self.rows.extend(zip(names, self._here, strict=True))

    def add(self, measure: str, **values: Tensor) -> None:
        """Values [batch ...] of every photo, of which the mean counts."""
        for what, value in values.items():
            means = value.flatten(1).double().mean(dim=1) if value.ndim > 1 else value
            for row, number in zip(self._here, means.tolist(), strict=True):
                row.setdefault(measure, {})[what] = number

    def means(self) -> Values:
        """The mean over photos, colourfulness relative to the originals'.

        Raises:
            ChromanticError: there is no photo.
        """
        if not self.rows:
            raise ChromanticError("none of the photos has colours to measure; name a collection of colour photos")
        values = [row for _, row in self.rows]
        means = {
            measure: {what: fmean(row[measure][what] for row in values) for what in whats}
            for measure, whats in values[0].items()
        }
        colours = means.pop(COLOURFULNESS)
        original = colours.pop("original")
        means[RELATIVE_COLOURFULNESS] = {what: mean / original for what, mean in colours.items()}
        return means
