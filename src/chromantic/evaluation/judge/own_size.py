"""What a segmenter of colour photos sees in what a user gets: pictures at their photos' own size and aspect.

Protocol `own_size`: the segmenter gets each picture as it would be saved, 8-bit sRGB; its logits are enlarged
bilinearly to the photo's size, and all labelled pixels count. Beside every mIoU stands the share of the gap from the
grey to the original photos that a way of colorizing wins back, with the interval that holds 95 % of 1,000 draws of as
many photos (bootstrap). Near-grey photos are left out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from rich.table import Table
from torch import Tensor

from chromantic.colorizer import Colorizer
from chromantic.colour import lab
from chromantic.data.collections.voc import VOID
from chromantic.data.example import Example
from chromantic.data.images import read_labels, read_rgb
from chromantic.data.labels import check_labels, class_names_of
from chromantic.data.verdicts import Segmenter
from chromantic.errors import ChromanticError
from chromantic.evaluation.results import match_results
from chromantic.evaluation.tally import Values
from chromantic.progress import track

ORIGINAL, GREY = "original", "grey"
_RESAMPLED = 1000
_INTERVAL = (0.025, 0.975)

Picture = UInt8[np.ndarray, "height width 3"]


@dataclass(frozen=True)
class Judgement:
    """What a segmenter sees.

    Attributes:
        photos: That were judged.
        measures: By measure and way: the mIoU, the share of the gap, and the ends of its interval.
    """

    photos: int
    measures: Values

    def table(self) -> Table:
        """One row a way, for a terminal."""
        table = Table("way", *(measure.partition("@")[0] for measure in self.measures))
        for way in next(iter(self.measures.values())):
            table.add_row(way, *(f"{values[way]:.3f}" if way in values else "" for values in self.measures.values()))
        protocol = next(iter(self.measures)).partition("@")[2]
        table.caption = f"{self.photos} labelled colourful photos, @{protocol}"
        return table


class OwnSizeJudge:
    """Gathers a confusion matrix for every photo and way."""

    def __init__(self, segmenter: Segmenter) -> None:
        self.segmenter = segmenter
        self._confusions: dict[str, list[Tensor]] = {}

    def add(self, example: Example, pictures: Mapping[str, Picture]) -> None:
        """Segments pictures of one labelled photo, of its size.

        Raises:
            ChromanticError: the labels cannot be read, or a picture has another size than they.
        """
        assert example.labels is not None
        labels = torch.from_numpy(read_labels(example.labels)).long()
        known = labels != VOID
        classes = len(self.segmenter.classes)
        for what, picture in pictures.items():
            if picture.shape[:2] != labels.shape:
                raise ChromanticError(
                    f"{example.name}: its {what} is {picture.shape[1]} x {picture.shape[0]}, unlike the photo"
                )
            rgb = torch.from_numpy(picture.copy()).movedim(-1, 0)[None].float() / 255
            logits = F.interpolate(self.segmenter(rgb).float().cpu(), labels.shape, mode="bilinear")
            seen = logits[0].argmax(dim=0)
            pairs = torch.bincount(labels[known] * classes + seen[known], minlength=classes**2)
            self._confusions.setdefault(what, []).append(pairs.view(classes, classes))

    def measures(self, seed: int = 0) -> Values:
        """The mIoU by way, and each way's share of the gap with its interval."""
        confusions = {what: torch.stack(each).double() for what, each in self._confusions.items()}
        photos = len(confusions[ORIGINAL])
        whole = {what: float(_mean_iou(each.sum(dim=0))) for what, each in confusions.items()}
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.randint(photos, (_RESAMPLED, photos), generator=generator)
        weights = torch.zeros(_RESAMPLED, photos, dtype=torch.float64).scatter_add_(
            1, drawn, torch.ones(drawn.shape, dtype=torch.float64)
        )
        resampled = {what: _mean_iou(torch.einsum("rp,pij->rij", weights, each)) for what, each in confusions.items()}
        protocol = f"@own_size_{self.segmenter.name}"
        ways = [what for what in whole if what not in (ORIGINAL, GREY)]
        gap = resampled[ORIGINAL] - resampled[GREY]
        shares = {way: (resampled[way] - resampled[GREY]) / gap for way in ways}
        whole_gap = whole[ORIGINAL] - whole[GREY]
        return {
            f"miou_after_colorization{protocol}": whole,
            f"share_of_miou_gap_won_back{protocol}": {way: (whole[way] - whole[GREY]) / whole_gap for way in ways},
            **{
                f"share_of_miou_gap_won_back_{bound}{protocol}": {
                    way: float(share.quantile(quantile)) for way, share in shares.items()
                }
                for bound, quantile in zip(("low95", "high95"), _INTERVAL, strict=True)
            },
        }


