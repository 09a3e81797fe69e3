"""Draws docs/pictures/hints.jpg: photos of examples/ as they are colorized, and told other colours at marked points.

python -m benchmarks.hints_picture
"""

from pathlib import Path

from PIL import Image, ImageDraw

from chromantic.colorizer import Colorizer
from chromantic.hint import Hint

OUTPUT = Path("docs/pictures/hints.jpg")
_HEIGHT = 260
_TOLD = {
    "astronaut.jpg": [Hint(150, 400, "#d06a28", 14), Hint(330, 60, "#3a5a9a", 8)],
    "horses.jpg": [Hint(420, 75, "#e08a50", 10), Hint(345, 200, "#7a4a30", 5)],
    "photographer.png": [Hint(110, 400, "#5a2a20", 10), Hint(420, 400, "#8a9a50", 10)],
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
        width = round(photo.width * _HEIGHT / photo.height)
        rows.append([picture.convert("RGB").resize((width, _HEIGHT), Image.Resampling.LANCZOS) for picture in pictures])
    sheet = Image.new("RGB", (max(sum(p.width + 4 for p in row) for row in rows), (_HEIGHT + 4) * len(rows)), "white")
    for number, row in enumerate(rows):
        for place, picture in enumerate(row):
            sheet.paste(picture, (place * (picture.width + 4), number * (_HEIGHT + 4)))
    sheet.save(OUTPUT, quality=88)


if __name__ == "__main__":
    main()
