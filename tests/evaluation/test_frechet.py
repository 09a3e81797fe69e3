"""The Frechet distance against its closed form, torchmetrics, and itself."""

import pytest
import torch
from torchmetrics.image.fid import FrechetInceptionDistance

from chromantic.evaluation.measures.frechet import frechet_distance


def features(pictures: int, seed: int, numbers: int = 21) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(numbers, numbers, generator=generator)
    return torch.randn(pictures, numbers, generator=generator) @ mixing + seed


@pytest.mark.parametrize("pictures", [2, 10, 300])  # fewer and more than there are features
def test_a_set_is_at_no_distance_from_itself(pictures: int):
    assert frechet_distance(features(pictures, 3), features(pictures, 3)) < 1e-6


def test_worked_example():
    ones, twos = torch.tensor([[-1.0, 0.0], [1.0, 0.0]]), torch.tensor([[-2.0, 3.0], [2.0, 3.0]])
    assert frechet_distance(ones, twos) == pytest.approx(9 + (8**0.5 - 2**0.5) ** 2)  # means, then deviations


def test_agrees_with_torchmetrics():
    one, other = features(300, 1), features(200, 2)
    passed_on = torch.nn.Identity()
    passed_on.num_features = one.shape[1]
    metric = FrechetInceptionDistance(passed_on)
    metric.update(one.double(), real=True)
    metric.update(other.double(), real=False)
    assert frechet_distance(one, other) == pytest.approx(metric.compute().item(), rel=1e-6)
    assert frechet_distance(other, one) == pytest.approx(frechet_distance(one, other))
