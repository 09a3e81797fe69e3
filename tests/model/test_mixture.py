"""The mixture: a distribution over the grid, and draws that follow it."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from chromantic.colour.lab import CHROMA_LEVELS, CHROMA_MAX, CHROMA_MIN, denormalize_chroma
from chromantic.model import mixture

COMPONENTS = 10


def random_parameters(seed: int, log_scale: float = -2.5, size: int = 1, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    parameters = torch.randn(1, 6 * COMPONENTS, 1, size, generator=generator, dtype=dtype)
    parameters[:, COMPONENTS : 3 * COMPONENTS] *= 0.4
    parameters[:, 3 * COMPONENTS : 5 * COMPONENTS] += log_scale
    return parameters


def whole_grid() -> Tensor:
    """Every chroma of the grid, as one picture: [1 2 levels levels], a along height."""
    levels = torch.arange(CHROMA_MIN, CHROMA_MAX + 1, dtype=torch.float64)
    return torch.stack(torch.meshgrid(levels, levels, indexing="ij"))[None]


def grid_probabilities(parameters: Tensor) -> Tensor:
    everywhere = parameters.expand(1, -1, CHROMA_LEVELS, CHROMA_LEVELS)
    return mixture.log_likelihood(everywhere, whole_grid().to(parameters.dtype)).exp()[0]


@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 2**31), log_scale=st.floats(-9.0, 9.0))
def test_probabilities_sum_to_one_over_the_grid(seed: int, log_scale: float) -> None:
    assert grid_probabilities(random_parameters(seed, log_scale)).sum().item() == pytest.approx(1, abs=1e-9)


def test_probabilities_sum_to_one_in_float32() -> None:
    assert grid_probabilities(random_parameters(0).float()).sum().item() == pytest.approx(1, abs=1e-4)


def test_log_likelihood_equals_the_textbook_formula() -> None:
    """Differences of logistic distribution functions, component by component, in NumPy."""
    parameters = random_parameters(1)
    k = COMPONENTS
    numbers = parameters.flatten().numpy()
    weights = np.exp(numbers[:k]) / np.exp(numbers[:k]).sum()
    mean_a, mean_b = numbers[k : 2 * k], numbers[2 * k : 3 * k]
    scale_a, scale_b = np.exp(numbers[3 * k : 4 * k]), np.exp(numbers[4 * k : 5 * k])
    coefficient = np.tanh(numbers[5 * k :])

    def bin_mass(x: float, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
        def cumulative(y: float) -> np.ndarray:
            return 1 / (1 + np.exp(-(y - mean) / scale))

        low = 0 if x <= -1 else cumulative(x - 1 / 255)
        high = 1 if x >= 1 else cumulative(x + 1 / 255)
        return high - low

    for a, b in [(0, 0), (17, -43), (CHROMA_MIN, 5), (60, CHROMA_MAX)]:
        x, y = (2 * (level - CHROMA_MIN) / 255 - 1 for level in (a, b))
        expected = (weights * bin_mass(x, mean_a, scale_a) * bin_mass(y, mean_b + coefficient * x, scale_b)).sum()
        chroma = torch.tensor([a, b], dtype=torch.float64).view(1, 2, 1, 1)
        assert mixture.log_likelihood(parameters, chroma).item() == pytest.approx(math.log(expected), abs=1e-9)


@pytest.mark.parametrize("log_scale", [-500, -7, 7, 500])
def test_no_likelihood_is_lost_far_from_the_means(log_scale: float) -> None:
    parameters = random_parameters(2, log_scale=log_scale).float().requires_grad_()
    far = torch.tensor([120.0, -120.0]).view(1, 2, 1, 1)
    likelihood = mixture.log_likelihood(parameters, far)
    likelihood.sum().backward()
    assert likelihood.isfinite().all()
    assert parameters.grad is not None
    assert parameters.grad.isfinite().all()


def test_draws_follow_the_probabilities() -> None:
    draws = 200_000
    generator = torch.Generator().manual_seed(3)
    parameters = random_parameters(3, log_scale=-3.5)
    uniform = torch.rand(1, COMPONENTS + 2, 1, draws, generator=generator, dtype=torch.float64)
    chroma = mixture.draw(
        parameters.expand(-1, -1, -1, draws),
        -torch.log(-torch.log(uniform[:, :COMPONENTS])),
        torch.logit(uniform[:, COMPONENTS:]),
    )
    probabilities = grid_probabilities(parameters)
    for axis, drawn in enumerate(chroma[0, :, 0]):
        marginal = probabilities.sum(dim=1 - axis)
        counted = torch.bincount((drawn - CHROMA_MIN).long(), minlength=CHROMA_LEVELS) / draws
        tolerance = 5 * (marginal / draws).sqrt() + 5e-5
        assert ((counted - marginal).abs() <= tolerance).all()
    entropy = -(probabilities * probabilities.clamp(min=1e-300).log()).sum()
    of_draws = -mixture.log_likelihood(parameters.expand(-1, -1, -1, draws), chroma).mean()
    assert of_draws.item() == pytest.approx(entropy.item(), rel=0.01)


def test_at_temperature_zero_the_likeliest_component_gives_its_mean() -> None:
    parameters = random_parameters(4, size=50)
    noise = torch.randn(1, COMPONENTS, 1, 50, dtype=torch.float64), torch.randn(1, 2, 1, 50, dtype=torch.float64)
    chroma = mixture.draw(parameters, *noise, temperature=0.0, scale_temperature=0.0)
    named = mixture.unpack(parameters)
    best = named.logits.argmax(dim=1)[0, 0]
    mean_a = named.means[0, 0, best, 0, torch.arange(50)]
    assert torch.equal(chroma[0, 0, 0], denormalize_chroma(mean_a).round().clamp(CHROMA_MIN, CHROMA_MAX))


def test_noise_goes_upwards_in_both_channels() -> None:
    """Its sign changes no distribution, but the sample of a seed."""
    parameters = torch.zeros(1, 6 * COMPONENTS, 1, 1)
    parameters[:, 3 * COMPONENTS : 5 * COMPONENTS] = -2.5
    gumbel, logistic = torch.zeros(1, COMPONENTS, 1, 1), torch.tensor([1.0, -2.0]).view(1, 2, 1, 1)
    expected = denormalize_chroma(logistic * math.exp(-2.5)).round()
    assert torch.equal(mixture.draw(parameters, gumbel, logistic), expected)


def test_the_mean_is_the_grids_mean() -> None:
    parameters = random_parameters(5, log_scale=-3.5)
    expected = (grid_probabilities(parameters) * whole_grid()[0]).sum(dim=(1, 2))
    assert mixture.mean(parameters)[0, :, 0, 0].tolist() == pytest.approx(expected.tolist(), abs=0.05)


@pytest.mark.parametrize("seed", [6, 7])
def test_means_and_variances_of_the_components_are_those_of_their_draws(seed: int) -> None:
    draws = 100_000
    parameters = random_parameters(seed, log_scale=-3.5)
    log_weights, means, variances = (layer[0, ..., 0, 0] for layer in mixture.components(parameters))
    assert torch.allclose(log_weights.exp(), parameters[0, :COMPONENTS, 0, 0].softmax(dim=0))
    logistic = torch.logit(torch.rand(1, 2, 1, draws, generator=torch.Generator().manual_seed(0), dtype=torch.float64))
    compared = 0
    for component in range(COMPONENTS):
        chosen = torch.zeros(1, COMPONENTS, 1, draws, dtype=torch.float64)
        chosen[:, component] = math.inf
        chroma = mixture.draw(parameters.expand(-1, -1, -1, draws), chosen, logistic)[0, :, 0]
        if chroma.abs().max() < CHROMA_MAX:  # nothing was clipped
            assert torch.allclose(chroma.mean(dim=1), means[:, component], atol=0.5)
            assert torch.allclose(chroma.var(dim=1), variances[:, component], rtol=0.03, atol=0.3)  # of rounding
            compared += 1
    assert compared


def test_each_pixel_of_each_photo_has_its_own_mixture() -> None:
    photos = [torch.cat([random_parameters(seed, size=3) for seed in (2 * n, 2 * n + 1)], dim=2) for n in range(3)]
    chroma = torch.randint(-60, 60, (3, 2, 2, 3), generator=torch.Generator().manual_seed(0)).double()
    together = mixture.log_likelihood(torch.cat(photos), chroma)
    generator = torch.Generator().manual_seed(1)
    noise = [torch.randn(3, channels, 2, 3, generator=generator).double() for channels in (COMPONENTS, 2)]
    drawn = mixture.draw(torch.cat(photos), *noise)
    for photo, parameters in enumerate(photos):
        for y, x in product(range(2), range(3)):
            there = slice(photo, photo + 1), slice(None), slice(y, y + 1), slice(x, x + 1)
            pixel = parameters[:, :, y : y + 1, x : x + 1]
            alone = mixture.log_likelihood(pixel, chroma[there])
            assert together[photo, y, x].item() == pytest.approx(alone.item())
            assert torch.equal(drawn[there], mixture.draw(pixel, *(each[there] for each in noise)))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_rough_parameters_have_likelihoods_in_float32(dtype: torch.dtype) -> None:
    parameters, chroma = random_parameters(8, size=5).to(dtype), torch.full((1, 2, 1, 5), 20.0)
    likelihood = mixture.log_likelihood(parameters, chroma)
    assert likelihood.dtype == torch.float32
    assert torch.equal(likelihood, mixture.log_likelihood(parameters.float(), chroma))


def test_a_head_starts_as_a_sunflower() -> None:
    """Every component as far out as its number's root, a golden angle from the one before, and equally wide."""
    head = mixture.MixtureHead(16, COMPONENTS)
    assert head.conv.kernel_size == (1, 1)
    start = mixture.unpack(head(torch.zeros(1, 16, 1, 1)))
    a, b = start.means[0, :, :, 0, 0].detach()
    radii = 0.4 * ((torch.arange(COMPONENTS) + 0.5) / COMPONENTS).sqrt()
    assert torch.allclose(torch.hypot(a, b), radii, atol=1e-6)
    turns = torch.atan2(b, a).diff() / (2 * math.pi) % 1
    assert torch.allclose(turns, torch.tensor((3 - math.sqrt(5)) / 2), atol=1e-5)
    assert torch.equal(start.log_scales, torch.full_like(start.log_scales, -2.5))
    assert not start.logits.any()
    assert not start.coefficients.any()


