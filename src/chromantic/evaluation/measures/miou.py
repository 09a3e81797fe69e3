"""Mean intersection over union of a segmentation, from its confusion matrix.

Kept by hand because torchmetrics takes one confusion matrix at a time, and a bootstrap has a thousand.
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float, Int64, Num
from torch import Tensor

from chromantic.data.classes import VOID

MIOU = "miou_from_grey@squash128_labels32"


def confusion(
    class_logits: Float[Tensor, "batch classes height width"], labels: Int64[Tensor, "batch height width"]
) -> Int64[Tensor, "classes classes"]:
    """The number of pixels of every label (rows) that were seen as every class; void pixels are left out."""
    classes = class_logits.shape[1]
    known = labels != VOID
    seen = class_logits.argmax(dim=1)
    return torch.bincount(labels[known] * classes + seen[known], minlength=classes**2).view(classes, classes)


def class_ious(confusion: Num[Tensor, "*many classes classes"]) -> Float[Tensor, "*many classes"]:
    """Intersection over union of every class; NaN where it occurs neither in labels nor in what was seen."""
    confusion = confusion.double()
    agreed = confusion.diagonal(dim1=-2, dim2=-1)
    either = confusion.sum(dim=-1) + confusion.sum(dim=-2) - agreed
    return torch.where(either > 0, agreed / either.clamp(min=1), torch.nan)


def mean_iou(confusion: Num[Tensor, "*many classes classes"]) -> Float[Tensor, "*many"]:
    """The mean over the classes that occur, as PASCAL VOC's."""
    return class_ious(confusion).nanmean(dim=-1)


def ious_by_class(confusion: Num[Tensor, "classes classes"], class_names: Sequence[str]) -> dict[str, float]:
    """Intersection over union of the classes that occur, by name."""
    ious = zip(class_names, class_ious(confusion).tolist(), strict=True)
    return {name: iou for name, iou in ious if not math.isnan(iou)}
