"""Every measure of a model on one set of photos, under the protocol of `chromantic.evaluation.protocol`.

What is measured between samples is the mean over all pairs of a photo's samples, and is left out where there is one
sample only.
"""

from collections.abc import Sequence
from operator import itemgetter
from textwrap import shorten

import torch
from jaxtyping import Float
from torch import Tensor

from chromantic.data.classes import coarse, voc_logits
from chromantic.data.collections.voc import CLASS_NAMES
from chromantic.data.example import Example
from chromantic.data.labels import check_labels, class_names_of
from chromantic.data.verdicts import Segmenter
from chromantic.errors import ChromanticError
from chromantic.evaluation.gallery import Gallery
from chromantic.evaluation.judge.segmented_pictures import SegmentedPictures
from chromantic.evaluation.measures.calibration import rank_correlation
from chromantic.evaluation.measures.chroma_error import ClassErrors
from chromantic.evaluation.measures.colourfulness import colourfulness
from chromantic.evaluation.measures.diversity import chroma_distance_between, ms_ssim_between
from chromantic.evaluation.measures.likelihood import true_bits
from chromantic.evaluation.measures.miou import MeanIou
from chromantic.evaluation.protocol import (
    BITS,
    CALIBRATION,
    COLOURFULNESS,
    DISTANCE,
    MIOU,
    MS_SSIM,
    PSNR,
    RMSE,
    SSIM,
    Resize,
    Truth,
    chroma_of,
    read_in_batches,
)
from chromantic.evaluation.tally import Evaluation, Tally, Values
from chromantic.model import mixture
from chromantic.model.entropy import entropy
from chromantic.model.network import Chromantic, Scene
from chromantic.sampling import sample_chroma
from chromantic.sampling.choice import choose_samples, expected_chroma
from chromantic.sampling.coherent import sample_coherently


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
    """Measures a model.

    Args:
        model: in evaluation mode, on the device that shall do the work.
        examples: photos that the model was not trained on.
        floor: `fit_floor` of the training photos; without it there is no floor among the measures.
        samples: samples of every photo, at least 1.
        seed: of the samples.
        segmenter: of the colorized pictures; without it there is no mIoU after colorization.
        gallery: gets the pictures, if they shall be shown.
        resize: how photos become 128 x 128 pixels.

    Raises:
        ChromanticError: no photo has colours, a file is missing or unreadable, or the model's or the segmenter's
            classes are not those of the photos' labels.
    """
    check_classes(model, examples)
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(seed)
    tally = Tally()
    iou = MeanIou(measured_classes(model))
    class_errors = ClassErrors()
    segmented = SegmentedPictures(segmenter, examples) if segmenter else None
    for truth in read_in_batches(examples, resize):
        scene = model.encode(truth.lightness.to(device))
        with_labels = [i for i, example in enumerate(truth.examples) if example.labels is not None]
        if with_labels and scene.class_logits is not None:
            iou.update(voc_logits(scene.class_logits[with_labels], model.config.classes), truth.labels[with_labels])
        with_colours = truth.colourful.nonzero().flatten().tolist()
        if with_colours:
            part, scene = truth.part(with_colours), scene.map(itemgetter(with_colours))
            tally.begin([example.name for example in part.examples])
            tally.add(BITS, **true_bits(model, scene, part, floor))
            pictures = _measure_pictures(tally, class_errors, model, scene, part, samples, generator)
            if segmented:
                segmented.add(part, pictures)
            if gallery:
                gallery.add(part, {what: pictures[what][: len(part.rgb)] for what in ("preview", "sample")})

    measures = tally.means()
    class_iou: dict[str, float] = {}
    labelled = sum(example.labels is not None for example in examples)
    if labelled and model.segmentation is not None:
        mean_iou, class_iou = iou.compute()
        measures[MIOU] = {"segmentation": mean_iou}
    after: Values = {}
    if segmented:
        measures |= segmented.measures()
        after = segmented.by_class()
    counts = {"all": len(examples), "labelled": labelled, "colourful": len(tally.rows)}
    return Evaluation(counts, measures, class_iou, after, class_errors.means(), tally.rows).under(resize)


