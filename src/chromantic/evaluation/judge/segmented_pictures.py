"""What one fixed segmenter makes of pictures: the paper's measure of meaningful colours (Figure 8, Table 3).

Beside the mIoU stands a distance of FID's kind: between the pictures' and the originals' mean logits, a vector of as
many numbers as there are classes. So few are known from some hundred photos, unlike Inception's 2,048, and any
segmenter gives them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from chromantic.data.example import Example
from chromantic.data.labels import class_names_of
from chromantic.data.verdicts import Segmenter
from chromantic.errors import ChromanticError
from chromantic.evaluation.measures.frechet import frechet_distance
from chromantic.evaluation.measures.miou import MeanIou
from chromantic.evaluation.protocol import Truth
from chromantic.evaluation.tally import Values

_ORIGINAL, _GREY = "original", "grey"


class SegmentedPictures:
    """Gathers mIoU and features of originals and of what a colorizer makes of them, over the labelled colourful photos.

    Logits are brought to the labels' 32 x 32 (bilinearly, if the segmenter's are of another size).
    """

    def __init__(self, segmenter: Segmenter, examples: Sequence[Example]) -> None:
        """Takes the segmenter, and the photos that will be measured.

        Raises:
            ChromanticError: the photos' classes are not the segmenter's, or none of them is labelled.
        """
        labelled = [example for example in examples if example.labels is not None]
        if not labelled:
            raise ChromanticError(f"{segmenter.name}: no photo has labels to compare with; leave out the segmenter")
        if class_names_of(labelled) != segmenter.classes:
            raise ChromanticError(
                f"{labelled[0].name}: its labels are of {len(labelled[0].class_names)} classes that are not the "
                f"{len(segmenter.classes)} of {segmenter.name}; give a segmenter of the photos' classes"
            )
        self.segmenter = segmenter
        self.measure = f"miou_after_colorization@squash128_labels32_{segmenter.name}"
        self.share = f"share_of_miou_gap_won_back@squash128_labels32_{segmenter.name}"
        self.distance = f"frechet_distance_of_mean_logits@squash128_{segmenter.name}"
        self._ious: dict[str, MeanIou] = {}
        self._features: dict[str, list[Tensor]] = defaultdict(list)

    def add(self, truth: Truth, pictures: Mapping[str, Float[Tensor, "pictures 3 128 128"]]) -> None:
        """Segments the photos and pictures of them.

        Args:
            truth: the photos.
            pictures: sRGB in 0..255, by what they are, `grey` among them: one of every photo, or several, all photos'
                first ones before all second ones.
        """
        with_labels = [i for i, example in enumerate(truth.examples) if example.labels is not None]
        if not with_labels:
            return
        labels = truth.labels[with_labels]
        for what, all_pictures in {_ORIGINAL: truth.rgb, **pictures}.items():
            iou = self._ious.setdefault(what, MeanIou(self.segmenter.classes))
            for rgb in all_pictures.split(len(truth.rgb)):
                logits = self.segmenter(rgb[with_labels] / 255).float().cpu()
                self._features[what].append(logits.mean(dim=(2, 3)))
                if logits.shape[2:] != labels.shape[1:]:
                    logits = F.interpolate(logits, labels.shape[1:], mode="bilinear")
                iou.update(logits, labels)

    def measures(self) -> Values:
        """The mIoU by what was segmented, each way's share of the gap from grey to original, and distances.

        Empty where no photo is labelled; without the share where the original is segmented no better than the grey one;
        without distances where there is one photo only.
        """
        if not self._ious:
            return {}
        mious = {what: iou.compute()[0] for what, iou in self._ious.items()}
        values = {self.measure: mious}
        gap = mious[_ORIGINAL] - mious[_GREY]
        if gap > 0:
            ways = {what: miou for what, miou in mious.items() if what not in (_ORIGINAL, _GREY)}
            values[self.share] = {what: (miou - mious[_GREY]) / gap for what, miou in ways.items()}
        features = {what: torch.cat(batches) for what, batches in self._features.items()}
        original = features.pop(_ORIGINAL)
        if len(original) > 1:
            values[self.distance] = {what: frechet_distance(each, original) for what, each in features.items()}
        return values

    def by_class(self) -> Values:
        """Intersection over union by what was segmented and by class; empty where no photo is labelled."""
        return {what: iou.compute()[1] for what, iou in self._ious.items()}
