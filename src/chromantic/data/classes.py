"""The classes that photos are labelled with: PASCAL VOC's, or those and the stuff around VOC's objects.

VOC calls all stuff background. Where the classes name stuff, too, a background label still says "none of VOC's
objects", and nothing of which stuff: that is how losses and measures take it (`coarse`, `voc_logits`).
"""

import tomllib
from importlib import resources

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from chromantic.data.collections.voc import CLASS_NAMES

BACKGROUND = 0
"""The label of what is none of VOC's objects."""
_STUFF: dict[str, list[str]] = tomllib.loads(resources.files(__package__).joinpath("stuff.toml").read_text())
STUFF_NAMES = tuple(_STUFF)
VOC_AND_STUFF = (*CLASS_NAMES, *STUFF_NAMES)


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


def stuff_class(name: str) -> int | None:
    """The class, by its number among VOC's and stuff's, of what a segmenter calls `name`; None if that is no stuff."""
    for stuff, names in _STUFF.items():
        if name in names:
            return VOC_AND_STUFF.index(stuff)
    return None
