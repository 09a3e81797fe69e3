import numpy as np
import pytest
import torch
from skimage import data
from skimage.metrics import peak_signal_noise_ratio

from chromantic.evaluation.measures.psnr import psnr


def test_agrees_with_scikit_image():
    photo = data.astronaut()[::4, ::4]
    rng = np.random.default_rng(0)
    noisy = [np.clip(photo + rng.normal(0, s, photo.shape), 0, 255).round().astype(np.uint8) for s in (2, 20)]
    expected = [peak_signal_noise_ratio(photo, x, data_range=255) for x in noisy]
    pictures = torch.from_numpy(np.stack(noisy)).movedim(-1, 1).float()
    original = torch.from_numpy(photo).movedim(-1, 0).float().expand(2, -1, -1, -1)
    assert psnr(pictures, original).tolist() == pytest.approx(expected, abs=1e-4)


def test_worked_example():
    assert psnr(torch.full((1, 3, 2, 2), 10.0), torch.zeros(1, 3, 2, 2)).item() == pytest.approx(28.1308, abs=1e-4)


def test_identical_pictures_are_infinitely_good():
    picture = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(0)) * 255
    assert psnr(picture, picture).tolist() == [float("inf")]
