"""The documentation as a site."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RESOURCES = re.compile(
    r"""<(?:script|img|source|iframe|video|audio|embed)\b[^>]*\ssrc=["']([^"']+)"""
    r"""|<link\b(?=[^>]*\brel=["'](?:stylesheet|icon|preload|prefetch|preconnect|manifest)\b)[^>]*\shref=["']([^"']+)"""
    r"""|url\(["']?([^"')]+)|@import\s+["']([^"']+)"""
)


def resources_of(text: str) -> list[str]:
    """Addresses that a browser asks for by itself when it shows a page or reads a stylesheet."""
    return [next(filter(None, found)) for found in RESOURCES.findall(text)]


def test_resources_are_found_whatever_asks_for_them() -> None:
    page = (
        '<link rel="stylesheet" href="a.css"/><link href="b.ico" rel="icon"><a href="https://read.me">'
        '<script async src="c.js"></script><img alt="" src="d.png">'
        '<style>@import "e.css"; p { src: url("f.woff2") }</style>'
    )
    assert resources_of(page) == ["a.css", "b.ico", "c.js", "d.png", "e.css", "f.woff2"]


def check_site(site: Path) -> None:
    """Checks that a built site fetches nothing, and that the code's own pages are written."""
    pages = [*site.rglob("*.html"), *site.rglob("*.css")]
    fetched = [(str(page), address) for page in pages for address in resources_of(page.read_text())]
    assert len(fetched) > len(pages)
    assert [(page, address) for page, address in fetched if re.match(r"(https?:)?//", address)] == []
    commands = (site / "reference" / "commands.html").read_text()
    assert "--restore-contrast" in commands
    assert "chromantic study new" in commands
    assert "muon_learning_rate" in (site / "reference" / "configuration.html").read_text()


def test_the_site_that_was_built_fetches_nothing() -> None:
    site = ROOT / "build" / "docs"
    if not (site / "index.html").exists():
        pytest.skip("no site; make docs")
    check_site(site)


@pytest.mark.slow
def test_the_site_builds_without_warnings(tmp_path: Path) -> None:
    pytest.importorskip("furo", reason="no Sphinx; pip install '.[docs]'")
    options = ["--quiet", "--builder=html", "--fresh-env", "--fail-on-warning", "--keep-going", "--nitpicky"]
    command = [sys.executable, "-m", "sphinx", *options, str(ROOT / "docs"), str(tmp_path)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    check_site(tmp_path)
