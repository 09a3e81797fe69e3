"""What was measured, photo by photo and over all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

from torch import Tensor

from chromantic.data.example import Example
from chromantic.data.verdicts import Segmenter
from chromantic.errors import ChromanticError
from chromantic.evaluation.colorized import Colorized
from chromantic.evaluation.gallery import Gallery
from chromantic.evaluation.judge.segmented_pictures import SegmentedPictures
from chromantic.evaluation.measures.chroma_error import ClassErrors
from chromantic.evaluation.measures.colourfulness import COLOURFULNESS, RELATIVE_COLOURFULNESS
from chromantic.evaluation.protocol import MEASURES
from chromantic.evaluation.truth import Resize

Values = dict[str, dict[str, float | int]]
"""Numbers by measure, whose name holds its protocol, and by what was measured."""


@dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Pictures are measured as `original`, `grey` and, where a network made them,

    - `preview`: the embedding's mean colours,
    - `expected`: those as vivid as photographs, the default result,
    - `coherent`: the mean over samples of `chromantic colorize`,
    - `sample`: the mean over the generator's samples,
    - `chosen_of_N`: of N samples the one nearest to the expected colours,
    - `best_of_N`, `best_of_N_coherent`: of N samples the one nearest to the truth,

    where they come from elsewhere, as `result`. Parts of the network are `embedding`, `generator` and `segmentation`,
    beside the `floor`; how samples differ stands at `between_samples`.

    Attributes:
        photos: Numbers of photos behind the measures.
        measures: By measure and by what was measured, as below.
        class_iou: Intersection over union of the classes that occur, in the segmentation of the grey photos.
        class_iou_after: The same in a segmenter's segmentation of pictures, by what was segmented and by class.
        class_rmse: `CLASS_RMSE` by class: the number of `photos` that have it, and the means over them by what was
            measured.
        each: The measures of every colourful photo, by its name; colourfulness is not relative there.
    """

    photos: dict[str, int]
    measures: Values
    class_iou: dict[str, float] = field(default_factory=dict)
    class_iou_after: dict[str, dict[str, float]] = field(default_factory=dict)
    class_rmse: Values = field(default_factory=dict)
    each: list[tuple[str, Values]] = field(default_factory=list, repr=False)

    def under(self, resize: Resize) -> "Evaluation":
        """The same with the rule by which photos were resized in every measure's name."""

        def named(values: Values) -> Values:
            return {measure.replace("squash128", resize): numbers for measure, numbers in values.items()}

        each = [(photo, named(values)) for photo, values in self.each]
        return replace(self, measures=named(self.measures), each=each)


class Measurement:
    """Gathers everything that is measured of colorized photos, a batch at a time."""

    def __init__(self, examples: Sequence[Example], segmenter: Segmenter | None, gallery: Gallery | None) -> None:
        """Takes all photos that will be measured, what segments the pictures, and what keeps them.

        Raises:
            ChromanticError: The photos' classes are not the segmenter's, or none of them is labelled.
        """
        self._examples = examples
        self._segmented = SegmentedPictures(segmenter, examples) if segmenter else None
        self._gallery = gallery
        self._class_errors = ClassErrors()
        self._rows: list[tuple[str, Values]] = []

    def add(self, colorized: Colorized) -> None:
        """Measures a batch."""
        rows: list[Values] = [{} for _ in colorized.truth.examples]
        for name, measure in MEASURES.items():
            for what, values in measure(colorized).items():
                for row, number in zip(rows, _mean_of_each(values), strict=True):
                    row.setdefault(name, {})[what] = number
        self._rows += zip([example.name for example in colorized.truth.examples], rows, strict=True)
        self._class_errors.add(colorized)
        if self._segmented:
            self._segmented.add(colorized)
        if self._gallery:
            self._gallery.add(colorized)

    def evaluation(self) -> Evaluation:
        """The means over photos, colourfulness relative to the originals'.

        Raises:
            ChromanticError: There is no photo with colours.
        """
        counts = {
            "all": len(self._examples),
            "labelled": sum(example.labels is not None for example in self._examples),
            "colourful": len(self._rows),
        }
        measures, after = self._means(), {}
        if self._segmented:
            measures |= self._segmented.measures()
            after = self._segmented.by_class()
        return Evaluation(counts, measures, {}, after, self._class_errors.means(), self._rows)

    def _means(self) -> Values:
        if not self._rows:
            raise ChromanticError("none of the photos has colours to measure; name a collection of colour photos")
        values = [row for _, row in self._rows]
        means: Values = {
            measure: {what: fmean(row[measure][what] for row in values) for what in whats}
            for measure, whats in values[0].items()
        }
        colours = means.pop(COLOURFULNESS)
        original = colours.pop("original")
        means[RELATIVE_COLOURFULNESS] = {what: mean / original for what, mean in colours.items()}
        return means


def _mean_of_each(values: Tensor) -> list[float]:
    """The mean of each photo's values [photos ...]."""
    means: list[float] = (values.flatten(1).double().mean(dim=1) if values.ndim > 1 else values).tolist()
    return means