def _mean_iou(confusion: Float[Tensor, "*many classes classes"]) -> Float[Tensor, "*many"]:
    """The mean over the classes that occur, in labels or in what was seen."""
    agreed = confusion.diagonal(dim1=-2, dim2=-1)
    either = confusion.sum(dim=-1) + confusion.sum(dim=-2) - agreed
    return torch.where(either > 0, agreed / either.clamp(min=1), torch.nan).nanmean(dim=-1)


def judge_ways(
    examples: Sequence[Example], segmenter: Segmenter, ways: Mapping[str, Callable[[Example], Picture]]
) -> Judgement:
    """Judges ways of colorizing, beside the originals and their grey.

    Args:
        examples: photos, of which the labelled ones with colours count.
        segmenter: of colour photos.
        ways: by name, what makes the 8-bit sRGB picture of a photo.

    Raises:
        ChromanticError: no photo is labelled and colourful, the segmenter's classes are others, or a file is broken.
    """
    labelled = [example for example in examples if example.labels is not None]
    if not labelled:
        raise ChromanticError(f"{segmenter.name}: no photo has labels to compare with; name a labelled collection")
    if class_names_of(labelled) != segmenter.classes:
        raise ChromanticError(f"{segmenter.name}: its classes are not those of {labelled[0].name}; give another")
    check_labels(labelled)
    judge, photos = OwnSizeJudge(segmenter), 0
    for example in track(labelled, "Judging"):
        rgb = read_rgb(example.photo)
        chroma = lab.rgb_to_lab(rgb.numpy())[1:]
        if example.near_grey or np.hypot(*chroma).mean() < lab.NEAR_GREY_CHROMA:
            continue
        photos += 1
        grey = torch.from_numpy(lab.lightness_to_grey(lab.rgb_to_lightness(rgb.numpy()))).expand(3, -1, -1)
        pictures = {ORIGINAL: _to_picture(rgb), GREY: _to_picture(grey)}
        judge.add(example, pictures | {name: way(example) for name, way in ways.items()})
    if not photos:
        raise ChromanticError(f"{labelled[0].name}: no labelled photo has colours; name a collection of colour photos")
    return Judgement(photos, judge.measures())


def users_ways(colorizer: Colorizer, seed: int = 0) -> dict[str, Callable[[Example], Picture]]:
    """What users get: the default result, and one of `--samples`."""

    def picture(example: Example, samples: int | None = None) -> Picture:
        drawn = colorizer.colorize(example.photo, samples=samples, seed=seed if samples else None)
        return np.asarray(drawn.images[0])[..., :3]

    return {"result": picture, "sample": lambda example: picture(example, 1)}


def results_way(folder: Path, examples: Sequence[Example]) -> Callable[[Example], Picture]:
    """Another system's pictures of these photos, of their size.

    Raises:
        ChromanticError: the folder or a picture is missing, or a picture is unreadable or of another size.
    """
    files = match_results(folder, examples)
    return lambda example: _to_picture(read_rgb(files[example]))


def _to_picture(rgb: Float[Tensor, "3 height width"]) -> Picture:
    return (rgb.clamp(0, 1) * 255).round().byte().movedim(0, -1).numpy()
