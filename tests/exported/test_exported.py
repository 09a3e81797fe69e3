"""Exported weights colorize as those that they were exported from, and without torch."""

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from PIL import Image

import chromantic
from chromantic.engine import Engine
from chromantic.errors import ChromanticError
from chromantic.exported.file import GRAPHS, read_exported, write_exported
from chromantic.exported.network import choose_providers
from chromantic.files import sha256
from chromantic.options import Draws
from chromantic.understanding import KnownChroma
from chromantic.weights_files import EXPORTED, TRAINED, resolve, shipped

DEFAULT = resolve("default", EXPORTED)
DOG = Path(__file__).parents[2] / "examples" / "dog.jpg"
SIZES = (128, 172), (180, 128), (132, 136)


def lightness_of(size: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 100, size).astype(np.float32)


def hints_for(size: tuple[int, int]) -> KnownChroma:
    rng, cells = np.random.default_rng(1), (size[0] // 4, size[1] // 4)
    return rng.uniform(-60, 60, (2, *cells)).astype(np.float32), rng.random(cells) < 0.05


def compare(reference: Engine, exported: Engine, size: tuple[int, int], hints: KnownChroma | None) -> None:
    ours, theirs = (engine.understand(lightness_of(size), hints) for engine in (exported, reference))
    np.testing.assert_allclose(ours.chroma_parameters, theirs.chroma_parameters, atol=1e-3)
    np.testing.assert_allclose(ours.mean_chroma, theirs.mean_chroma, atol=0.02)
    np.testing.assert_allclose(ours.entropy, theirs.entropy, atol=0.01)
    for array, other in zip(ours.components, theirs.components, strict=True):
        np.testing.assert_allclose(array, other, rtol=2e-3, atol=0.02)
    if theirs.class_probabilities is None:
        assert ours.class_probabilities is None
    else:
        assert ours.class_probabilities is not None
        np.testing.assert_allclose(ours.class_probabilities, theirs.class_probabilities, atol=1e-3)
    for draws in (Draws(2, 7, 1.0, None), Draws(2, 7, 1.0, 2)):
        (chroma, nats), (their_chroma, their_nats) = exported.draw(ours, draws), reference.draw(theirs, draws)
        assert (np.abs(chroma - their_chroma) < 0.1).mean() > 0.9  # a rounding may tip, and those after it follow
        assert nats == pytest.approx(their_nats, rel=0.02)


@pytest.mark.parametrize("size", SIZES)
def test_the_default_weights_colorize_as_their_reference(size: tuple[int, int]) -> None:
    pytest.importorskip("torch", reason="no torch; pip install '.[dev]'")
    reference, exported = Engine.from_pretrained(resolve("default", TRAINED)), Engine.from_pretrained("default")
    assert exported.class_names == reference.class_names
    assert (exported.size, exported.takes_hints) == (reference.size, reference.takes_hints)
    for hints in (None, hints_for(size) if exported.takes_hints else None):
        compare(reference, exported, size, hints)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("tiny", {}),
        ("tiny", {"flow": "purple", "hints": True}),
        ("tiny", {"flow": "purple-blue", "branch": "512-channel blocks", "components": 4}),
        ("tiny", {"fusion": "film"}),
        ("tiny", {"trunk": "efficientnet-lite0"}),
        ("lite", {"trunk": "efficientnet-lite2"}),
    ],
)
def test_every_network_can_be_exported(name: str, changes: dict, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="no torch; pip install '.[dev]'")
    pytest.importorskip("onnx", reason="no onnx; pip install '.[dev]'")
    from chromantic.model import pretrained
    from chromantic.model.config import preset
    from chromantic.model.network import Chromantic
    from chromantic.reference.export import export

    torch.manual_seed(0)
    network = Chromantic(preset(name, ("background", "cat", "dog"), **changes)).eval()
    if network.hints:
        torch.nn.init.normal_(network.hints.weight)
    pretrained.save(network, tmp_path / "trained.safetensors", {"data": "none"})
    output = tmp_path / "exported.chromantic"
    export(tmp_path / "trained.safetensors", output)
    reference, exported = (Engine.from_pretrained(tmp_path / file) for file in ("trained.safetensors", output))
    assert exported.name.rpartition("@")[2] == reference.name.rpartition("@")[2]
    assert read_exported(output).description["about"] == {"data": "none"}
    for size in SIZES[:2]:
        compare(reference, exported, size, hints_for(size) if exported.takes_hints else None)


def test_shipped_exports_belong_to_the_shipped_weights() -> None:
    assert shipped(EXPORTED) == shipped(TRAINED)
    for name in shipped(EXPORTED):
        source = read_exported(resolve(name, EXPORTED)).description["source"]
        assert source == sha256(resolve(name, TRAINED)), f"export {name} anew: make weights"


def test_the_file_says_what_it_holds() -> None:
    exported = read_exported(DEFAULT)
    assert set(exported.description) == {
        "about",
        "format",
        "inputs",
        "network",
        "opset",
        "outputs",
        "parameters",
        "source",
    }
    for name in GRAPHS:
        session = onnxruntime.InferenceSession(exported.graphs[name], providers=["CPUExecutionProvider"])
        inputs = {each.name: each.shape for each in session.get_inputs()}
        outputs = {each.name: each.shape for each in session.get_outputs()}
        assert (inputs, outputs) == (exported.description["inputs"][name], exported.description["outputs"][name])


