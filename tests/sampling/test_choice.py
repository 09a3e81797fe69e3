import torch

from chromantic.model import mixture
from chromantic.sampling.choice import GAIN, choose_samples, expected_chroma


def test_the_sample_nearest_to_what_is_expected_is_chosen() -> None:
    expected = torch.tensor([[10.0, 5.0], [-20.0, 0.0]])[..., None, None].expand(2, 2, 3, 4)
    candidates = torch.stack([-expected, 0.2 * expected, 1.2 * expected, 4.0 * expected], dim=1)
    assert choose_samples(candidates, expected).tolist() == [2, 2]
    assert choose_samples(candidates.flip(1), expected).tolist() == [1, 1]


def test_what_is_expected_is_the_mean_made_vivid() -> None:
    parameters = torch.randn(2, 60, 3, 4, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(expected_chroma(parameters), GAIN * mixture.mean(parameters))
