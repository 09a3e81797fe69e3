"""Figure 13: where colours go wrong, class by class."""

from collections import defaultdict
from dataclasses import dataclass
from statistics import fmean

import numpy as np
import torch
from jaxtyping import UInt8

from chromantic.evaluation.measures.chroma_error import CLASS_RMSE, MIN_CELLS, rmse_inside_classes
from chromantic.evaluation.text_table import TextTable
from chromantic.evaluation.truth import read_colourful
from chromantic.model import pretrained
from chromantic.paper.pictures import write_sheet
from chromantic.paper.sections import Section
from chromantic.paper.setting import Setting
from chromantic.reference.sampling import sample_chroma
from chromantic.sampling.noise import random

_COLUMNS = 7


@dataclass(frozen=True)
class _Case:
    """A class in a photo, and one sample of the photo beside the original, in sRGB."""

    error: float
    name: str
    original: UInt8[np.ndarray, "128 128 3"]
    sample: UInt8[np.ndarray, "128 128 3"]


def reproduce(setting: Setting) -> Section:
    """Finds, for every class, the photo whose sample errs most inside the class's pixels."""
    errors, worst = _measure(setting)
    order = sorted(errors, key=lambda name: -fmean(errors[name]))
    rows = [
        (name, str(len(errors[name])), f"{fmean(errors[name]):.1f}", f"{worst[name].error:.1f}", worst[name].name)
        for name in order
    ]
    pictures = {}
    for first in range(0, len(order), _COLUMNS):
        shown = order[first : first + _COLUMNS]
        path = setting.output / f"fig13-{first // _COLUMNS + 1}.png"
        write_sheet({name: [[worst[name].original, worst[name].sample]] for name in shown}, path)
        pictures[f"The worst photo of each class, original above sample: {', '.join(shown)} (Figure 13)"] = path
    return Section(
        title="Failures, by class (Figure 13)",
        protocol=f"`{CLASS_RMSE}` of one sample of every colourful photo of VOC2012 val, seed {setting.seed}: the root "
        "mean square error of a and b over a class's cells in a photo, where there are at least "
        f"{MIN_CELLS} of 1,024. The classes with the largest mean come first.",
        findings=[
            TextTable(("class", "photos", "mean error", "worst", "photo"), rows),
            "The paper shows pictures of food, tiny objects and artificial objects. A large error need not be a "
            "failure: a red car may be painted blue.",
        ],
        pictures=pictures,
    )


@torch.inference_mode()
def _measure(setting: Setting) -> tuple[dict[str, list[float]], dict[str, _Case]]:
    """The error of every photo that a class is in, and the worst case, by class."""
    model = pretrained.load(setting.weights)
    rng = random(setting.seed)
    errors: dict[str, list[float]] = defaultdict(list)
    worst: dict[str, _Case] = {}
    for truth in read_colourful(setting.validation):
        chroma, _ = sample_chroma(model, model.encode(truth.lightness), rng=rng)
        pictures = [rgb.byte().movedim(1, -1).numpy() for rgb in (truth.rgb, truth.draw(chroma))]
        for photo, label, error in rmse_inside_classes(chroma, truth.chroma, truth.labels):
            example = truth.examples[photo]
            name = example.class_names[label]
            errors[name].append(error)
            if name not in worst or error > worst[name].error:
                worst[name] = _Case(error, example.photo.stem, *(each[photo].copy() for each in pictures))
    return errors, worst