WITHOUT_TORCH = """
import sys
for name in ("torch", "onnx", "safetensors", "accelerate"):
    sys.modules[name] = None
import numpy, chromantic
result = chromantic.colorize(sys.argv[1], samples=2)
assert len(result.images) == 2 and result.segmentation and result.uncertainty.max() > 0
drawn = chromantic.colorize(sys.argv[1], candidates=1)
assert drawn.log_likelihoods[0] < 0
print(result.model)
try:
    chromantic.colorize(sys.argv[1], model=sys.argv[2])
except chromantic.ChromanticError as error:
    print(error)
"""


def test_colorizing_needs_no_torch() -> None:
    trained = resolve("default", TRAINED)
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, str(DOG), str(trained)], capture_output=True, text=True, check=False
    )
    assert not run.stderr
    name, refusal = run.stdout.splitlines()
    assert name == f"default@{sha256(trained)[:12]}"
    assert refusal.startswith(f"{trained}: these weights need torch; pip install 'chromantic[train]'")


def damaged(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A copy of the default weights with other members."""
    with zipfile.ZipFile(DEFAULT) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def loads(path: Path) -> None:
    engine = Engine.from_pretrained(path)
    engine.draw(engine.understand(lightness_of((16, 16))), Draws(1, 0, 1.0, 1))


def described(**changes: object) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members["network.json"] = json.dumps(json.loads(members["network.json"]) | changes).encode()

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda members: members.pop("encoder.onnx"), "no exported weights, or damaged"),
        (lambda members: members.pop("network.json"), "no exported weights, or damaged"),
        (lambda members: members.update({"network.json": b"{"}), "no exported weights, or damaged"),
        (lambda members: members.update({"network.json": b"3"}), "no exported weights, or damaged"),
        (lambda members: members.update({"encoder.onnx": b"no graph"}), "damaged, its graphs cannot be read"),
        (lambda members: members.update({"encoder.onnx": members["entropy.onnx"]}), "of another network"),
        (
            lambda members: members.update({"generator/head.weights.npy": b"no array"}),
            "no exported weights, or damaged",
        ),
        (lambda members: members.pop("generator/head.weights.npy"), "its generator is not whole"),
        (
            lambda members: members.update({"generator/head.weights.npy": members["generator/scene.weights.npy"]}),
            "its generator is not whole",
        ),
        (described(format=2), "another version of Chromantic"),
        (described(network={}), "does not tell of its network"),
        (described(network=None), "does not tell of its network"),
    ],
)
def test_damaged_files_are_refused(
    change: Callable[[dict[str, bytes]], None], message: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = damaged(tmp_path / "weights.chromantic", change)
    with pytest.raises(ChromanticError, match=message) as refusal:
        loads(path)
    assert str(refusal.value).startswith(f"{path}: ")
    assert "\n" not in str(refusal.value)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("share", [0.0001, 0.5, 0.9999])
def test_truncated_files_are_refused(share: float, tmp_path: Path) -> None:
    whole, path = DEFAULT.read_bytes(), tmp_path / "weights.chromantic"
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ChromanticError, match="no exported weights, or damaged"):
        loads(path)


def test_flipped_bits_are_noticed(tmp_path: Path) -> None:
    content, path = bytearray(DEFAULT.read_bytes()), tmp_path / "weights.chromantic"
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ChromanticError, match="damaged"):
        loads(path)


def test_pickles_stay_closed(tmp_path: Path) -> None:
    def pickled(members: dict[str, bytes]) -> None:
        np.save(tmp_path / "pickle.npy", np.array([{}], object), allow_pickle=True)
        members["generator/head.biases.npy"] = (tmp_path / "pickle.npy").read_bytes()

    with pytest.raises(ChromanticError, match="allow_pickle=False"):
        loads(damaged(tmp_path / "weights.chromantic", pickled))


def test_the_same_content_gives_the_same_file(tmp_path: Path) -> None:
    write_exported(tmp_path / "copy.chromantic", read_exported(DEFAULT))
    assert (tmp_path / "copy.chromantic").read_bytes() == DEFAULT.read_bytes()


def test_a_device_is_one_that_onnx_runtime_has(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = "CPUExecutionProvider"
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CoreMLExecutionProvider", cpu])
    assert choose_providers("cpu") == [cpu]
    assert choose_providers("auto") == ["CoreMLExecutionProvider", cpu]
    with pytest.raises(ChromanticError, match="device cuda: ONNX Runtime finds none"):
        choose_providers("cuda")
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", cpu])
    assert choose_providers("cuda") == ["CUDAExecutionProvider", cpu]


def test_the_encoder_is_used_as_the_reference_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs/reference/exported.md").read_text()
    example = page.split("```python\n")[1].split("```")[0]
    shutil.copy(DEFAULT, tmp_path / "default.chromantic")
    with Image.open(DOG) as dog:
        dog.convert("L").resize((172, 128)).save(tmp_path / "photo.jpg", quality=100)
    monkeypatch.chdir(tmp_path)
    said: dict[str, np.ndarray] = {}
    exec(example, said)
    expected = chromantic.colorize("photo.jpg").chroma[0]
    assert np.abs(said["chroma"] - expected).mean() < 0.5
