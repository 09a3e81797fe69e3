"""The grid on which the network reads a photo: the same in training, in colorizing and in measuring."""

CELL = 4
"""Pixels of lightness along a side of a cell, which has one chroma pair and one label."""
SHORTER_SIDE = 128
"""Pixels along the shorter side of a photo as the network reads it (paper, Section 3.1)."""
LONGEST_SIDE = 8 * SHORTER_SIDE
"""Photos longer than 8 to 1 are squeezed to this for the network; a result keeps its photo's shape all the same."""


def grid_of(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of cells of a photo of height and width: its aspect kept up to 8 to 1."""
    shorter, cells, most = min(height, width), SHORTER_SIDE // CELL, LONGEST_SIDE // CELL
    return min(round(height / shorter * cells), most), min(round(width / shorter * cells), most)
