"""Compares ways to come to one colorization: `python -m benchmarks.choice cache/val.safetensors`, a few minutes.

Every photo of a squashed cache that has colours gets eight samples at temperature 1, of which one is chosen in several
ways, and samples at lower temperatures. The error is the RMSE of a and b, colourfulness that of the pictures against
that of the originals, both from chroma at 32 x 32. Writes benchmarks/results/choice.json.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from rich.console import Console
from rich.table import Table
from torch import Tensor

from chromantic.data.cache import load_cache
from chromantic.evaluation.colourfulness import colourfulness
from chromantic.grid import CELL
from chromantic.lab import lab_to_rgb
from chromantic.model import mixture, pretrained
from chromantic.model.network import Chromantic
from chromantic.sampling import sample_chroma

CANDIDATES = 8
TEMPERATURES = (0.95, 0.9, 0.85, 0.7)
GAINS = (1.0, 1.5, 2.0, 2.5)
BATCH = 32
RESULTS = Path(__file__).parent / "results"


def error(chroma: Tensor, truth: Tensor) -> Tensor:
    return (chroma - truth).square().mean(dim=(-3, -2, -1)).sqrt()


def colours(lightness: Tensor, chroma: Tensor) -> Tensor:
    wide = F.interpolate(chroma, scale_factor=CELL, mode="bilinear")
    return colourfulness(lab_to_rgb(torch.cat([lightness, wide], dim=1)).clamp(0, 1) * 255)


def choices(
    network: Chromantic, lightness: Tensor, truth: Tensor, generator: torch.Generator
) -> Iterator[tuple[str, Tensor]]:
    """Ways and the chroma that each gives."""
    scene = network.encode(lightness)
    preview = mixture.mean(scene.chroma_parameters)
    yield "grey", torch.zeros_like(truth)
    yield "preview (mean colours)", preview
    drawn, likelihoods = sample_chroma(network, scene, samples=CANDIDATES, generator=generator)
    drawn, likelihoods = drawn.unflatten(0, (-1, CANDIDATES)), likelihoods.unflatten(0, (-1, CANDIDATES))
    yield "one sample", drawn[:, 0]
    for temperature in TEMPERATURES:
        cooler, _ = sample_chroma(network, scene, generator=generator, temperature=temperature)
        yield f"one sample, temperature {temperature:g}", cooler
    of_embedding = torch.stack(
        [mixture.log_likelihood(scene.chroma_parameters, sample).sum(dim=(1, 2)) for sample in drawn.unbind(1)], dim=1
    )
    scores = {"likeliest for the generator": likelihoods, "likeliest for the embedding": of_embedding}
    scores |= {f"nearest to {gain:g} x preview": -error(drawn, gain * preview[:, None]) for gain in GAINS}
    scores["nearest to the truth, which nobody knows"] = -error(drawn, truth[:, None])
    for way, score in scores.items():
        yield f"of {CANDIDATES}: {way}", drawn[torch.arange(len(drawn)), score.argmax(dim=1)]


@torch.inference_mode()
def main() -> None:
    photos, network = load_cache(Path(sys.argv[1])), pretrained.load()
    generator = torch.Generator().manual_seed(0)
    errors: dict[str, list[Tensor]] = {}
    colour: dict[str, list[Tensor]] = {}
    originals: list[Tensor] = []
    for chunk in torch.arange(len(photos))[photos.colourful].split(BATCH):
        batch = photos.tensors(chunk)
        originals.append(colours(batch.lightness, batch.chroma))
        for way, chroma in choices(network, batch.lightness, batch.chroma, generator):
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
