"""Links between the pages of the repository, and the files that comments and docstrings name."""

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("docs", "src", "tests", "benchmarks", "configs", "examples")
FILES = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.*")]
PAGES = [*ROOT.glob("*.md"), *(file for file in FILES if file.suffix == ".md")]
SOURCES = [file for file in FILES if file.suffix in (".py", ".toml", ".js", ".html")]
NAMED_FILE = re.compile(r"(?<![\w./-])(?:docs|src|tests|benchmarks|configs)/[\w/-]+\.(?:md|py|toml|json|jpg|png)\b")
BLOCK = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
MOST_WORDS = 700


def prose(page: Path) -> str:
    """A page without its blocks and snippets of code."""
    return re.sub(r"`[^`\n]*`", "", BLOCK.sub("", page.read_text()))


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    file = page.parent / path if path else page
    return file.exists() and (not anchor or anchor in anchors(file))


def test_links_lead_to_what_is_there() -> None:
    links = [(page, target) for page in PAGES for target in re.findall(r"\]\(([^)\s]+)\)", prose(page))]
    inside = [(page, target) for page, target in links if not re.match(r"[a-z]+:", target)]
    assert len(inside) > 50
    assert [(str(page), target) for page, target in inside if not leads_somewhere(page, target)] == []


def test_files_that_are_named_are_there() -> None:
    named = [(file, name) for file in PAGES + SOURCES for name in NAMED_FILE.findall(file.read_text())]
    assert len(named) > 100
    there = [(ROOT / name).exists() or (file.parent / name).exists() for file, name in named]
    assert [(str(file), name) for (file, name), found in zip(named, there, strict=True) if not found] == []


def test_python_in_pages_imports_what_is_there() -> None:
    pytest.importorskip("torchmetrics", reason="no torchmetrics; pip install '.[train]'")
    blocks = [block for page in PAGES for block in BLOCK.findall(page.read_text()) if block.startswith("```python")]
    imports = re.findall(r"^from (chromantic\S*) import (.+)$", "\n".join(blocks), re.MULTILINE)
    assert len(imports) > 5
    names = [(import_module(module), name) for module, listed in imports for name in listed.split(", ")]
    assert [(module.__name__, name) for module, name in names if not hasattr(module, name)] == []


def test_every_guide_is_short() -> None:
    words = {
        page.name: len(BLOCK.sub("", page.read_text()).split()) for page in (ROOT / "docs" / "guides").glob("*.md")
    }
    assert max(words.values()) < MOST_WORDS, words
