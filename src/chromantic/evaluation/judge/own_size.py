"""What a segmenter of colour photos sees in what a user gets: pictures at their photos' own size and aspect.

Protocol `own_size`: the segmenter gets each picture as it would be saved, 8-bit sRGB; its logits are enlarged
bilinearly to the photo's size, and all labelled pixels count. Beside every mIoU stands the share of the gap between
grey and original photos that is won back. Its interval holds 95 % of 1,000 draws of as many photos (bootstrap).
Near-grey photos are left out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
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
from chromantic.data.example import Example
from chromantic.data.images import as_picture, read_labels, read_rgb
from chromantic.data.labels import check_labels
from chromantic.data.shrink import shows_colours
from chromantic.data.verdicts import Segmenter
from chromantic.errors import ChromanticError
from chromantic.evaluation.judge.gap import GREY, ORIGINAL, as_numbers, judged_photos, shares_won_back
from chromantic.evaluation.measurement import Values
from chromantic.evaluation.measures.miou import confusion, mean_iou
from chromantic.evaluation.results import match_results
from chromantic.progress import track

_RESAMPLED = 1000
_INTERVAL = {"low95": 0.025, "high95": 0.975}

RgbArray = UInt8[np.ndarray, "height width 3"]
Way = Callable[[Example], RgbArray]
"""A way of colorizing: the 8-bit sRGB picture of a photo, of its size."""


@dataclass(frozen=True)
class Judgement:
    """What a segmenter sees.

    Attributes:
        photos: How many were judged.
        measures: By measure and way: the mIoU, the share of the gap, and the ends of its interval. The shares are
            left out where the segmenter sees no more in the originals than in their grey.
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
        self._segmenter = segmenter
        self._confusions: dict[str, list[Tensor]] = {}

    def add(self, example: Example, pictures: Mapping[str, RgbArray]) -> None:
        """Segments pictures of one labelled photo, the original and its grey among them.

        Raises:
            ChromanticError: The labels cannot be read, or a picture has another size than they.
        """
        assert example.labels is not None
        labels = torch.from_numpy(read_labels(example.labels)).long()
        for way, picture in pictures.items():
            if picture.shape[:2] != labels.shape:
                raise ChromanticError(
                    f"{example.name}: its {way} is {picture.shape[1]} x {picture.shape[0]}, unlike the photo; "
                    "give a picture of the photo's size"
                )
            rgb = torch.from_numpy(picture.copy()).movedim(-1, 0)[None].float() / 255
            logits = F.interpolate(self._segmenter(rgb).float().cpu(), labels.shape, mode="bilinear")
            self._confusions.setdefault(way, []).append(confusion(logits, labels[None]))

    def measures(self, seed: int = 0) -> Values:
        """The mIoU by way, and each way's share of the gap with its interval."""
        protocol = f"@own_size_{self._segmenter.name}"
        confusions = {way: torch.stack(each) for way, each in self._confusions.items()}
        mious = {way: mean_iou(each.sum(dim=0)) for way, each in confusions.items()}
        values: Values = {f"miou_after_colorization{protocol}": as_numbers(mious)}
        if mious[ORIGINAL] <= mious[GREY]:
            return values
        counts = _resampled(len(confusions[ORIGINAL]), seed)
        drawn = {way: mean_iou(torch.einsum("dp,pij->dij", counts, each.double())) for way, each in confusions.items()}
        shares = shares_won_back(drawn)
        values[f"share_of_miou_gap_won_back{protocol}"] = as_numbers(shares_won_back(mious))
        for end, quantile in _INTERVAL.items():
            ends = {way: share.nanquantile(quantile) for way, share in shares.items()}
            values[f"share_of_miou_gap_won_back_{end}{protocol}"] = as_numbers(ends)
        return values


def _resampled(photos: int, seed: int) -> Float[Tensor, "draws photos"]:
    """How often each photo is in each draw of the bootstrap."""
    drawn = torch.randint(photos, (_RESAMPLED, photos), generator=torch.Generator().manual_seed(seed))
    return torch.stack([torch.bincount(draw, minlength=photos) for draw in drawn]).double()


def judge_ways(examples: Sequence[Example], segmenter: Segmenter, ways: Mapping[str, Way]) -> Judgement:
    """Judges ways of colorizing, beside the originals and their grey.

    Args:
        examples: Photos, of which the labelled ones with colours count.
        segmenter: Of colour photos.
        ways: Ways of colorizing, by name.

    Raises:
        ChromanticError: No photo is labelled and colourful, the segmenter's classes are others, or a file is broken.
    """
    labelled = judged_photos(segmenter, examples)
    check_labels(labelled)
    judge, photos = OwnSizeJudge(segmenter), 0
    for example, originals in _colourful(labelled):
        judge.add(example, {**originals, **{name: way(example) for name, way in ways.items()}})
        photos += 1
    if not photos:
        raise ChromanticError(f"{labelled[0].name}: no labelled photo has colours; name a collection of colour photos")
    return Judgement(photos, judge.measures())


def _colourful(examples: Sequence[Example]) -> Iterator[tuple[Example, dict[str, RgbArray]]]:
    """The photos that have colours, each with its original and its grey picture, with a progress bar."""
    for example in track(examples, "Judging"):
        rgb = read_rgb(example.photo)
        if shows_colours(example, lab.rgb_to_lab(rgb.numpy())[1:]):
            grey = torch.from_numpy(lab.lightness_to_grey(lab.rgb_to_lightness(rgb.numpy()))).expand(3, -1, -1)
            yield example, {ORIGINAL: as_picture(rgb), GREY: as_picture(grey)}


def users_ways(colorizer: Colorizer, seed: int = 0) -> dict[str, Way]:
    """What users get: the default result, and a sample."""

    def picture(example: Example, samples: int | None = None) -> RgbArray:
        drawn = colorizer.colorize(example.photo, samples=samples, seed=seed if samples else None)
        return np.asarray(drawn.images[0])[..., :3]

    return {"result": picture, "sample": lambda example: picture(example, 1)}


def results_way(folder: Path, examples: Sequence[Example]) -> Way:
    """Another system's pictures of these photos, of their size.

    Raises:
        ChromanticError: The folder or a picture is missing, or a picture is unreadable or of another size.
    """
    files = match_results(folder, examples)
    return lambda example: as_picture(read_rgb(files[example]))
