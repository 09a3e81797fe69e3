import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from skimage import data
from skimage.metrics import structural_similarity

from chromantic.evaluation.measures.ms_ssim import ms_ssim4
from chromantic.evaluation.measures.ssim import ssim

PHOTO = data.astronaut()[100:484:3, 60:444:3]  # 128 x 128
NOISY = [
    np.clip(PHOTO + np.random.default_rng(0).normal(0, deviation, PHOTO.shape), 0, 255).round().astype(np.uint8)
    for deviation in (2, 25)
]


def tensor(*pictures: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.stack(pictures)).movedim(-1, 1).float()


def reference_ssim(x: np.ndarray, y: np.ndarray) -> float:
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return structural_similarity(x, y, channel_axis=-1, data_range=255, **options)


def reference_contrast(x: np.ndarray, y: np.ndarray) -> float:
    """Wang's contrast and structure term, of windows inside the picture."""

    def mean(values: np.ndarray) -> np.ndarray:
        return gaussian_filter(values, 1.5, truncate=3.5, axes=(0, 1))[5:-5, 5:-5]

    constant = (0.03 * 255) ** 2
    covariance = mean(x * y) - mean(x) * mean(y)
    variances = mean(x * x) - mean(x) ** 2 + mean(y * y) - mean(y) ** 2
    return float(((2 * covariance + constant) / (variances + constant)).mean())


def reference_ms_ssim(x: np.ndarray, y: np.ndarray) -> float:
    weights = np.array([0.0448, 0.2856, 0.3001, 0.2363])
    terms = []
    for _ in range(3):
        terms.append(reference_contrast(x, y))
        x, y = (each.reshape(len(each) // 2, 2, -1, 2, 3).mean(axis=(1, 3)) for each in (x, y))
    terms.append(reference_ssim(x, y))
    return float(np.prod(np.maximum(terms, 0) ** (weights / weights.sum())))


def test_ssim_agrees_with_scikit_image():
    expected = [reference_ssim(PHOTO, noisy) for noisy in NOISY]
    assert ssim(tensor(*NOISY), tensor(PHOTO, PHOTO)).tolist() == pytest.approx(expected, abs=1e-4)
    assert expected[1] < 0.9 < expected[0]


def test_ms_ssim_agrees_with_its_definition():
    others = [*NOISY, np.roll(PHOTO, 2, axis=0), PHOTO[..., ::-1]]
    expected = [reference_ms_ssim(PHOTO.astype(float), other.astype(float)) for other in others]
    assert ms_ssim4(tensor(*others), tensor(*[PHOTO] * 4)).tolist() == pytest.approx(expected, abs=1e-4)
    assert max(expected) - min(expected) > 0.1


def test_identical_pictures_are_wholly_similar():
    pictures = tensor(PHOTO, np.zeros_like(PHOTO))
    assert ssim(pictures, pictures).tolist() == [1, 1]
    assert ms_ssim4(pictures, pictures).tolist() == [1, 1]


def test_opposite_pictures_have_no_negative_power():
    assert ms_ssim4(tensor(PHOTO), 255 - tensor(PHOTO)).tolist() == [0]
