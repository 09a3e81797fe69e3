"""Every measure of a model on one set of photos.

Protocol `squash128`: photos are squashed to 128 x 128 pixels as in the paper, and the model reads their lightness.
Chroma is predicted, and likelihood and segmentation are measured, at 32 x 32. A picture is the true lightness under
predicted chroma enlarged to 128 x 128, rounded to 8-bit sRGB, and is compared with the photo at 128 x 128. Near-grey
photos count for the segmentation alone. What is measured between samples is the mean over all pairs of a photo's
samples, and is left out where there is one sample only.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import shorten

import torch
from jaxtyping import Float
from rich.console import Console
from rich.progress import track
from torch import Tensor

from chromantic import lab
from chromantic.data.example import Example
from chromantic.data.labels import check_labels, class_names_of
from chromantic.data.shrink import SmallPhoto, shrink
from chromantic.errors import ChromanticError
from chromantic.evaluation.calibration import rank_correlation
from chromantic.evaluation.chroma_error import chroma_rmse
from chromantic.evaluation.colourfulness import colourfulness
from chromantic.evaluation.diversity import chroma_distance_between, ms_ssim_between
from chromantic.evaluation.floor import floor_log_likelihood
from chromantic.evaluation.miou import MeanIou
from chromantic.evaluation.psnr import psnr
from chromantic.evaluation.ssim import ssim
from chromantic.model import mixture
from chromantic.model.entropy import entropy
from chromantic.model.generator import canvas_of
from chromantic.model.network import Chromantic, Scene
from chromantic.photo import join_chroma
from chromantic.sampling import sample_chroma
from chromantic.sampling.choice import choose_samples
from chromantic.upsampling import upsample_chroma

BITS = "bits_per_dimension@squash128_chroma32_grid1"
PSNR = "psnr_rgb_db@squash128"
SSIM = "ssim_rgb@squash128"
RMSE = "rmse_ab@squash128"
COLOURFULNESS = "colourfulness_relative_to_originals@squash128"
MS_SSIM = "ms_ssim4_rgb_between_samples@squash128"
DISTANCE = "distance_ab_between_samples@squash128"
CALIBRATION = "spearman_of_entropy_and_error_ab@squash128_chroma32"
MIOU = "miou_from_grey@squash128_labels32"

_BATCH = 16


@dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Attributes:
        photos: numbers of photos behind the measures.
        measures: by measure, whose name holds its protocol, and by what was measured: `grey`, `preview` (the
            embedding's mean colours), `sample` (the mean over all samples), `chosen_of_N` (of every photo's N samples
            the one that agrees with the preview, without knowing the truth) and `best_of_N` (knowing it),
            `between_samples`, `floor`, `embedding`, `generator`.
        class_iou: intersection over union of the classes that occur.
    """

    photos: dict[str, int]
    measures: dict[str, dict[str, float]]
    class_iou: dict[str, float]


