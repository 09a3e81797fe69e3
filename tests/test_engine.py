"""What the network tells of a photo."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from chromantic.engine import Engine
from chromantic.errors import ChromanticError
from chromantic.model.config import preset
from chromantic.model.network import Chromantic
from chromantic.options import Draws
from chromantic.reference.network import TorchNetwork

LIGHTNESS = np.random.default_rng(0).uniform(0, 100, (128, 172)).astype(np.float32)


@pytest.fixture(scope="module")
def engine(tiny_weights: Path) -> Engine:
    return Engine.from_pretrained(tiny_weights)


def test_understandings_are_of_one_photo_and_of_one_size(engine: Engine) -> None:
    seen = engine.understand(LIGHTNESS)
    assert seen.mean_chroma.shape == seen.expected_chroma.shape == (2, 32, 43)
    assert seen.embedding.shape[1:] == seen.entropy.shape == (32, 43)
    assert seen.components.log_weights.shape == (10, 32, 43)
    assert seen.components.means.shape == seen.components.variances.shape == (2, 10, 32, 43)
    assert seen.class_probabilities is not None
    np.testing.assert_allclose(seen.class_probabilities.sum(axis=0), 1, rtol=1e-5)
    expected = (np.exp(seen.components.log_weights) * seen.components.means).sum(axis=1)
    np.testing.assert_allclose(seen.mean_chroma, expected, atol=1e-3)
    np.testing.assert_allclose(seen.expected_chroma, 1.6 * seen.mean_chroma)


@pytest.mark.parametrize("flow", ["purple", "purple-blue-green"])
def test_hints_are_heard_where_there_are_any(flow: str) -> None:
    torch.manual_seed(0)
    network = Chromantic(replace(preset("tiny", ("background", "cat"), flow=flow), hints=True)).eval()
    assert network.hints
    torch.nn.init.normal_(network.hints.weight)
    engine = Engine(TorchNetwork(network), "tiny")
    assert engine.takes_hints
    nothing = np.zeros((2, 32, 43), np.float32), np.zeros((32, 43), bool)
    known = np.full((2, 32, 43), 50, np.float32), np.pad([[True]], ((3, 28), (4, 38)))
    unhinted, told_nothing, told = (engine.understand(LIGHTNESS, hints) for hints in (None, nothing, known))
    np.testing.assert_array_equal(unhinted.mean_chroma, told_nothing.mean_chroma)
    assert np.abs(told.mean_chroma - unhinted.mean_chroma)[:, 3, 4].max() > 0.01
    assert engine.draw(told, Draws(1, 0, 1.0, 1))[0].shape == (1, 2, 32, 43)


def test_hints_are_refused_where_the_network_takes_none(engine: Engine) -> None:
    assert not engine.takes_hints
    with pytest.raises(ChromanticError, match="take no hints"):
        engine.understand(LIGHTNESS, (np.zeros((2, 32, 43), np.float32), np.zeros((32, 43), bool)))
