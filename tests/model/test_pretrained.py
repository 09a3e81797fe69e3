"""Checkpoint files: a round trip, and every file that is not a checkpoint refused."""

import pickle
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from chromantic import weights_files
from chromantic.errors import ChromanticError
from chromantic.model import pretrained
from chromantic.model.config import preset
from chromantic.model.network import Chromantic


@pytest.fixture
def network() -> Chromantic:
    torch.manual_seed(0)
    return Chromantic(preset("tiny", ("background", "cat"), fusion="film")).eval()


@pytest.fixture
def weights(network: Chromantic, tmp_path: Path) -> Path:
    path = tmp_path / "weights.safetensors"
    pretrained.save(network, path, {"photos_seen": 3})
    return path


def contents(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118


def test_what_is_saved_is_loaded(network: Chromantic, weights: Path) -> None:
    loaded = pretrained.load(weights)
    assert loaded.config == network.config
    assert not loaded.training
    for name, tensor in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor.half().float())
    assert pretrained.about(weights) == {"photos_seen": 3}
    assert list(weights.parent.iterdir()) == [weights]


def test_tensors_are_float16(weights: Path) -> None:
    assert {tensor.dtype for tensor in contents(weights)[0].values()} == {torch.float16}


def test_the_fingerprint_tells_files_apart(network: Chromantic, weights: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    pretrained.save(network, other, {"photos_seen": 4})
    assert pretrained.fingerprint(weights) != pretrained.fingerprint(other)
    assert pretrained.fingerprint(weights) == pretrained.fingerprint(weights)


def refuse(path: Path, reason: str) -> None:
    with pytest.raises(ChromanticError, match=reason) as caught:
        pretrained.load(path)
    message = str(caught.value)
    assert path.name in message
    assert "\n" not in message
    assert len(message) < 400


def test_a_tensor_of_another_shape_is_refused(weights: Path) -> None:
    tensors, metadata = contents(weights)
    tensors["embedding_head.conv.weight"] = tensors["embedding_head.conv.weight"][:-6]
    save_file(tensors, weights, metadata)
    refuse(weights, "do not fit")


@pytest.mark.parametrize("change", ["missing", "extra"])
def test_missing_and_extra_tensors_are_refused(weights: Path, change: str) -> None:
    tensors, metadata = contents(weights)
    if change == "missing":
        del tensors["embedding_head.conv.weight"]
    else:
        tensors["another"] = torch.zeros(1)
    save_file(tensors, weights, metadata)
    refuse(weights, "do not fit")


def test_a_foreign_safetensors_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "foreign.safetensors"
    save_file({"x": torch.zeros(1)}, path)
    refuse(path, "no Chromantic network")


def test_an_unknown_config_is_refused(weights: Path) -> None:
    tensors, metadata = contents(weights)
    metadata[pretrained.METADATA_KEY] = '{"network": {"width": 1, "depth": 3}}'
    save_file(tensors, weights, metadata)
    refuse(weights, "another version")


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "no Chromantic network"),
        ("{}", "another version"),
        ('{"network": []}', "another version"),
        ('{"network": {"width": 0.125, "classes": [], "trunk": "of later"}}', "another version"),
        *[(f'{{"network": {{"width": {width}, "classes": []}}}}', "do not fit") for width in (0.2, 1e9, "NaN")],
    ],
)
def test_strange_metadata_is_refused(weights: Path, metadata: str, reason: str) -> None:
    save_file(contents(weights)[0], weights, {pretrained.METADATA_KEY: metadata})
    refuse(weights, reason)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(weights: Path, value: float) -> None:
    tensors, metadata = contents(weights)
    tensors["embedding_head.conv.weight"][0, 0] = value
    save_file(tensors, weights, metadata)
    refuse(weights, "not finite")


@pytest.mark.parametrize("value", [float("nan"), 1e5], ids=["nan", "more than float16 holds"])
def test_weights_that_are_not_finite_are_not_saved(network: Chromantic, weights: Path, value: float) -> None:
    before = weights.read_bytes()
    torch.nn.init.constant_(network.embedding_head.conv.weight, value)
    with pytest.raises(ChromanticError, match=r"embedding_head\.conv\.weight is not finite"):
        pretrained.save(network, weights, {})
    assert weights.read_bytes() == before


def test_a_file_that_may_not_be_read(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(pretrained, "safe_open", denied)
    refuse(weights, "Permission denied")


def test_weights_without_an_origin(weights: Path) -> None:
    save_file(contents(weights)[0], weights, {pretrained.METADATA_KEY: "{}"})
    with pytest.raises(ChromanticError, match="where it comes from"):
        pretrained.about(weights)


def test_a_pickle_is_refused_and_never_run(tmp_path: Path) -> None:
    witness = tmp_path / "witness"

    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (witness,)

    path = tmp_path / "weights.pt"
    path.write_bytes(pickle.dumps(Evil()))
    refuse(path, "not a safetensors file")
    assert not witness.exists()


def test_a_truncated_file_is_refused(weights: Path) -> None:
    weights.write_bytes(weights.read_bytes()[:-100])
    refuse(weights, "damaged")


def test_exported_weights_are_told_apart(tiny_weights: Path) -> None:
    refuse(tiny_weights, "exported weights only colorize")


@pytest.mark.parametrize(("names", "end"), [([], "file"), (["default", "other"], "shipped: default, other")])
def test_neither_a_name_nor_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], end: str) -> None:
    monkeypatch.setattr(weights_files, "shipped", lambda suffix: names)
    refuse(tmp_path / "nothing", f"no such weights.*{end}$")