def test_a_head_starts_with_distributions_over_natural_chroma() -> None:
    torch.manual_seed(0)
    head = mixture.MixtureHead(16, COMPONENTS)
    means = mixture.unpack(head(torch.randn(2, 16, 8, 8))).means
    assert means.abs().max() < 0.7
    assert means.std() > 0.1


def test_widths_are_bounded_and_all_else_is_not() -> None:
    """Weights mean the same for as long as these bounds stay."""
    parameters = torch.linspace(-50, 50, 12).view(1, 12, 1, 1)
    logits, means, log_scales, coefficients = (layer.flatten() for layer in mixture.unpack(parameters))
    numbers = parameters.flatten()
    assert torch.equal(logits, numbers[:2])
    assert torch.equal(means, numbers[2:6])
    assert torch.equal(log_scales, numbers[6:10].clamp(-7, 2))
    assert torch.equal(coefficients, numbers[10:].tanh())
    narrow, wide = (mixture.unpack(torch.full((1, 6, 1, 1), value)).log_scales for value in (-50.0, 50.0))
    assert narrow.unique().tolist() == [-7]
    assert wide.unique().tolist() == [2]


def test_a_uniform_guess_on_the_grid_costs_eight_bits_per_dimension() -> None:
    nats = torch.tensor([-math.log(256**2), 0.0, -2 * math.log(2)])
    torch.testing.assert_close(mixture.bits_per_dimension(nats), torch.tensor([8.0, 0.0, 1.0]))


def test_components_have_the_moments_of_their_draws() -> None:
    parameters = torch.tensor([0, 0, 0.4, 0.08, 0.24, -0.4, *[-3.4] * 4, 0.6, 0.6])[None, :, None, None]
    log_weights, means, variances = mixture.components(parameters)
    assert torch.allclose(log_weights.exp(), torch.tensor(0.5))
    uniform = torch.rand(1, 2, 300, 300, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    chosen = torch.full((1, 2, 300, 300), -math.inf)
    chosen[:, 1] = 0
    sample = mixture.draw(parameters.expand(-1, -1, 300, 300), chosen, torch.logit(uniform).float())
    assert torch.allclose(sample.mean(dim=(2, 3))[0], means[0, :, 1, 0, 0], atol=0.5)
    assert torch.allclose(sample.var(dim=(2, 3))[0], variances[0, :, 1, 0, 0], rtol=0.05, atol=0.2)
