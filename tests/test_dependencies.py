"""What `make lint` does not see of the dependency rule of CONTRIBUTING.md."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import chromantic

PACKAGE = Path(chromantic.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(module: Path) -> str:
    return module.relative_to(PACKAGE).with_suffix("").parts[0]


def imported_modules(module: Path) -> Iterator[str]:
    """Full names of the imported modules, and of what is imported from them."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            assert node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_only_weights_are_read_in_the_model():
    files = {"io", "os", "pathlib", "safetensors", "shutil", "tempfile", "huggingface_hub"}
    for module in (PACKAGE / "model").rglob("*.py"):
        if module.name not in ("pretrained.py", "imagenet.py"):
            assert not {name.split(".")[0] for name in imported_modules(module)} & files, module.name
            assert "open(" not in module.read_text(), module.name


DECODERS = {"cv2", "imageio", "matplotlib.image", "openjpeg", "pi_heif", "pillow_heif", "PIL.ImageFile", "pyvips"}
DECODERS |= {"skimage.io", "tifffile", "torchvision.io"}


def decodes(module: Path) -> Iterator[str]:
    """What a file says that decodes a picture."""
    yield from (name for name in imported_modules(module) if any(f"{name}.".startswith(f"{d}.") for d in DECODERS))
    for node in ast.walk(ast.parse(module.read_text())):
        name = ast.unparse(node) if isinstance(node, ast.Attribute | ast.Name) else ""
        if name.split(".")[-1] in ("imread", "decode_image", "read_image"):
            yield name
        if name in ("Image.open", "Image.frombytes", "Image.frombuffer"):
            yield name


def test_only_photo_decodes_pictures():
    own_files = PACKAGE / "data" / "cache.py"  # packed photos: training on them needs no libvips
    for module in MODULES:
        if room_of(module) != "photo" and module != own_files:
            assert not list(decodes(module)), module


@pytest.mark.parametrize(
    "code",
    [
        "import pyvips",
        "from PIL import Image\nImage.open('x')",
        "from PIL import Image\nImage.frombytes('L', (1, 1), b'x')",
        "from PIL.ImageFile import Parser",
        "from PIL import ImageFile",
        "from matplotlib import pyplot\npyplot.imread('x')",
        "from skimage import io",
        "def read():\n    from torchvision.io import decode_image",
    ],
)
def test_decoding_is_noticed(tmp_path, code):
    (tmp_path / "module.py").write_text(code)
    assert list(decodes(tmp_path / "module.py"))


@pytest.mark.parametrize(
    "module", ["chromantic", "chromantic.photo", "chromantic.colour.upsampling", "chromantic.studio.server"]
)
def test_no_runtime_is_loaded_by(module):
    if module == "chromantic.studio.server":
        pytest.importorskip("fastapi", reason="no fastapi; pip install '.[dev]'")
    code = f"import sys, {module}; sys.exit(bool({{'torch', 'onnxruntime'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_colorizing_loads_neither_torch_nor_numba():
    code = (
        "import sys, numpy, chromantic; chromantic.colorize(numpy.zeros((8, 8)), samples=2);"
        "sys.exit(bool({'torch', 'numba', 'pydantic', 'jinja2'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def texts_of(module: Path) -> Iterator[str]:
    """What a file says in strings, but for documentation."""
    tree = ast.parse(module.read_text())
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


def test_only_the_command_line_speaks_of_flags():
    for module in MODULES:
        if room_of(module) != "cli":
            spoken = [text for text in texts_of(module) if re.search(r"(^|[^\w-])--[a-z]", text)]
            names = [text for text in spoken if re.fullmatch(r"--[a-z-]+", text)]  # of a flag, where it is made
            assert spoken == names, module
