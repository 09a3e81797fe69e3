"""The average of weights, and calibration."""

from pathlib import Path

import pytest
import torch

from chromantic.cli import main
from chromantic.data.cache import load_cache
from chromantic.model import mixture, pretrained
from chromantic.model.config import preset
from chromantic.model.network import Chromantic
from chromantic.training.average import calibrate

CLASSES = ("background", "thing")
ABOUT = {"data": {}, "licence": "CC0", "seed": 0, "steps": 1, "photos_seen": 8}


def write(path: Path, seed: int, classes: tuple[str, ...] = CLASSES) -> Path:
    torch.manual_seed(seed)
    pretrained.save(Chromantic(preset("tiny", classes)), path, ABOUT | {"seed": seed})
    return path


def test_an_average_lies_between_its_weights(tmp_path: Path) -> None:
    one, other = write(tmp_path / "one.safetensors", 1), write(tmp_path / "other.safetensors", 2)
    command = ["average", str(one), str(other), "--share", "0.75", "--output", str(tmp_path / "mean.safetensors")]
    assert main(command) == 0
    states = [pretrained.load(path).state_dict() for path in (one, other, tmp_path / "mean.safetensors")]
    for name, mean in states[2].items():
        expected = 0.75 * states[0][name] + 0.25 * states[1][name]
        torch.testing.assert_close(mean, expected, atol=2e-3, rtol=2e-3)
    about = pretrained.about(tmp_path / "mean.safetensors")
    prints = [pretrained.fingerprint(path) for path in (one, other)]
    assert about == ABOUT | {"seed": 1, "averaged": {"fingerprints": prints, "shares": [0.75, 0.25]}}


def test_calibration_finds_how_sure_the_embedding_should_be(cache: Path, tmp_path: Path) -> None:
    """The photos' chroma is drawn from the embedding itself: it is calibrated then, until it is made too sure."""
    torch.manual_seed(0)
    network, photos = Chromantic(preset("tiny", CLASSES)).eval().requires_grad_(False), load_cache(cache)
    whole = photos.tensors(torch.arange(len(photos)))
    parameters = network.encode(whole.lightness).chroma_parameters
    uniform = torch.rand(len(photos), 12, 32, 32).clamp(1e-6, 1 - 1e-6)
    gumbel, logistic = -torch.log(-torch.log(uniform[:, :10])), torch.logit(uniform[:, 10:])
    chroma = mixture.draw(parameters, gumbel, logistic)
    photos.chroma.copy_(chroma.transpose(0, 1).reshape(2, -1))
    bias = network.embedding_head.conv.bias
    assert bias is not None
    bias[30:50] -= 0.5
    found = calibrate(network, photos)
    assert found.log_scale == pytest.approx(0.5, abs=0.1)
    assert found.after < found.before
    after = network.encode(whole.lightness).chroma_parameters
    assert (after - parameters)[:, 30:50].abs().mean() < 0.1
    assert torch.equal(after[:, 10:30], parameters[:, 10:30])


def test_networks_that_differ_are_not_averaged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = write(tmp_path / "one.safetensors", 1), write(tmp_path / "other.safetensors", 2, (*CLASSES, "more"))
    assert main(["average", str(one), str(other), "--output", str(tmp_path / "mean.safetensors")]) == 2
    assert f"{other}: is another network than {one}" in capsys.readouterr().err
    assert not (tmp_path / "mean.safetensors").exists()
    for share in ("1.5", "half"):
        assert main(["average", str(one), str(one), "--share", share, "--output", str(tmp_path / "m.safetensors")]) == 2
    assert main(["average", str(one), str(one), "--output", str(one)]) == 2
    assert "would be overwritten" in capsys.readouterr().err


def test_calibrating_needs_photos(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = write(tmp_path / "one.safetensors", 1)
    command = ["average", str(one), str(one), "--output", str(tmp_path / "mean.safetensors"), "--calibrate"]
    assert main([*command, str(one)]) == 2
    assert "is not a photo cache" in capsys.readouterr().err
    assert main([*command, str(tmp_path / "missing.safetensors")]) == 2
    assert "no such cache" in capsys.readouterr().err
