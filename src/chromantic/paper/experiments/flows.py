"""Figures 4 to 7: the three flows, and both ways for the generator to see the segmentation."""

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from chromantic.data.collections.folder import folder_examples
from chromantic.data.shrink import shrink
from chromantic.evaluation.evaluate import evaluate
from chromantic.evaluation.measures.chroma_error import RMSE
from chromantic.evaluation.measures.colourfulness import RELATIVE_COLOURFULNESS
from chromantic.evaluation.measures.likelihood import BITS
from chromantic.evaluation.measures.miou import MIOU
from chromantic.evaluation.text_table import TextTable
from chromantic.model import mixture, pretrained
from chromantic.model.config import Flow, Fusion
from chromantic.model.network import Chromantic
from chromantic.paper.pictures import Pictures, colour_pictures, plane_pictures, spread, write_sheet
from chromantic.paper.sections import Section, mean_and_spread
from chromantic.paper.setting import Setting
from chromantic.paper.trainings import small_training, trained
from chromantic.reference.sampling import sample_chroma
from chromantic.sampling.noise import random

FLOWS: dict[str, tuple[Flow, Fusion]] = {
    "purple": ("purple", "concat"),
    "purple-blue": ("purple-blue", "concat"),
    "purple-blue-green, concatenation": ("purple-blue-green", "concat"),
    "purple-blue-green, feature transformation": ("purple-blue-green", "film"),
}
SEEDS = (0, 1)
PHOTOS = 6
_MEASURES = {
    "embedding, bits": (BITS, "embedding", 3),
    "generator, bits": (BITS, "generator", 3),
    "mIoU from grey": (MIOU, "segmentation", 3),
    "preview, ab RMSE": (RMSE, "preview", 2),
    "preview, colourfulness": (RELATIVE_COLOURFULNESS, "preview", 3),
    "sample, colourfulness": (RELATIVE_COLOURFULNESS, "sample", 3),
}


def reproduce(setting: Setting) -> Section:
    """Trains each flow with each seed on the same photos, measures all and shows those of the first seed."""
    seeds = SEEDS[:1] if setting.reduced else SEEDS
    weights = {flow: [train_flow(setting, flow, seed) for seed in seeds] for flow in FLOWS}
    measured = {flow: [_measure(setting, path) for path in paths] for flow, paths in weights.items()}
    rows = [
        (flow, *(_cell([run.get(name) for run in runs], name) for name in _MEASURES)) for flow, runs in measured.items()
    ]
    networks = {flow: pretrained.load(paths[0]) for flow, paths in weights.items()}
    steps = small_training(setting).optimization
    return Section(
        title="Flows: what semantics brings (Figures 4 to 7)",
        protocol=f"The `tiny` network, {steps.steps * steps.batch_size:,} photos at half their size for each flow, in "
        f"the same order; seeds {', '.join(map(str, seeds))}; measured on {len(setting.validation)} photos of "
        f"VOC2012 val, one sample each. Bits are `{BITS}`, mIoU `{MIOU}`, errors `{RMSE}`, colourfulness "
        f"`{RELATIVE_COLOURFULNESS}`. A cell gives the mean over the seeds and half their range.",
        findings=[
            TextTable(("flow", *_MEASURES), rows),
            "The paper shows pictures: colours are better with the blue flow than without it, samples better with the "
            "green one.",
        ],
        pictures=_draw(setting, networks),
    )


def train_flow(setting: Setting, flow: str, seed: int) -> Path:
    """The weights of one of `FLOWS`, trained once."""
    config = small_training(setting)
    name, fusion = FLOWS[flow]
    network = replace(config.network, flow=name, fusion=fusion)
    run = setting.run(f"flows/{flow.replace(', ', '-').replace(' ', '-')}-seed{seed}")
    return trained(replace(config, network=network, seed=seed), run)


def _measure(setting: Setting, weights: Path) -> dict[str, float]:
    measures = evaluate(pretrained.load(weights), setting.validation, samples=1, seed=setting.seed).measures
    return {
        name: measures[measure][what]
        for name, (measure, what, _) in _MEASURES.items()
        if measure in measures and what in measures[measure]
    }


def _cell(values: list[float | None], name: str) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return ""
    return mean_and_spread(known, digits=_MEASURES[name][2])


def _draw(setting: Setting, networks: dict[str, Chromantic]) -> dict[str, Path]:
    """The paper's rows: for the same photos each flow's preview with its chroma planes, and a sample."""
    chosen = folder_examples(setting.shown) if setting.shown else spread(setting.validation, PHOTOS)
    photos = [shrink(example, squash=True) for example in chosen]
    lightness = torch.stack([photo.lightness for photo in photos])
    truth = torch.stack([photo.chroma for photo in photos])

    def with_planes(chroma: Tensor) -> list[Pictures]:
        return [colour_pictures(lightness, chroma), plane_pictures(chroma, 0), plane_pictures(chroma, 1)]

    grey = [colour_pictures(lightness, torch.zeros_like(truth))]
    previews, samples = {"grey": grey}, {"grey": grey}
    if any(photo.colourful for photo in photos):
        previews["original"], samples["original"] = with_planes(truth), [colour_pictures(lightness, truth)]
    for flow, network in networks.items():
        with torch.inference_mode():
            scene = network.encode(lightness)
        previews[flow] = with_planes(mixture.mean(scene.chroma_parameters))
        rng = random(setting.seed)
        sample, _ = sample_chroma(network, scene, rng=rng)
        samples[flow] = [colour_pictures(lightness, sample)]
    captions = {
        "previews": "The embedding's mean colours and their a and b planes, by flow (Figures 4 and 6)",
        "samples": "One sample of the generator, by flow (Figures 5 and 7)",
    }
    files = {}
    for name, columns in {"previews": previews, "samples": samples}.items():
        path = setting.output / f"flows-{name}.png"
        write_sheet(columns, path)
        files[captions[name]] = path
    return files
