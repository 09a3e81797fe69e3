"""What one fixed segmenter makes of pictures at 128 x 128 (Figure 8, Table 3).

Beside the mIoU stands a distance of FID's kind: between the pictures' and the originals' mean logits, a vector of as
many numbers as there are classes. So few are known from some hundred photos, unlike Inception's 2,048, and any
segmenter gives them.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from chromantic.data.example import Example
from chromantic.data.verdicts import Segmenter
from chromantic.evaluation.colorized import Colorized
from chromantic.evaluation.judge.gap import GREY, ORIGINAL, as_numbers, judged_photos, shares_won_back
from chromantic.evaluation.measures.frechet import frechet_distance
from chromantic.evaluation.measures.miou import confusion, ious_by_class, mean_iou

_UNJUDGED = "coherent"  # as many samples again; `chromantic judge` judges one of them


class MeasureNames(NamedTuple):
    """Names of what a segmenter measures: its own is part of them, since values of two segmenters do not compare."""

    miou: str
    share: str
    distance: str

    @classmethod
    def of(cls, segmenter: Segmenter) -> "MeasureNames":
        return cls(
            f"miou_after_colorization@squash128_labels32_{segmenter.name}",
            f"share_of_miou_gap_won_back@squash128_labels32_{segmenter.name}",
            f"frechet_distance_of_mean_logits@squash128_{segmenter.name}",
        )


class SegmentedPictures:
    """Gathers what a segmenter sees in originals and in pictures of them, over the labelled colourful photos.

    Logits are brought to the labels' 32 x 32 (bilinearly, if the segmenter's are of another size).
    """

    def __init__(self, segmenter: Segmenter, examples: Sequence[Example]) -> None:
        """Takes the segmenter, and the photos that will be measured.

        Raises:
            ChromanticError: The photos' classes are not the segmenter's, or none of them is labelled.
        """
        judged_photos(segmenter, examples)
        self._segmenter = segmenter
        self._confusions: dict[str, Tensor] = {}
        self._features: dict[str, list[Tensor]] = defaultdict(list)

    def add(self, colorized: Colorized) -> None:
        """Segments the labelled photos and pictures of them."""
        truth = colorized.truth.part(colorized.truth.labelled)
        if not truth.examples:
            return
        for way, pictures in {ORIGINAL: colorized.truth.rgb[None], **colorized.pictures}.items():
            if way == _UNJUDGED:
                continue
            for rgb in pictures:
                logits = self._segmenter(rgb[colorized.truth.labelled] / 255).float().cpu()
                self._features[way].append(logits.mean(dim=(2, 3)))
                seen = confusion(_at_size_of(truth.labels, logits), truth.labels)
                self._confusions[way] = self._confusions.get(way, torch.zeros_like(seen)) + seen

    def measures(self) -> dict[str, dict[str, float]]:
        """The mIoU by way, each way's share of the gap from grey to original, and distances.

        Empty where no photo is labelled; without the share where the original is segmented no better than the grey one;
        without distances where there is one photo only.
        """
        if not self._confusions:
            return {}
        names = MeasureNames.of(self._segmenter)
        mious = {way: mean_iou(seen) for way, seen in self._confusions.items()}
        values = {names.miou: as_numbers(mious)}
        if mious[ORIGINAL] > mious[GREY]:
            values[names.share] = as_numbers(shares_won_back(mious))
        features = {way: torch.cat(batches) for way, batches in self._features.items()}
        original = features.pop(ORIGINAL)
        if len(original) > 1:
            values[names.distance] = {way: frechet_distance(each, original) for way, each in features.items()}
        return values

    def by_class(self) -> dict[str, dict[str, float]]:
        """Intersection over union by way and by class that occurs; empty where no photo is labelled."""
        return {way: ious_by_class(seen, self._segmenter.classes) for way, seen in self._confusions.items()}


def _at_size_of(labels: Tensor, logits: Tensor) -> Float[Tensor, "batch classes h w"]:
    size = labels.shape[1:]
    return logits if logits.shape[2:] == size else F.interpolate(logits, size, mode="bilinear")
