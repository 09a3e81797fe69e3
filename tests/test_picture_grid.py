import numpy as np
from PIL import Image

from chromantic.picture_grid import CAPTION_HEIGHT, Cell, fit_picture, picture_grid

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def plain(colour: tuple[int, ...], width: int, height: int) -> Image.Image:
    return Image.new("RGB" if len(colour) == 3 else "RGBA", (width, height), colour)


def test_pictures_stand_in_rows_and_columns() -> None:
    rows = [
        [Cell(plain(RED, 40, 20)), Cell(plain(GREEN, 40, 30))],
        [Cell(plain(BLUE, 20, 40)), Cell(plain(RED, 40, 10))],
    ]
    sheet = np.asarray(picture_grid(["", ""], rows, side=40))
    assert sheet.shape == (6 + 30 + 6 + 40 + 12, 12 + 40 + 6 + 40 + 12, 3)
    for colour, places in {RED: [(6, 12), (25, 51), (42, 58)], GREEN: [(35, 97)], BLUE: [(42, 12), (81, 31)]}.items():
        assert [tuple(sheet[place]) for place in places] == [colour] * len(places)
    assert tuple(sheet[26, 12]) == (255, 255, 255)  # below the lower picture of its row


def test_titles_reach_over_columns_without_one_and_break_where_they_must() -> None:
    row = [Cell(plain(RED, 60, 60)) for _ in range(3)]
    one_line = picture_grid(["a few long words", "", "b"], [row], side=60)
    two_lines = picture_grid(["a few long words", "b", ""], [row], side=60)
    assert one_line.height == picture_grid(["", "", ""], [row], side=60).height + 12 + CAPTION_HEIGHT
    assert two_lines.height >= one_line.height + CAPTION_HEIGHT
    ink = np.asarray(two_lines.convert("L"))[: two_lines.height - 60 - 6 - 12] < 128
    assert ink[:, 12 : 12 + 60].any()
    assert ink[:, 12 + 66 : 12 + 126].any()
    assert not ink[:, 12 + 132 :].any()


def test_captions_are_text_or_pictures() -> None:
    row = [Cell(plain(RED, 60, 60), "name"), Cell(plain(RED, 60, 60), plain(BLUE, 60, CAPTION_HEIGHT))]
    sheet = np.asarray(picture_grid(["", ""], [row], side=60))
    assert sheet.shape[0] == 6 + 60 + CAPTION_HEIGHT + 12
    assert tuple(sheet[66, 78]) == BLUE
    assert (sheet[66:86, 12:72].min(axis=-1) < 128).any()


def test_large_pictures_shrink_and_transparent_ones_lie_on_paper() -> None:
    assert fit_picture(plain(RED, 200, 100), 50).size == (50, 25)
    assert fit_picture(plain(RED, 20, 10), 50).size == (20, 10)
    assert fit_picture(plain((0, 0, 0, 0), 2, 2)).getpixel((0, 0)) == (255, 255, 255)
