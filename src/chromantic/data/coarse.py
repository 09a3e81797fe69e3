"""What a background label says where stuff has classes of its own.

VOC calls all stuff background. So a background label says "none of VOC's objects", and nothing of which stuff: that is
how losses and measures take it.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from chromantic.data.classes import CLASS_NAMES


def coarse(class_names: tuple[str, ...]) -> Bool[Tensor, "classes"]:
    """The classes that a background label may stand for; none where classes are not VOC's."""
    if class_names[: len(CLASS_NAMES)] != CLASS_NAMES:
        return torch.zeros(len(class_names), dtype=torch.bool)
    return torch.tensor([name not in CLASS_NAMES[1:] for name in class_names])


def voc_logits(
    class_logits: Float[Tensor, "batch classes *size"], class_names: tuple[str, ...]
) -> Float[Tensor, "batch voc *size"]:
    """VOC's classes from VOC's and stuff's, background and all stuff joined; other classes as they are."""
    background = coarse(class_names).to(class_logits.device)
    if not background.any():
        return class_logits
    merged = class_logits[:, background].logsumexp(dim=1, keepdim=True)
    return torch.cat([merged, class_logits[:, ~background]], dim=1)
