"""Compares ways to come to one colorization: `python -m benchmarks.choice TRAIN_CACHE VAL_CACHE`, a few minutes.

Every photo of a squashed cache that has colours gets eight samples at temperature 1, of which one is chosen in several
ways, samples at lower temperatures, and more samples. What agrees best with the segmentation is the sample that is
likeliest if every pixel's colour came from the histogram of its class in the training photos. The error is the RMSE of
a and b, colourfulness that of the pictures against that of the originals, both from chroma at 32 x 32. Writes
benchmarks/results/choice.json.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from rich.console import Console
from rich.table import Table
from torch import Tensor

from chromantic.colour.lab import lab_to_rgb
from chromantic.data.cache import PhotoCache, load_cache
from chromantic.evaluation.measures.colourfulness import colourfulness
from chromantic.evaluation.measures.floor import fit_floor, floor_log_likelihood
from chromantic.grid import CELL
from chromantic.model import mixture, pretrained
from chromantic.model.network import Chromantic, Scene
from chromantic.reference.network import understandings
from chromantic.reference.sampling import sample_chroma
from chromantic.sampling.choice import choose_samples
from chromantic.sampling.coherent import sample_coherently
from chromantic.understanding import GAIN

CANDIDATES, MORE = 8, 32
TEMPERATURES = (0.95, 0.9, 0.85, 0.7)
GAINS = (1.0, 1.5, 1.6, 1.75, 2.0)
MEAN_GAINS = (1.3, 1.4, 1.5, 1.6, 1.7)
BATCH = 32
RESULTS = Path(__file__).parent / "results"


def error(chroma: Tensor, truth: Tensor) -> Tensor:
    return (chroma - truth).square().mean(dim=(-3, -2, -1)).sqrt()


def colours(lightness: Tensor, chroma: Tensor) -> Tensor:
    lab = torch.cat([lightness, F.interpolate(chroma, scale_factor=CELL, mode="bilinear")], dim=1)
    return colourfulness(torch.from_numpy(lab_to_rgb(lab.numpy())).clamp(0, 1) * 255)


def class_histograms(cache: PhotoCache) -> Tensor:
    """Log-probabilities [classes levels levels] of chroma in the training photos' labelled cells, by class."""
    usable = (cache.colourful & cache.labelled).repeat_interleave(cache.grids.prod(dim=1))
    of_class = (usable & (cache.labels == label) for label in range(len(cache.class_names)))
    return torch.stack([fit_floor(cache.chroma[:, cells].float()) for cells in of_class])


def agreement(scene: Scene, histograms: Tensor, samples: Tensor) -> Tensor:
    """The log-likelihood [photos candidates] of samples if each pixel's colour depended on its class alone."""
    assert scene.class_logits is not None
    classes = scene.class_logits.log_softmax(dim=1)
    return torch.stack(
        [
            (classes + torch.stack([floor_log_likelihood(each, sample) for each in histograms], dim=1))
            .logsumexp(dim=1)
            .sum(dim=(1, 2))
            for sample in samples.unbind(1)
        ],
        dim=1,
    )


def choices(
    network: Chromantic, histograms: Tensor, lightness: Tensor, truth: Tensor, rng: np.random.Generator
) -> Iterator[tuple[str, Tensor]]:
    """Ways and the chroma that each gives."""
    scene = network.encode(lightness)
    preview = mixture.mean(scene.chroma_parameters)
    yield "grey", torch.zeros_like(truth)
    yield "mean colours (preview)", preview
    for gain in MEAN_GAINS:
        yield f"mean colours x {gain:g}", gain * preview
    photos = torch.arange(len(lightness))
    seen = understandings(network, scene)
    coherent = torch.from_numpy(np.stack([sample_coherently(one, samples=CANDIDATES, rng=rng) for one in seen]))
    yield "one coherent draw", coherent[:, 0]
    yield (
        f"of {CANDIDATES} coherent draws: nearest to the truth, which nobody knows",
        coherent[photos, error(coherent, truth[:, None]).argmin(dim=1)],
    )
    drawn, likelihoods = sample_chroma(network, scene, samples=CANDIDATES, rng=rng)
    drawn, likelihoods = drawn.unflatten(0, (-1, CANDIDATES)), likelihoods.unflatten(0, (-1, CANDIDATES))
    yield "one sample", drawn[:, 0]
    for temperature in TEMPERATURES:
        cooler, _ = sample_chroma(network, scene, rng=rng, temperature=temperature)
        yield f"one sample, temperature {temperature:g}", cooler
    of_embedding = torch.stack(
        [mixture.log_likelihood(scene.chroma_parameters, sample).sum(dim=(1, 2)) for sample in drawn.unbind(1)], dim=1
    )
    scores = {
        "likeliest for the generator": likelihoods,
        "likeliest for the embedding": of_embedding,
        "agrees best with the segmentation": agreement(scene, histograms, drawn),
    }
    scores |= {f"nearest to {gain:g} x preview": -error(drawn, gain * preview[:, None]) for gain in GAINS}
    scores["nearest to the truth, which nobody knows"] = -error(drawn, truth[:, None])
    for way, score in scores.items():
        yield f"of {CANDIDATES}: {way}", drawn[photos, score.argmax(dim=1)]
    for candidates, temperature in ((MORE, 1.0), (CANDIDATES, 0.95), (MORE, 0.95)):
        drawn, _ = sample_chroma(network, scene, samples=candidates, rng=rng, temperature=temperature)
        drawn = drawn.unflatten(0, (-1, candidates))
        yield (
            f"of {candidates}, temperature {temperature:g}: nearest to {GAIN:g} x preview",
            drawn[photos, torch.from_numpy(choose_samples(drawn.numpy(), (GAIN * preview).numpy()))],
        )


@torch.inference_mode()
def main() -> None:
    train, validation = map(Path, sys.argv[1:])
    photos, network = load_cache(validation), pretrained.load()
    histograms = class_histograms(load_cache(train))
    torch.Generator().manual_seed(0)
    errors: dict[str, list[Tensor]] = {}
    rng = random(0)
    originals: list[Tensor] = []
    for chunk in torch.arange(len(photos))[photos.colourful].split(BATCH):
        batch = photos.tensors(chunk)
        originals.append(colours(batch.lightness, batch.chroma))
        for way, chroma in choices(network, histograms, batch.lightness, batch.chroma, rng):
            errors.setdefault(way, []).append(error(chroma, batch.chroma))
            colour.setdefault(way, []).append(colours(batch.lightness, chroma))
    original = torch.cat(originals).mean()
    rows = [
        {
            "way": way,
            "rmse_ab@squash128_chroma32": torch.cat(errors[way]).mean().item(),
            "colourfulness_relative_to_originals@squash128_bilinear": (torch.cat(colour[way]).mean() / original).item(),
        }
        for way in errors
    ]
    table = Table("way", "ab RMSE", "colourfulness")
    for row in rows:
        way, *figures = row.values()
        table.add_row(str(way), *(f"{figure:.3f}" for figure in figures))
    Console(width=100).print(table)
    RESULTS.mkdir(exist_ok=True)
    about = {"weights": pretrained.fingerprint("default"), "photos": len(torch.cat(originals)), "rows": rows}
    (RESULTS / "choice.json").write_text(json.dumps(about, indent=2) + "\n")


if __name__ == "__main__":
    main()
