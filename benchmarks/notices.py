"""Measures what is said of photos before they are colorized: `python -m benchmarks.notices FOLDER [--photos N]`.

Of each colour photo of the folder and its sub-folders: itself, its grey, its grey as a toned and noisy scan, and the
negatives of the first two; all but the first as JPEG files of several qualities. Counts how many of each kind are taken
for colour photos, and for negatives. Writes benchmarks/results/notices.json.
"""

import argparse
import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from chromantic.photo import read_photo
from chromantic.photo.notice import notices

RESULTS = Path(__file__).parent / "results" / "notices.json"
QUALITIES = (60, 75, 85, 95)
NOISE = 0.015  # of a scanner, in each channel alone
TONES = {
    "sepia": ((0.78, 1.0, 1.35), (1.0, 0.95, 0.82)),
    "cyanotype": ((1.45, 1.05, 0.8), (0.88, 0.96, 1.0)),
    "yellowed": ((0.95, 1.0, 1.1), (0.98, 0.93, 0.78)),
}
"""Exponents of a grey in each channel, and the paper's white."""


def toned(grey: np.ndarray, tone: str, rng: np.random.Generator) -> np.ndarray:
    """A scan in [0, 1] of a print of a grey (height width, in [0, 1]); its paper is darker at one side."""
    exponents, white = TONES[tone]
    print_ = grey[..., None] ** np.array(exponents) * np.array(white)
    stain = 1 - np.linspace(0, 0.06, grey.shape[1])[:, None] * (1 - np.array(white)) / (1 - min(white))
    scan: np.ndarray = (print_ * stain + rng.normal(0, NOISE, print_.shape)).clip(0, 1)
    return scan


def jpeg(picture: np.ndarray, quality: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.rint(picture * 255).astype(np.uint8)).convert("RGB").save(file, "JPEG", quality=quality)
    return file.getvalue()


def variants(photo: Image.Image, rng: np.random.Generator) -> dict[str, Callable[[], bytes]]:
    colour, grey = np.asarray(photo.convert("RGB")) / 255, np.asarray(photo.convert("L")) / 255
    found: dict[str, Callable[[], bytes]] = {"colour": lambda: jpeg(colour, 95)}
    for quality in QUALITIES:
        found[f"grey, quality {quality}"] = lambda quality=quality: jpeg(grey, quality)  # type: ignore[misc]
        for tone in TONES:
            found[f"{tone}, quality {quality}"] = lambda tone=tone, quality=quality: jpeg(  # type: ignore[misc]
                toned(grey, tone, rng), quality
            )
    found["negative of grey"] = lambda: jpeg(1 - grey, 95)
    mask = np.array([0.95, 0.6, 0.4])
    found["colour negative with its mask"] = lambda: jpeg((1 - colour) * mask, 95)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=1000)
    options = parser.parse_args()
    files = sorted(options.folder.rglob("*.jpg"))
    files = files[:: max(1, len(files) // options.photos)]
    rng, said = np.random.default_rng(0), dict[str, Counter[str]]()
    for file in files:
        with Image.open(file) as photo:
            for name, content in variants(photo, rng).items():
                said.setdefault(name, Counter()).update(list(notices(read_photo(content()))))
    shares = {
        name: {what: counts[what] / len(files) for what in ("colour", "negative")} for name, counts in said.items()
    }
    report = {"photos": len(files), "folder": options.folder.name, "share_said_to_be": shares}
    print(json.dumps(report, indent=2))
    RESULTS.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
