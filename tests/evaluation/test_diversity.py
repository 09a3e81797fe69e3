import pytest
import torch

from chromantic.evaluation.measures.diversity import chroma_distance_between, ms_ssim_between
from chromantic.evaluation.measures.ssim import ms_ssim4


def test_chroma_distance_worked_example():
    samples = torch.zeros(3, 2, 2, 1, 2)  # of two photos of two pixels; the second photo's do not differ
    samples[1, 0, :, 0, 0] = torch.tensor([3.0, 4.0])  # 5 from the others in one pixel
    samples[2, 0, 0, 0, 1] = 12.0  # 12 from the others in the other pixel
    expected = [((5 + 0) / 2 + (0 + 12) / 2 + (5 + 12) / 2) / 3, 0]
    assert chroma_distance_between(samples).tolist() == pytest.approx(expected)


def test_ms_ssim_is_the_mean_over_pairs():
    samples = torch.rand(3, 2, 3, 96, 96, generator=torch.Generator().manual_seed(0)) * 255
    one, two, three = samples
    expected = (ms_ssim4(one, two) + ms_ssim4(one, three) + ms_ssim4(two, three)) / 3
    torch.testing.assert_close(ms_ssim_between(samples), expected)


def test_equal_samples_do_not_differ():
    pictures = torch.rand(1, 2, 3, 96, 96, generator=torch.Generator().manual_seed(0)) * 255
    assert ms_ssim_between(pictures.expand(3, -1, -1, -1, -1)).tolist() == [1, 1]
