"""Peak memory and time of a large photo: `python -m benchmarks.large_photo PHOTO [--megapixels 400] [--colours]`.

PHOTO, enlarged, with noise, becomes a 16-bit TIFF of so many megapixels, grey or in colours, which `chromantic`
colorizes into another: in a process of its own, whose largest resident set the kernel reports. It includes pages of
mapped temporary files, which the kernel may drop at any time. Writes benchmarks/results/large_photo.json.
"""

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyvips

RESULTS = Path(__file__).parent / "results" / "large_photo.json"


def write_large(photo: Path, path: Path, megapixels: float, colours: bool) -> pyvips.Image:
    image = pyvips.Image.new_from_file(str(photo)).colourspace("rgb16" if colours else "grey16")
    image = image.resize(math.sqrt(megapixels * 1e6 / (image.width * image.height)), kernel="linear")
    noisy = (image + pyvips.Image.gaussnoise(image.width, image.height, sigma=300)).cast("ushort")
    noisy = noisy.copy(interpretation=image.interpretation)
    noisy.tiffsave(str(path), compression="deflate", predictor="horizontal", bigtiff=True)
    return noisy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", type=Path)
    parser.add_argument("--megapixels", type=float, default=400)
    parser.add_argument("--colours", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "large.tif")
        large = write_large(options.photo, path, options.megapixels, options.colours)
        start = time.monotonic()
        subprocess.run([sys.executable, "-m", "chromantic", "colorize", str(path)], check=True)
        seconds = time.monotonic() - start
        result = pyvips.Image.new_from_file(str(Path(folder, "large.color.tif")))
        assert (result.width, result.height, result.bands, result.format) == (large.width, large.height, 3, "ushort")
    report = {
        "photo": f"{large.width} x {large.height}, 16 bits, {'colour' if options.colours else 'grey'}",
        "peak_gib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20,
        "seconds": seconds,
    }
    print(json.dumps(report, indent=2))
    former = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps(former | {report["photo"]: report}, indent=2) + "\n")


if __name__ == "__main__":
    main()
