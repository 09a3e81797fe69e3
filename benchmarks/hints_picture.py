"""Draws docs/pictures/hints.jpg: photos of examples/ as they are colorized, and told other colours at marked points.

python -m benchmarks.hints_picture
"""

from pathlib import Path

from PIL import Image, ImageDraw

from chromantic.colorizer import Colorizer
from chromantic.hint import Hint

OUTPUT = Path("docs/pictures/hints.jpg")
_WIDTH = 360
_GAP = 4
_TOLD = {
    "astronaut.jpg": [Hint(150, 400, "#d06a28", 14), Hint(330, 60, "#3a5a9a", 8)],
    "horses.jpg": [Hint(420, 75, "#e08a50", 10), Hint(345, 200, "#7a4a30", 5)],
}


def marked(image: Image.Image, hints: list[Hint]) -> Image.Image:
    """The picture with a ring around each hint."""
    drawn = image.convert("RGB")
    reach = image.height / 45
    for hint in hints:
        box = (hint.x - reach, hint.y - reach, hint.x + reach, hint.y + reach)
        ImageDraw.Draw(drawn).ellipse(box, outline="white", width=round(reach / 3))
    return drawn


def main() -> None:
    colorizer = Colorizer.from_pretrained()
    rows = []
    for name, hints in _TOLD.items():
        photo = Image.open(Path("examples", name)).convert("L")
        pictures = [photo, colorizer.colorize(photo).images[0]]
        pictures.append(marked(colorizer.colorize(photo, hints=hints).images[0], hints))
        size = _WIDTH, round(photo.height * _WIDTH / photo.width)
        rows.append([picture.convert("RGB").resize(size, Image.Resampling.LANCZOS) for picture in pictures])
    sheet = Image.new("RGB", (3 * (_WIDTH + _GAP) - _GAP, sum(row[0].height + _GAP for row in rows) - _GAP), "white")
    top = 0
    for row in rows:
        for place, picture in enumerate(row):
            sheet.paste(picture, (place * (_WIDTH + _GAP), top))
        top += row[0].height + _GAP
    sheet.save(OUTPUT, quality=88)


if __name__ == "__main__":
    main()
