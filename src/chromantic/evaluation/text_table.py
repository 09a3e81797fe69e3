"""Tables of text: for a terminal, and for Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table


@dataclass(frozen=True)
class TextTable:
    """A table whose cells are text already.

    Attributes:
        columns: The headings.
        rows: As many cells as there are columns; the first names its row.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """The table in Markdown."""
        lines = [self.columns, ["---"] * len(self.columns), *self.rows]
        return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)

    def terminal(self, title: str | None = None, caption: str | None = None) -> Table:
        """The table as rich prints it, numbers to the right."""
        first, *others = self.columns
        table = Table(first, title=title, caption=caption)
        for column in others:
            table.add_column(column, justify="right")
        for row in self.rows:
            table.add_row(*row)
        return table
