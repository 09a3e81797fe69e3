import numpy as np
import pytest
from PIL import Image

from chromantic.archive.job import Job
from chromantic.options import Options


@pytest.fixture
def job(tmp_path, tiny_weights) -> Job:
    """A tree of four photos and one that is cut short."""
    rng = np.random.default_rng(0)
    for name in ["a.jpg", "b/c.tif", "b/d/e.png", "b/d/f.webp", "b/broken.jpg"]:
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (40, 48), dtype=np.uint8)).convert("RGB").save(path)
    broken = tmp_path / "in/b/broken.jpg"
    broken.write_bytes(broken.read_bytes()[:900])
    return Job(tmp_path / "in", tmp_path / "out", str(tiny_weights), "cpu", Options())
