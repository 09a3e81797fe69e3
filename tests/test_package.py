"""What a release consists of."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from chromantic import __version__

ROOT = Path(__file__).parents[1]


def test_versions_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    assert cited
    assert project["version"] == cited[1] == __version__


@pytest.mark.slow
def test_the_wheel_holds_types_and_weights(tmp_path: Path):
    clone = tmp_path / "clone"
    shutil.copytree(ROOT / "src", clone / "src", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, clone)
    (clone / "src/chromantic/weights").mkdir(exist_ok=True)
    (clone / "src/chromantic/weights/other.safetensors").touch()
    files = {str(file.relative_to(clone / "src")) for file in clone.glob("src/chromantic/**/*") if file.is_file()}
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, clone]
    subprocess.run(command, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("chromantic/")}
    assert {"chromantic/py.typed", "chromantic/weights/other.safetensors"} <= packed
    assert packed == files
