"""What hints do to whole photos: how exact they are, how far their colours leak, and how alike a series becomes.

    python -m benchmarks.hints VOC2012 PHOTOS

VOC2012 is a folder of PASCAL VOC with masks of its objects; PHOTOS is a folder of colour photos that are larger than
500 pixels.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from chromantic.colorizer import Colorizer
from chromantic.colour.lab import fit_chroma_to_gamut
from chromantic.data.collections.voc import voc_examples
from chromantic.hint import Hint
from chromantic.photo import chroma_of, photos_in, read_photo, split_lightness

_POINTS = 20
_STRANGE = 50.0  # CIE units of the chroma of colours that nobody expects
_SHARES = 0.05, 0.5  # of a photo that an object covers
_FRAMES, _FRAME = 30, 0.7  # of a pan, and the share of the photo's width that a frame shows


def exactness(colorizer: Colorizer, files: Sequence[Path]) -> list[float]:
    """The largest error of each photo's hints of its own colours at their centres, in CIE units.

    The truth is what sRGB has of a hint's colour at the photo's lightness.
    """
    rng = np.random.default_rng(0)
    errors = []
    for file in files:
        photo = read_photo(file)
        width, height = photo.size
        places = np.stack([rng.integers(0, width, _POINTS), rng.integers(0, height, _POINTS)])
        chroma = chroma_of(photo, slice(None))[:, places[1], places[0]]
        hints = [Hint(x, y, (a, b)) for x, y, a, b in zip(*places.tolist(), *chroma.tolist(), strict=True)]
        result = read_photo(np.asarray(colorizer.colorize(file, hints=hints).images[0].convert("RGB")))
        reached = chroma_of(result, slice(None))[:, places[1], places[0]]
        lightness = split_lightness(photo)[places[1], places[0]]
        wanted = fit_chroma_to_gamut(lightness[None], chroma[:, None])[:, 0]
        errors.append(float(abs(reached - wanted).max()))
    return errors


def leaking(colorizer: Colorizer, folder: Path, count: int) -> list[float]:
    """How much a strange colour at the middle of an object changes its surroundings: a part of the object's change."""
    shares = []
    for example in voc_examples(folder, "val"):
        mask = np.asarray(Image.open(example.labels)) if example.labels else np.zeros((1, 1))
        objects = [index for index in np.unique(mask) if 0 < index < 255]
        inside = mask == objects[0] if len(objects) == 1 else np.zeros_like(mask, bool)
        if not _SHARES[0] <= inside.mean() <= _SHARES[1]:
            continue
        plain = colorizer.colorize(example.photo)
        x, y = _middle(inside)
        before = _chroma(plain.images[0])
        strange = -before[:, y, x] / max(float(np.hypot(*before[:, y, x])), 1e-3) * _STRANGE
        hint = Hint(x, y, (float(strange[0]), float(strange[1])))
        change = np.hypot(*(_chroma(colorizer.colorize(example.photo, hints=[hint]).images[0]) - before))
        shares.append(float(change[mask == 0].mean() / change[inside].mean()))
        if len(shares) == count:
            break
    return shares


def pan(colorizer: Colorizer, file: Path) -> tuple[float, float]:
    """How much the colours of a thing vary over the frames of a slow pan: by themselves, and like the first frame's.

    The root of the variance of a and b over the frames, of what all of them show.
    """
    photo = Image.open(file).convert("RGB")
    width = round(_FRAME * photo.width)
    lefts = np.linspace(0, photo.width - width, _FRAMES).round().astype(int)
    common = slice(lefts[-1], lefts[0] + width)
    frames = [photo.crop((left, 0, left + width, photo.height)).convert("L") for left in lefts.tolist()]
    first = colorizer.colorize(frames[0], samples=1).images[0]
    spreads = []
    for options in ({"samples": 1}, {"samples": 1, "reference": first}):
        results = []
        for seed, (left, frame) in enumerate(zip(lefts.tolist(), frames, strict=True)):
            chroma = _chroma(colorizer.colorize(frame, seed=seed, **options).images[0])
            results.append(chroma[:, :, common.start - left : common.stop - left])
        spreads.append(float(np.stack(results).var(axis=0).sum(axis=0).mean() ** 0.5))
    return spreads[0], spreads[1]


def seconds(colorizer: Colorizer, file: Path) -> tuple[float, float]:
    """Of a photo of 1,000 pixels without hints, and with 20; the medians of ten."""
    photo = read_photo(np.asarray(Image.open(file).convert("L").resize((1000, 750))))
    hints = [Hint(37.0 * number % 1000, 53.0 * number % 750, "#a03030") for number in range(_POINTS)]

    def median(**options: object) -> float:
        taken = []
        for _ in range(10):
            start = time.perf_counter()
            colorizer.colorize(photo, **options).encode(format="jpeg")
            taken.append(time.perf_counter() - start)
        return float(np.median(taken))

    return median(), median(hints=hints)


def _middle(inside: np.ndarray) -> tuple[int, int]:
    """X and y of the pixel of an area that is farthest from its edge, in city blocks."""
    left, distance = inside.copy(), np.zeros(inside.shape, int)
    while left.any():
        distance += left
        padded = np.pad(left, 1)
        left = left & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    y, x = np.unravel_index(distance.argmax(), inside.shape)
    return int(x), int(y)


def _chroma(image: Image.Image) -> np.ndarray:
    return chroma_of(read_photo(np.asarray(image.convert("RGB"))), slice(None))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("voc", type=Path)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--count", type=int, default=20, help="photos of the first two figures")
    arguments = parser.parse_args()
    colorizer = Colorizer.from_pretrained()
    files = photos_in(arguments.photos)
    table = Table("figure", "mean", "worst")
    exact = exactness(colorizer, files[: arguments.count])
    table.add_row("error at a hint's centre, CIE units", f"{np.mean(exact):.2f}", f"{max(exact):.2f}")
    leaks = leaking(colorizer, arguments.voc, arguments.count)
    table.add_row("change around an object, of that within", f"{np.mean(leaks):.2f}", f"{max(leaks):.2f}")
    pans = np.array([pan(colorizer, file) for file in files[:3]])
    table.add_row("spread over a pan, each by itself", f"{pans[:, 0].mean():.2f}", f"{pans[:, 0].max():.2f}")
    table.add_row("spread over a pan, like the first", f"{pans[:, 1].mean():.2f}", f"{pans[:, 1].max():.2f}")
    plain, hinted = seconds(colorizer, files[0])
    table.add_row("ms, 1,000 pixels, without hints", f"{1000 * plain:.0f}", "")
    table.add_row(f"ms, 1,000 pixels, {_POINTS} hints", f"{1000 * hinted:.0f}", "")
    Console().print(table)


if __name__ == "__main__":
    main()
