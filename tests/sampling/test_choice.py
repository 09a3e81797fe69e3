import torch

from chromantic.model import mixture
from chromantic.sampling.choice import choose_samples, expected_chroma


def test_the_sample_nearest_to_what_is_expected_is_chosen() -> None:
    expected = torch.tensor([[10.0, 5.0], [-20.0, 0.0]])[..., None, None].expand(2, 2, 3, 4)
    candidates = torch.stack([-expected, 0.2 * expected, 1.2 * expected, 4.0 * expected], dim=1)
    assert choose_samples(candidates, expected).tolist() == [2, 2]
    assert choose_samples(candidates.flip(1), expected).tolist() == [1, 1]
    each_its_own = torch.stack([candidates[0], candidates[1].roll(1, dims=0)])
    assert choose_samples(each_its_own, expected).tolist() == [2, 3]


def test_the_whole_candidate_counts_not_its_mean_or_sign() -> None:
    expected = torch.zeros(1, 2, 2, 2)
    uneven, even = torch.tensor([[9.0, -9.0], [9.0, -9.0]]).expand(2, 2, 2), torch.full((2, 2, 2), 4.0)
    for candidates in ([uneven, even], [uneven, -even]):
        assert choose_samples(torch.stack(candidates)[None], expected).tolist() == [1]


def test_what_is_expected_is_the_mean_made_vivid() -> None:
    parameters = torch.randn(2, 60, 3, 4, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(expected_chroma(parameters), 1.6 * mixture.mean(parameters))
