"""Muon: steps whose size is that of a rotation, whatever the gradient's."""

import torch
from torch import nn

from chromantic.data.classes import CLASS_NAMES
from chromantic.model.config import preset
from chromantic.model.network import Chromantic
from chromantic.training.config import OptimizationSection
from chromantic.training.muon import Muon, orthogonalize
from chromantic.training.optim import build_optimizers


def kernel(*shape: int, scale: float = 1.0) -> nn.Parameter:
    weight = nn.Parameter(torch.zeros(shape))
    weight.grad = scale * torch.randn(shape, generator=torch.Generator().manual_seed(0))
    return weight


def test_orthogonalizing_keeps_the_singular_vectors_and_evens_the_values() -> None:
    matrices = torch.randn(3, 24, 60, generator=torch.Generator().manual_seed(0))
    for given in (matrices, matrices.mT):
        nearest = torch.stack([u @ vh for u, _, vh in (torch.linalg.svd(m, full_matrices=False) for m in given)])
        values = torch.linalg.svdvals(orthogonalize(given))
        assert values.min() > 0.6
        assert values.max() < 1.3
        assert torch.cosine_similarity(orthogonalize(given).flatten(1), nearest.flatten(1)).min() > 0.97


def test_the_gradients_size_does_not_matter() -> None:
    small, large = kernel(16, 16, 3, 3, scale=1e-3), kernel(16, 16, 3, 3, scale=1e3)
    Muon([small], lr=0.1).step()
    Muon([large], lr=0.1).step()
    assert (small - large).norm() < 0.1 * large.norm()  # bfloat16
    assert 0.06 < torch.linalg.matrix_norm(small.detach().flatten(1), 2) < 0.13


def test_values_and_gates_are_two_matrices() -> None:
    both = kernel(32, 16, 3, 3)
    assert both.grad is not None
    both.grad[16:] *= 1e-4
    Muon([both], lr=0.1).step()
    values, gates = both.detach().flatten(1).norm(dim=1).split(16)
    assert torch.allclose(values.mean(), gates.mean(), rtol=0.05)


def test_a_kernel_without_gradient_stays() -> None:
    weight = nn.Parameter(torch.ones(16, 16, 3, 3))
    Muon([weight], lr=0.1).step()
    assert torch.equal(weight, torch.ones_like(weight))


def test_muon_takes_the_hidden_kernels_and_adam_all_others() -> None:
    network = Chromantic(preset("tiny", CLASS_NAMES))
    (paper,) = build_optimizers(network, OptimizationSection(steps=1))
    assert isinstance(paper, torch.optim.Adam)
    adam, muon = build_optimizers(network, OptimizationSection(steps=1, muon_learning_rate=0.02))
    names = {id(weight): name for name, weight in network.named_parameters()}
    by_muon, by_adam = ({names[id(w)] for w in each.param_groups[0]["params"]} for each in (muon, adam))
    assert not by_muon & by_adam
    assert by_muon | by_adam == set(names.values())
    assert {
        "trunk.rows.1.conv1.conv.weight",
        "embedding.0.conv.weight",
        "generator.vertical.blocks.0.conv2.weight",
    } <= by_muon
    assert {"trunk.rows.0.conv.weight", "generator.vertical.input.weight", "generator.scene.weight"} <= by_adam
    assert {name for name in by_adam if "branches" in name and name.startswith("segmentation")}
