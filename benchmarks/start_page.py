"""Draws the studio's examples, grey on the left and coloured on the right: `python -m benchmarks.start_page`."""

from pathlib import Path

from PIL import Image, ImageOps

from chromantic import Colorizer

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "src/chromantic/studio/page/examples"
SIZE = (360, 240)


def main() -> None:
    colorizer = Colorizer.from_pretrained()
    for name in ("horses", "sheep"):
        photo = ROOT / f"examples/{name}.jpg"
        half, coloured = Image.open(photo).convert("RGB"), colorizer.colorize(photo).images[0]
        middle = half.width // 2
        half.paste(coloured.crop((middle, 0, *coloured.size)), (middle, 0))
        ImageOps.fit(half, SIZE).save(PAGE / f"{name}-half.avif", quality=38)


if __name__ == "__main__":
    main()
