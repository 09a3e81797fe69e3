import sys

import pytest

from chromantic.progress import progress, track


class Terminal:
    """A standard error that says it is a terminal."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None: ...

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_how_many_items_are_done(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    assert list(track("abcd", "Packing")) == ["a", "b", "c", "d"]
    assert "Packing" in terminal.text
    assert "100%" in terminal.text
    terminal.text = ""
    with progress("Colorizing", 4) as update:
        update(1)
    assert "Colorizing" in terminal.text
    assert "25%" in terminal.text
    assert capsys.readouterr().out == ""


def test_elsewhere_nothing_is_shown(capsys: pytest.CaptureFixture[str]):
    assert list(track([1, 2], "Packing")) == [1, 2]
    assert capsys.readouterr() == ("", "")


def test_a_loop_that_is_left_gives_the_terminal_back(monkeypatch: pytest.MonkeyPatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    hidden, shown = "\x1b[?25l", "\x1b[?25h"
    for item in track([1, 2, 3], "Packing"):
        if item == 2:
            break
    assert terminal.text.rindex(shown) > terminal.text.rindex(hidden)
