"""What a release consists of."""

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

from chromantic import __version__

ROOT = Path(__file__).parents[1]
NO_SOURCES = (".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info", "build", "dist", "runs", "cache")


def test_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    assert cited
    assert project["version"] == cited[1] == __version__


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository's files."""
    pytest.importorskip("build", reason="nothing to build with; pip install '.[dev]'")
    clone = tmp_path_factory.mktemp("release") / "clone"
    shutil.copytree(ROOT, clone, symlinks=True, ignore=shutil.ignore_patterns(*NO_SOURCES))
    for suffix in ("safetensors", "chromantic"):
        (clone / f"src/chromantic/weights/other.{suffix}").touch()
    return clone


@pytest.fixture(scope="module")
def release(clone: Path) -> Path:
    """The folder of an sdist, and of the wheel that was built from it."""
    folder = clone.parent / "dist"
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(clone)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def packed(release: Path) -> set[str]:
    (wheel,) = release.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def metadata(release: Path) -> Message:
    (wheel,) = release.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_todays_configs(clone: Path, packed: set[str]) -> None:
    package = clone / "src" / "chromantic"
    files = {f"chromantic/{file.relative_to(package)}" for file in package.rglob("*") if file.is_file()}
    files |= {f"chromantic/configs/{file.name}" for file in (clone / "configs").glob("*.toml")}
    assert {"chromantic/py.typed", "chromantic/weights/other.safetensors", "chromantic/configs/default.toml"} <= files
    assert {name for name in packed if name.startswith("chromantic/")} == files


@pytest.mark.slow
def test_the_wheel_tells_both_licences(packed: set[str], metadata: Message) -> None:
    assert metadata["License-Expression"] == "Apache-2.0 AND LicenseRef-Chromantic-Weights"
    licences = {name.partition("/licenses/")[2] for name in packed if "/licenses/" in name}
    assert licences == {"LICENSE", "src/chromantic/weights/LICENSE.md"}


@pytest.mark.slow
def test_a_package_index_gets_a_readme_without_what_it_cannot_show(metadata: Message) -> None:
    text = metadata.get_payload()
    assert isinstance(text, str)
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert "chromantic colorize photo.jpg" in text
    assert "![" not in text
    assert re.findall(r"\]\((?!https:)", text) == []
    assert "](https://arxiv.org" in text


@pytest.mark.slow
def test_the_sdist_holds_all_that_tests_and_site_need(clone: Path, release: Path) -> None:
    (sdist,) = release.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        packed = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    files = {str(file.relative_to(clone)) for file in clone.rglob("*") if file.is_file()}
    assert files - packed == {".gitignore", ".pre-commit-config.yaml"}


def test_the_weights_terms_are_the_model_cards() -> None:
    card = (ROOT / "MODEL_CARD.md").read_text()
    terms = (ROOT / "src/chromantic/weights/LICENSE.md").read_text()
    for words in ("PASCAL VOC2012", "COCO", "imagenette and imagewoof", "Stanford Background", "non-commercial"):
        assert words in card
        assert words in terms
