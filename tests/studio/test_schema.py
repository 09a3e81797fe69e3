"""Requests made up from the service's own description: whatever comes, it is not the service that fails."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from served import LIMITS, serving

from chromantic.colorizer import Colorizer


@pytest.mark.slow
def test_nothing_made_up_from_the_description_breaks_it(colorizer: Colorizer, tmp_path: Path) -> None:
    """Schemathesis looks for answers of 500 and more."""
    with serving(colorizer, tmp_path, limits=LIMITS) as client:
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{client.url}/openapi.json", "--no-color"]
        options = ["--checks", "not_a_server_error", "--max-examples", "200", "--seed", "1"]
        run = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    generated = re.search(r"(\d+) generated", run.stdout)
    assert generated, run.stdout
    assert int(generated[1]) > 200