def check_classes(model: Chromantic, examples: Sequence[Example]) -> None:
    """Whether a model can be measured on photos: asked before any long work.

    Raises:
        ChromanticError: their labels are of other classes than the model's, no classes, unreadable or of another size
            than their photos.
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
    """The classes that a model's segmentation is measured by: VOC's, stuff counted as background, or its own."""
    classes = model.config.classes
    return CLASS_NAMES if coarse(classes).any() else classes


def _measure_pictures(
    tally: Tally,
    class_errors: ClassErrors,
    model: Chromantic,
    scene: Scene,
    truth: Truth,
    samples: int,
    generator: torch.Generator,
) -> dict[str, Float[Tensor, "pictures 3 128 128"]]:
    """The pictures by way of making them; of `sample`, all photos' first samples, then the second ones ..."""
    preview = mixture.mean(scene.chroma_parameters).cpu()
    tally.add(CALIBRATION, embedding=rank_correlation(entropy(scene.chroma_parameters).cpu(), preview, truth.chroma))
    chroma, _ = sample_chroma(model, scene, samples=samples, generator=generator)
    chroma = chroma.cpu().unflatten(0, (-1, samples))
    expected = expected_chroma(scene.chroma_parameters).cpu()
    chosen = choose_samples(chroma, expected)
    drawn = torch.stack([truth.draw(each) for each in chroma.unbind(1)])  # samples photos 3 128 128
    photos = torch.arange(len(preview))
    grey = torch.zeros_like(preview)
    of_one = {"sample": chroma[:, 0]} if samples == 1 else {f"chosen_of_{samples}": chroma[photos, chosen]}
    names = [example.class_names for example in truth.examples]
    class_errors.update(names, truth.chroma, truth.labels, grey=grey, preview=preview, **of_one)
    pictures = {"grey": truth.draw(grey), "preview": truth.draw(preview), "expected": truth.draw(expected)}
    of_grey, of_preview, of_expected = (truth.compare(picture) for picture in pictures.values())
    of_samples = _compare_all(truth, drawn)
    coherent = [
        sample_coherently(scene.map(itemgetter([photo])), samples=samples, generator=generator)
        for photo in photos.tolist()
    ]
    by_thing = torch.stack([truth.draw(each) for each in torch.stack(coherent).cpu().unbind(1)])
    of_coherent = _compare_all(truth, by_thing)
    ways = {"preview": of_preview, "expected": of_expected, "coherent": of_coherent, "sample": of_samples}
    pictures["sample"] = drawn.flatten(0, 1)
    if samples > 1:
        ways[f"chosen_of_{samples}"] = {measure: values[photos, chosen] for measure, values in of_samples.items()}
        pictures[f"chosen_of_{samples}"] = drawn[chosen, photos]
    tally.add(COLOURFULNESS, original=colourfulness(truth.rgb))
    for measure in of_samples:
        tally.add(measure, **{what: values[measure] for what, values in ways.items()})
    for measure, best in ((PSNR, torch.amax), (SSIM, torch.amax), (RMSE, torch.amin)):
        tally.add(measure, grey=of_grey[measure])
        if samples > 1:
            tally.add(measure, **{f"best_of_{samples}": best(of_samples[measure], dim=1)})
            tally.add(measure, **{f"best_of_{samples}_coherent": best(of_coherent[measure], dim=1)})
    if samples > 1:
        tally.add(MS_SSIM, between_samples=ms_ssim_between(drawn))
        tally.add(DISTANCE, between_samples=chroma_distance_between(torch.stack([chroma_of(each) for each in drawn])))
    return pictures


def _compare_all(
    truth: Truth, pictures: Float[Tensor, "samples photos 3 128 128"]
) -> dict[str, Float[Tensor, "photos samples"]]:
    """Every measure of several pictures of every photo."""
    each = [truth.compare(rgb) for rgb in pictures]
    return {measure: torch.stack([values[measure] for values in each], dim=1) for measure in each[0]}
