"""Every measure of a network on one set of photos, under the protocol of `chromantic.evaluation.protocol`."""

from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter
from textwrap import shorten

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.data.classes import CLASS_NAMES
from chromantic.data.coarse import coarse, voc_logits
from chromantic.data.example import Example
from chromantic.data.labels import check_labels, class_names_of
from chromantic.data.verdicts import Segmenter
from chromantic.errors import ChromanticError
from chromantic.evaluation.colorized import Colorized, NetworkOutput
from chromantic.evaluation.gallery import Gallery
from chromantic.evaluation.measurement import Evaluation, Measurement
from chromantic.evaluation.measures.miou import MIOU, confusion, ious_by_class, mean_iou
from chromantic.evaluation.truth import Resize, Truth, read_in_batches
from chromantic.model import mixture
from chromantic.model.network import Chromantic, Scene
from chromantic.reference.network import understandings
from chromantic.reference.sampling import sample_chroma
from chromantic.sampling.choice import choose_samples
from chromantic.sampling.coherent import sample_coherently
from chromantic.sampling.noise import random
from chromantic.understanding import GAIN


@torch.inference_mode()
def evaluate(
    model: Chromantic,
    examples: Sequence[Example],
    *,
    floor: Float[Tensor, "levels levels"] | None = None,
    samples: int = 8,
    seed: int = 0,
    segmenter: Segmenter | None = None,
    gallery: Gallery | None = None,
    resize: Resize = "squash128",
) -> Evaluation:
    """Measures a network.

    Args:
        model: In evaluation mode, on the device that shall do the work.
        examples: Photos that the network was not trained on.
        floor: `fit_floor` of the training photos; without it there is no floor among the measures.
        samples: Samples of every photo, at least 1; with 1 there is no measure between samples.
        seed: Of the samples.
        segmenter: Of the colorized pictures; without it there is no mIoU after colorization.
        gallery: Gets the pictures, where they are to be shown.
        resize: How photos become 128 x 128 pixels.

    Raises:
        ChromanticError: No photo has colours, or a file is missing or unreadable. The network's or the segmenter's
            classes are not those of the photos' labels.
    """
    check_classes(model, examples)
    device = next(model.parameters()).device
    rng = random(seed)
    measurement = Measurement(examples, segmenter, gallery)
    seen: list[Tensor] = []
    for truth in read_in_batches(examples, resize):
        scene = model.encode(truth.lightness.to(device))
        if truth.labelled and scene.class_logits is not None:
            logits = voc_logits(scene.class_logits[truth.labelled], model.config.classes)
            seen.append(confusion(logits.cpu(), truth.labels[truth.labelled]))
        if truth.in_colour:
            colourful = truth.part(truth.in_colour), scene.map(itemgetter(truth.in_colour))
            measurement.add(_colorize(model, *colourful, samples, rng, floor))

    evaluation = measurement.evaluation()
    if seen:
        total = torch.stack(seen).sum(dim=0)
        evaluation = replace(
            evaluation,
            measures=evaluation.measures | {MIOU: {"segmentation": mean_iou(total).item()}},
            class_iou=ious_by_class(total, measured_classes(model)),
        )
    return evaluation.under(resize)


def check_classes(model: Chromantic, examples: Sequence[Example]) -> None:
    """Checks, before any long work, that a network can be measured on photos.

    Raises:
        ChromanticError: Their labels are of other classes than the network's, no classes, unreadable or of another
            size than their photos.
    """
    labelled = [example for example in examples if example.labels]
    if model.segmentation and labelled and class_names_of(labelled) != measured_classes(model):
        theirs, ours = (shorten(", ".join(names), 60) for names in (labelled[0].class_names, model.config.classes))
        raise ChromanticError(
            f"{labelled[0].name}: its labels are of the classes {theirs}, the weights' are {ours}; "
            "give weights trained on the photos' classes"
        )
    check_labels(labelled)


def measured_classes(model: Chromantic) -> tuple[str, ...]:
    """The classes that a network's segmentation is measured by: VOC's, stuff counted as background, or its own."""
    classes = model.config.classes
    return CLASS_NAMES if coarse(classes).any() else classes


def _colorize(
    model: Chromantic,
    truth: Truth,
    scene: Scene,
    samples: int,
    rng: np.random.Generator,
    floor: Float[Tensor, "levels levels"] | None,
) -> Colorized:
    """Photos in every way: grey, mean and expected colours, coherent and pixel-wise samples, and one chosen of them."""
    preview = mixture.mean(scene.chroma_parameters).cpu()
    expected = GAIN * preview
    drawn, _ = sample_chroma(model, scene, samples=samples, rng=rng)
    of_photos = drawn.cpu().unflatten(0, (-1, samples))  # photos samples 2 32 32
    coherent = [
        torch.from_numpy(sample_coherently(seen, samples=samples, rng=rng)) for seen in understandings(model, scene)
    ]
    chroma = {
        "grey": torch.zeros_like(preview)[None],
        "preview": preview[None],
        "expected": expected[None],
        "coherent": torch.stack(coherent, dim=1),
        "sample": of_photos.movedim(1, 0),
    }
    if samples > 1:
        chosen = torch.from_numpy(choose_samples(of_photos.numpy(), expected.numpy()))
        chroma[f"chosen_of_{samples}"] = of_photos[torch.arange(len(chosen)), chosen][None]
    pictures = {way: torch.stack([truth.draw(each) for each in several]) for way, several in chroma.items()}
    return Colorized(truth, pictures, NetworkOutput(model, scene, chroma, floor))