class _Tally:
    """Gathers one number per photo (and sample) under a measure and what was measured."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, list[Tensor]]] = defaultdict(lambda: defaultdict(list))

    def add(self, measure: str, **values: Tensor) -> None:
        for what, value in values.items():
            self._values[measure][what].append(value.flatten().double().cpu())

    def means(self) -> dict[str, dict[str, float]]:
        return {
            measure: {what: torch.cat(parts).mean().item() for what, parts in values.items()}
            for measure, values in self._values.items()
        }


@torch.inference_mode()
def evaluate(
    model: Chromantic,
    examples: Sequence[Example],
    *,
    floor: Float[Tensor, "levels levels"] | None = None,
    samples: int = 8,
    seed: int = 0,
) -> Evaluation:
    """Measures a model.

    Args:
        model: in evaluation mode, on the device that shall do the work.
        examples: photos that the model was not trained on.
        floor: `fit_floor` of the training photos; without it there is no floor among the measures.
        samples: samples of every photo, at least 1.
        seed: of the samples.

    Raises:
        ChromanticError: no photo has colours, a file is missing or unreadable, or the model's classes are not those of
            the photos' labels.
    """
    labelled_photos = [example for example in examples if example.labels]
    if model.segmentation and labelled_photos and class_names_of(labelled_photos) != model.config.classes:
        theirs, ours = (
            shorten(", ".join(names), 60) for names in (labelled_photos[0].class_names, model.config.classes)
        )
        raise ChromanticError(
            f"{labelled_photos[0].name}: its labels are of the classes {theirs}, the weights' are {ours}; "
            "give weights trained on the photos' classes"
        )
    check_labels(labelled_photos)
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(seed)
    tally = _Tally()
    iou = MeanIou(model.config.classes)
    labelled = colourful = 0
    console = Console(stderr=True)
    starts = range(0, len(examples), _BATCH)
    for start in track(starts, "Measuring", console=console, disable=not console.is_terminal):
        photos = [shrink(example, squash=True) for example in examples[start : start + _BATCH]]
        scene = model.encode(torch.stack([photo.lightness for photo in photos]).to(device))
        with_labels = [i for i, photo in enumerate(photos) if photo.labels is not None]
        if with_labels and scene.class_logits is not None:
            labels = torch.stack([label for photo in photos if (label := photo.labels) is not None])
            iou.update(scene.class_logits[with_labels], labels.long())
        with_colours = [i for i, photo in enumerate(photos) if photo.colourful]
        if with_colours:
            part = _part(scene, with_colours)
            truth = _Truth.of([photos[i] for i in with_colours])
            _measure_likelihood(tally, model, part, truth, floor)
            _measure_pictures(tally, model, part, truth, samples, generator)
        labelled += len(with_labels)
        colourful += len(with_colours)

    if not colourful:
        raise ChromanticError("none of the photos has colours to measure; name a collection of colour photos")
    measures = tally.means()
    originals = measures[COLOURFULNESS].pop("original")
    measures[COLOURFULNESS] = {what: mean / originals for what, mean in measures[COLOURFULNESS].items()}
    class_iou: dict[str, float] = {}
    if labelled and model.segmentation is not None:
        mean_iou, class_iou = iou.compute()
        measures[MIOU] = {"segmentation": mean_iou}
    counts = {"all": len(examples), "labelled": labelled, "colourful": colourful}
    return Evaluation(counts, measures, class_iou)


@dataclass(frozen=True)
class _Truth:
    """Colourful photos: sRGB in 0..255, whole numbers; L in [0, 100]; chroma on the grid."""

    rgb: Float[Tensor, "batch 3 128 128"]
    lightness: Float[Tensor, "batch 1 128 128"]
    chroma: Float[Tensor, "batch 2 32 32"]

    @classmethod
    def of(cls, photos: Sequence[SmallPhoto]) -> "_Truth":
        return cls(
            (torch.stack([photo.rgb for photo in photos]) * 255).round(),
            torch.stack([photo.lightness for photo in photos]),
            torch.stack([photo.chroma for photo in photos]),
        )


def _part(scene: Scene, photos: list[int]) -> Scene:
    logits = scene.class_logits
    return Scene(
        scene.lightness[photos],
        scene.embedding[photos],
        scene.chroma_parameters[photos],
        None if logits is None else logits[photos],
    )


def _measure_likelihood(
    tally: _Tally, model: Chromantic, scene: Scene, truth: _Truth, floor: Float[Tensor, "levels levels"] | None
) -> None:
    chroma = truth.chroma.to(scene.embedding.device)
    teacher_forced = model.generator(canvas_of(chroma, scene.lightness), model.condition(scene))
    log_likelihoods = {
        "embedding": mixture.log_likelihood(scene.chroma_parameters, chroma),
        "generator": mixture.log_likelihood(teacher_forced, chroma),
    }
    if floor is not None:
        log_likelihoods = {"floor": floor_log_likelihood(floor, truth.chroma)} | log_likelihoods
    tally.add(BITS, **{what: mixture.bits_per_dimension(nats) for what, nats in log_likelihoods.items()})


def _measure_pictures(
    tally: _Tally, model: Chromantic, scene: Scene, truth: _Truth, samples: int, generator: torch.Generator
) -> None:
    preview = mixture.mean(scene.chroma_parameters).cpu()
    tally.add(CALIBRATION, embedding=rank_correlation(entropy(scene.chroma_parameters).cpu(), preview, truth.chroma))
    drawn, _ = sample_chroma(model, scene, samples=samples, generator=generator)
    true_chroma = lab.rgb_to_lab(truth.rgb / 255)[:, 1:]

    def draw(chroma: Tensor) -> tuple[Tensor, Tensor]:
        picture = _picture(truth.lightness, chroma)
        return picture, lab.rgb_to_lab(picture / 255)[:, 1:]

    def compare(picture: Tensor, chroma: Tensor) -> dict[str, Tensor]:
        return {
            PSNR: psnr(picture, truth.rgb),
            SSIM: ssim(picture, truth.rgb),
            RMSE: chroma_rmse(chroma, true_chroma),
            COLOURFULNESS: colourfulness(picture),
        }

    of_grey, of_preview = (compare(*draw(chroma)) for chroma in (torch.zeros_like(preview), preview))
    drawn = drawn.cpu().unflatten(0, (-1, samples))
    chosen = choose_samples(drawn, preview)
    results = [draw(chroma) for chroma in drawn.unbind(1)]
    of_each = [compare(*result) for result in results]
    of_samples = {measure: torch.stack([values[measure] for values in of_each]) for measure in of_preview}
    of_chosen = {measure: values[chosen, torch.arange(len(chosen))] for measure, values in of_samples.items()}
    ways = {"preview": of_preview, "sample": of_samples} | ({f"chosen_of_{samples}": of_chosen} if samples > 1 else {})
    tally.add(COLOURFULNESS, original=colourfulness(truth.rgb))
    for measure in of_samples:
        tally.add(measure, **{what: values[measure] for what, values in ways.items()})
    for measure, best in ((PSNR, torch.amax), (SSIM, torch.amax), (RMSE, torch.amin)):
        tally.add(measure, grey=of_grey[measure])
        if samples > 1:
            tally.add(measure, **{f"best_of_{samples}": best(of_samples[measure], dim=0)})
    if samples > 1:
        pictures, chromas = (torch.stack(each) for each in zip(*results, strict=True))
        tally.add(MS_SSIM, between_samples=ms_ssim_between(pictures))
        tally.add(DISTANCE, between_samples=chroma_distance_between(chromas))


def _picture(
    lightness: Float[Tensor, "batch 1 128 128"], chroma: Float[Tensor, "batch 2 32 32"]
) -> Float[Tensor, "batch 3 128 128"]:
    """What a user would get, in 0..255, whole numbers."""
    pictures = [
        torch.from_numpy(join_chroma(light, upsample_chroma(small, light)))
        for light, small in zip(lightness.split(1), chroma.split(1), strict=True)
    ]
    return torch.stack(pictures).movedim(-1, 1).float()
