from rich.console import Console

from chromantic.evaluation.text_table import TextTable

TABLE = TextTable(("measure", "a|b"), [("psnr", "1.0"), ("ssim", "")])


def test_markdown() -> None:
    assert TABLE.markdown().splitlines() == ["| measure | a\\|b |", "| --- | --- |", "| psnr | 1.0 |", "| ssim |  |"]


def test_terminal() -> None:
    console = Console(width=60)
    with console.capture() as shown:
        console.print(TABLE.terminal("Title", "Caption"))
    text = shown.get()
    for part in ("Title", "measure", "a|b", "psnr", "1.0", "Caption"):
        assert part in text
