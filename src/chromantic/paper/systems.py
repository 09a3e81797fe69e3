"""The colorizers that are shown side by side: folders of other systems' results, or what is trained here.

A user brings systems in; several folders under one name are its samples. Where none is brought, the
baselines of Table 3 stand for those that the paper compares with. The network comes last.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image

from chromantic.colorizer import Colorizer, resize_lightness
from chromantic.colour.upsampling import upsample_chroma
from chromantic.data.example import Example
from chromantic.data.images import as_picture, read_rgb
from chromantic.paper.experiments.flows import train_flow
from chromantic.paper.networks.baselines import load_baseline
from chromantic.paper.pictures import Pictures, spread, write_sheet
from chromantic.paper.sections import Section
from chromantic.paper.setting import Setting
from chromantic.paper.trainings import train_baseline
from chromantic.photo import join_chroma, read_photo, split_lightness

PHOTOS = 8
"""Of a sheet."""


@dataclass(frozen=True)
class System:
    """A colorizer.

    Attributes:
        name: Short, as its folder is called.
        title: As it is called above its pictures.
        author: First author of the paper's system that it is, or that it resembles; None where there is none.
        draw: Its pictures of a photo, of the photo's size: one, or several samples.
    """

    name: str
    title: str
    author: str | None
    draw: Callable[[Example], Pictures]


def single_systems(setting: Setting) -> list[System]:
    """Those that give one picture of a photo (Figure 11): brought ones or the baselines, then the network.

    Raises:
        ChromanticError: A training fails.
    """
    brought = [_brought(name, files) for name, files in setting.brought.items() if len(files) == 1]
    return [*(brought or _baselines(setting)), _ours(setting, 1)]


def diverse_systems(setting: Setting, samples: int) -> list[System]:
    """Those that give several (Figure 12): brought ones or the flow without semantics, then the network.

    Args:
        setting: Of the experiments.
        samples: How many pictures to draw here.

    Raises:
        ChromanticError: A training fails.
    """
    brought = [_brought(name, files) for name, files in setting.brought.items() if len(files) > 1]
    return [*(brought or [_purple(setting, samples)]), _ours(setting, samples)]


def _baselines(setting: Setting) -> list[System]:
    return [
        System("regression", "L2 regression, Iizuka's kind", "Iizuka", _baseline(setting, "regression")),
        System("histograms", "colour histograms, Larsson's kind", "Larsson", _baseline(setting, "histograms")),
        System("rebalanced", "rebalanced classes, Zhang's kind", "Zhang", _baseline(setting, "rebalanced")),
    ]


def _purple(setting: Setting, samples: int) -> System:
    weights = train_flow(setting, "purple", seed=0)
    return System("purple", "no semantics, Royer's kind", "Royer", _network(weights, samples, setting.seed))


def _ours(setting: Setting, samples: int) -> System:
    return System("chromantic", "Chromantic", "Zhao", _network(setting.weights, samples, setting.seed))


def _brought(name: str, files: Sequence[Mapping[Example, Path]]) -> System:
    def draw(example: Example) -> Pictures:
        return [_read(each[example], read_photo(example.photo).size) for each in files]

    return System(name, name, name.capitalize(), draw)


def _read(file: Path, size: tuple[int, int]) -> UInt8[np.ndarray, "height width 3"]:
    return np.asarray(Image.fromarray(as_picture(read_rgb(file))).resize(size, Image.Resampling.BICUBIC))


def _baseline(setting: Setting, method: str) -> Callable[[Example], Pictures]:
    baseline = load_baseline(method, train_baseline(setting, method))

    def draw(example: Example) -> Pictures:
        photo = read_photo(example.photo)
        lightness = split_lightness(photo)
        chroma = baseline.colorize(torch.from_numpy(resize_lightness(photo))[None, None])
        return [join_chroma(lightness, upsample_chroma(chroma[0].numpy(), lightness))]

    return draw


def _network(weights: str | Path, samples: int, seed: int) -> Callable[[Example], Pictures]:
    colorizer = Colorizer.from_pretrained(weights)

    def draw(example: Example) -> Pictures:
        images = colorizer.colorize(example.photo, samples=samples, seed=seed).images
        return [np.asarray(image.convert("RGB")) for image in images]

    return draw


def original(example: Example) -> UInt8[np.ndarray, "height width 3"]:
    """The photo in its own colours."""
    return as_picture(read_rgb(example.photo))


def side_by_side(
    systems: Sequence[System], setting: Setting, *, figure: int, given: str, others: str, caption: str
) -> Section:
    """Photos by every system, between the photos in grey and in their own colours, on one sheet.

    Args:
        systems: The colorizers.
        setting: Of the experiments.
        figure: The paper's number for such a sheet.
        given: What the systems give of a photo.
        others: The systems that the paper shows beside its own.
        caption: Of the sheet.

    Raises:
        ChromanticError: A photo or a result cannot be read, or the sheet cannot be written.
    """
    photos = spread(setting.validation, PHOTOS)
    columns: dict[str, Sequence[Pictures]] = {"grey": [[_grey(photo) for photo in photos]]}
    for system in systems:
        drawn = [system.draw(photo) for photo in photos]
        columns[system.title] = [list(sample) for sample in zip(*drawn, strict=True)]
    columns["original"] = [[original(photo) for photo in photos]]
    path = setting.output / f"fig{figure}.png"
    write_sheet(columns, path)
    return Section(
        title=f"Beside colorizers that give {given} (Figure {figure})",
        protocol=protocol_of(systems, setting),
        findings=[f"The paper shows pictures, of {others} systems and its own."],
        pictures={caption: path},
    )


def protocol_of(systems: Sequence[System], setting: Setting) -> str:
    """How the pictures of a sheet, or of the study, were made."""
    brought = [system.name for system in systems if system.name in setting.brought]
    origin = (
        f"Those of {', '.join(brought)} are from their folders."
        if brought
        else "No other system was brought: Table 3's methods on the `tiny` trunk stand for "
        "the paper's, whose authors trained them longer and in other ways."
    )
    return (
        "Photos from all over VOC2012 val that have colours, at their own size. What networks draw is drawn as "
        f"`chromantic colorize` draws samples, seed {setting.seed}. {origin}"
    )


def _grey(example: Example) -> UInt8[np.ndarray, "height width 3"]:
    lightness = split_lightness(read_photo(example.photo))
    return join_chroma(lightness, np.zeros((2, *lightness.shape), np.float32))
