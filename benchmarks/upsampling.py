"""Compares ways of enlarging chroma: `python -m benchmarks.upsampling FOLDER_OF_PHOTOS`.

Protocol `chroma32`: the true chroma of a photo, averaged over the cells of the network's grid (32 along the shorter
side), is enlarged to the photo's size with the photo's lightness at hand, and compared with the true chroma by the
root of the mean squared error of a and b over all photos. Each method's parameters are chosen on every second photo;
the error reported is that of the others. The same for the chroma that the default weights predict (a preview), whose
own error is then most of it. Seconds are those of one thread's processor, which other work on the machine slows little.
Writes benchmarks/results/upsampling.json, and upsampling.png: the window of all photos in which the nearest neighbour
errs most, 96 pixels wide, with each method's colours.
"""

import itertools
import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw
from rich.console import Console
from rich.table import Table
from torch import Tensor

from chromantic.colorizer import Colorizer
from chromantic.colour import upsampling
from chromantic.colour.lab import rgb_to_lab
from chromantic.colour.upsampling import upsample_chroma
from chromantic.photo import find_photos, join_chroma, read_photo

CELLS = 32
WINDOW = 96
RESULTS = Path(__file__).parent / "results" / "upsampling.json"


class Example(NamedTuple):
    """A photo's lightness and chroma, its chroma on the network's grid, and what the network predicts there."""

    lightness: Tensor
    chroma: Tensor
    coarse: Tensor
    predicted: Tensor


def read_example(colorizer: Colorizer, path: Path) -> Example:
    photo = read_photo(path)
    rgb = np.moveaxis(photo.pixels.astype(np.float32) / np.float32(photo.white), -1, 0)
    lab = rgb_to_lab(np.broadcast_to(rgb, (3, *rgb.shape[1:])))
    lightness, chroma = torch.from_numpy(lab)[None].split([1, 2], dim=1)
    height, width = lightness.shape[-2:]
    cells = (round(height / min(height, width) * CELLS), round(width / min(height, width) * CELLS))
    predicted = torch.from_numpy(colorizer.colorize(photo).chroma)
    return Example(lightness, chroma, F.interpolate(chroma, cells, mode="area"), predicted)


def nearest(chroma: Tensor, lightness: Tensor) -> Tensor:
    return F.interpolate(chroma, lightness.shape[-2:], mode="nearest-exact")


def bilinear(chroma: Tensor, lightness: Tensor) -> Tensor:
    return F.interpolate(chroma, lightness.shape[-2:], mode="bilinear")


def bicubic(chroma: Tensor, lightness: Tensor) -> Tensor:
    return F.interpolate(chroma, lightness.shape[-2:], mode="bicubic")


