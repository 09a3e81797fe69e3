import pytest
import torch
from scipy.stats import spearmanr

from chromantic.evaluation.measures.calibration import rank_correlation


def test_agrees_with_scipy_ties_included():
    generator = torch.Generator().manual_seed(0)
    uncertainty = torch.randint(0, 30, (3, 16, 20), generator=generator) / 2
    chroma, original = torch.randint(-20, 20, (2, 3, 2, 16, 20), generator=generator).float()
    errors = (chroma - original).square().sum(1).sqrt()
    uncertainty[1] += errors[1]
    uncertainty[2] -= errors[2]
    expected = [spearmanr(u.flatten(), e.flatten()).statistic for u, e in zip(uncertainty, errors, strict=True)]
    assert rank_correlation(uncertainty, chroma, original).tolist() == pytest.approx(expected, abs=1e-4)
    assert expected[1] > 0.5 > -0.5 > expected[2]


def test_worked_examples():
    chroma, original = torch.tensor([3.0, 0, 0, 8, 0, 0, 0, 6]).view(1, 2, 2, 2), torch.zeros(1, 2, 2, 2)  # 3 0 0 10
    correlations = [
        rank_correlation(torch.tensor(bits).view(1, 2, 2), chroma, original).item()
        for bits in ([2.0, 1, 1, 7], [-2.0, -1, -1, -7], [5.0, 5, 5, 5])
    ]
    assert correlations == pytest.approx([1, -1, 0], abs=1e-4)
