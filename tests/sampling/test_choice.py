import torch

from chromantic.sampling.choice import choose_samples


def test_the_sample_like_the_preview_but_as_colourful_as_photographs_is_chosen() -> None:
    preview = torch.tensor([[10.0, 5.0], [-20.0, 0.0]])[..., None, None].expand(2, 2, 3, 4)
    candidates = torch.stack([-preview, 0.2 * preview, 1.9 * preview, 4.0 * preview], dim=1)
    assert choose_samples(candidates, preview).tolist() == [2, 2]
    assert choose_samples(candidates.flip(1), preview).tolist() == [1, 1]