def guided_filter(chroma: Tensor, lightness: Tensor, window: int, variance: float) -> Tensor:
    """A fast guided filter of the bicubically enlarged chroma, its models on a grid four times coarser."""
    shrunk = [
        F.interpolate(planes, scale_factor=1 / 4, mode="area") for planes in (lightness, bicubic(chroma, lightness))
    ]
    slope, offset = local_linear_models(*shrunk, window // 4 * 2 + 1, variance)
    return bilinear(slope, lightness) * lightness + bilinear(offset, lightness)


def local_linear_models(guide: Tensor, chroma: Tensor, window: int, variance: float) -> list[Tensor]:
    with patch.multiple(upsampling, _WINDOW=window, _LIGHTNESS_VARIANCE=variance):
        return [torch.from_numpy(each) for each in upsampling._local_linear_models(guide[0, 0].numpy(), chroma.numpy())]


def coarse_guided_filter(chroma: Tensor, lightness: Tensor, window: int, variance: float) -> Tensor:
    """Linear models of chroma on its own grid, enlarged bilinearly."""
    guide = F.interpolate(lightness, chroma.shape[-2:], mode="area")
    slope, offset = local_linear_models(guide, chroma, window, variance)
    return bilinear(slope, lightness) * lightness + bilinear(offset, lightness)


def joint_bilateral(chroma: Tensor, lightness: Tensor, distance: float, contrast: float) -> Tensor:
    """Joint bilateral upsampling (Kopf et al. 2007) over 5 x 5 coarse pixels.

    Args:
        chroma: Coarse.
        lightness: Of the photo.
        distance: Standard deviation over space, in coarse pixels.
        contrast: Standard deviation over lightness.
    """
    (rows, columns), (height, width) = chroma.shape[-2:], lightness.shape[-2:]
    taps = torch.cat([chroma, F.interpolate(lightness, (rows, columns), mode="area")], dim=1)
    taps = F.pad(taps, (2, 2, 2, 2), mode="replicate")
    y = (torch.arange(height) + 0.5) * rows / height - 0.5
    x = (torch.arange(width) + 0.5) * columns / width - 0.5
    total, weights = torch.zeros(1, 2, height, width), torch.full((1, 1, height, width), 1e-12)
    for down, right in itertools.product(range(-2, 3), repeat=2):
        near_y, near_x = y.round().long() + down, x.round().long() + right
        tap = taps[:, :, near_y + 2][..., near_x + 2]
        squared = ((near_y - y) ** 2)[:, None] + (near_x - x) ** 2
        weight = torch.exp(-squared / (2 * distance**2) - (tap[:, 2:] - lightness) ** 2 / (2 * contrast**2))
        total += weight * tap[:, :2]
        weights += weight
    return total / weights


def chromantic(chroma: Tensor, lightness: Tensor, window: int, variance: float) -> Tensor:
    """What ships; its constants are the parameters."""
    with patch.multiple(upsampling, _WINDOW=window, _LIGHTNESS_VARIANCE=variance):
        return torch.from_numpy(upsample_chroma(chroma.numpy(), lightness[0, 0].numpy()))


METHODS: dict[Callable[..., Tensor], dict[str, list[float]]] = {
    nearest: {},
    bilinear: {},
    bicubic: {},
    guided_filter: {"window": [5, 9, 13], "variance": [10, 30, 100]},
    coarse_guided_filter: {"window": [3, 5], "variance": [10, 30, 100]},
    joint_bilateral: {"distance": [0.5, 0.7, 1.0], "contrast": [5, 10, 20]},
    chromantic: {"window": [5, 7, 9], "variance": [3, 10, 30]},
}


def rmse(
    method: Callable[..., Tensor], examples: list[Example], parameters: dict[str, float], given: str = "coarse"
) -> float:
    errors = [F.mse_loss(method(getattr(e, given), e.lightness, **parameters), e.chroma).item() for e in examples]
    return math.sqrt(sum(errors) / len(errors))


def draw_edge(examples: list[Example], chosen: dict[Callable[..., Tensor], dict[str, float]], path: Path) -> None:
    """The window in which the nearest neighbour errs most, in its own colours and in those of each method."""
    places = []
    for number, e in enumerate(examples):
        error = F.avg_pool2d((nearest(e.coarse, e.lightness) - e.chroma).square().sum(1), WINDOW, stride=WINDOW // 4)
        places.append((error.max().item(), number, divmod(error.argmax().item(), error.shape[-1])))
    _, number, corner = max(places)
    e = examples[number]
    window = [slice(start * (WINDOW // 4), start * (WINDOW // 4) + WINDOW) for start in corner]
    panels = {"original": e.chroma} | {m.__name__: m(e.coarse, e.lightness, **p) for m, p in chosen.items()}
    sheet = Image.new("RGB", (4 * (3 * WINDOW + 8), 2 * (3 * WINDOW + 24)), "white")
    draw = ImageDraw.Draw(sheet)
    for index, (name, chroma) in enumerate(panels.items()):
        pixels = join_chroma(*(planes[0, :, *window].numpy().squeeze() for planes in (e.lightness, chroma)))
        left, top = index % 4 * (3 * WINDOW + 8), index // 4 * (3 * WINDOW + 24)
        draw.text((left + 2, top + 4), name, "black")
        sheet.paste(
            Image.fromarray(pixels).resize((3 * WINDOW, 3 * WINDOW), Image.Resampling.NEAREST), (left, top + 20)
        )
    sheet.save(path)


def main(folder: str) -> None:
    torch.set_num_threads(1)
    colorizer = Colorizer.from_pretrained()
    examples = [read_example(colorizer, path) for path in find_photos([folder])]
    choosing, reporting = examples[::2], examples[1::2]
    megapixels = sum(e.lightness.numel() for e in reporting) / 1e6
    table = Table(
        "method", "parameters", "ab RMSE", "predicted", "s / megapixel", title=f"{len(reporting)} photos, chroma32"
    )
    results, parameters = [], {}
    for method, grid in METHODS.items():
        choices = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
        chosen = min(choices, key=lambda choice: rmse(method, choosing, choice)) if grid else {}
        start = time.process_time()
        error = rmse(method, reporting, chosen)
        seconds = (time.process_time() - start) / megapixels
        predicted = rmse(method, reporting, chosen, "predicted")
        name, parameters[method] = method.__name__, chosen
        figures = {"rmse_ab": error, "rmse_ab_of_predicted": predicted, "seconds_per_megapixel": seconds}
        results.append({"method": name, "parameters": chosen, **figures})
        described = " ".join(f"{k} {v:g}" for k, v in chosen.items())
        table.add_row(name, described, f"{error:.3f}", f"{predicted:.3f}", f"{seconds:.3f}")
    Console(width=100).print(table)
    protocol = {"protocol": "chroma32", "photos": len(reporting), "threads": 1}
    draw_edge(reporting, parameters, RESULTS.with_suffix(".png"))
    RESULTS.write_text(json.dumps(protocol | {"results": results}, indent=2) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m benchmarks.upsampling FOLDER_OF_PHOTOS")
    main(sys.argv[1])
