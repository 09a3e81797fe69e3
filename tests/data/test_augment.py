import numpy as np
import pytest
import torch

from chromantic.colour.lab import rgb_to_lab
from chromantic.data.augment import Ageing, age, draw_ageing


def ageing(**changes: torch.Tensor | float) -> Ageing:
    """One photo's ageing that changes nothing but what is named."""
    nothing = {"aged": True, "film": [0.0, 0.0], "blur": 0.0, "gamma": 1.0, "contrast": 1.0, "grain": 0.0}
    nothing |= {"black": 0.0, "white": 100.0, "grain_seed": 1}
    return Ageing(**{name: torch.tensor([value]) for name, value in (nothing | changes).items()})


def plain(level: float = 50.0) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.full((1, 1, 32, 32), float(level)), torch.zeros(1, 2, 8, 8)


def test_nothing_changes_nothing() -> None:
    lightness = torch.rand(1, 1, 32, 32) * 100
    chroma = torch.randn(1, 2, 8, 8) * 30
    assert torch.allclose(age(lightness, chroma, ageing()), lightness, atol=1e-4)
    assert torch.equal(age(lightness, chroma, ageing(aged=False, grain=9.0)), lightness)


@pytest.mark.parametrize("film", [(-0.20, -0.28), (-0.06, -0.58)])
def test_old_film_darkens_red_and_brightens_blue(film: tuple[float, float]) -> None:
    def response(red: float, green: float, blue: float) -> float:
        colour = torch.from_numpy(rgb_to_lab(np.float32([red, green, blue]).reshape(1, 3, 1, 1)))
        lightness, chroma = colour[:, :1].expand(-1, -1, 32, 32), colour[:, 1:].expand(-1, -1, 8, 8)
        return (age(lightness, chroma, ageing(film=film)) - lightness).mean().item()

    assert response(0.8, 0.1, 0.1) < -20
    assert response(0.1, 0.2, 0.9) > 10
    assert response(0.5, 0.5, 0.5) == pytest.approx(0, abs=0.1)


def test_tones() -> None:
    dark, bright = plain(20)[0], plain(80)[0]
    chroma = plain()[1]
    assert age(dark, chroma, ageing(gamma=0.7)).mean() > 20
    assert age(dark, chroma, ageing(contrast=1.2)).mean().item() == pytest.approx(14)
    assert age(dark, chroma, ageing(black=10.0, white=80.0)).mean().item() == pytest.approx(24)
    assert age(bright, chroma, ageing(black=10.0, white=80.0)).mean().item() == pytest.approx(66)


def test_blur_keeps_the_mean_and_grain_the_level() -> None:
    spot, chroma = plain(0)
    spot[0, 0, 16, 16] = 100
    blurred = age(spot, chroma, ageing(blur=1.0))
    assert blurred.sum().item() == pytest.approx(100, rel=1e-3)
    assert blurred.max().item() == pytest.approx(100 / (2 * torch.pi), rel=0.02)
    grainy = age(*plain(), ageing(grain=4.0))
    assert grainy.mean().item() == pytest.approx(50, abs=0.5)
    assert grainy.std().item() == pytest.approx(4, abs=0.4)


def test_result_is_a_lightness_and_depends_on_the_generator_alone() -> None:
    lightness = torch.rand(64, 1, 32, 32, generator=torch.Generator().manual_seed(0)) * 100
    chroma = torch.randn(64, 2, 8, 8, generator=torch.Generator().manual_seed(1)) * 40
    one, two = (age(lightness, chroma, draw_ageing(64, 1.0, torch.Generator().manual_seed(5))) for _ in range(2))
    assert torch.equal(one, two)
    assert one.min() >= 0
    assert one.max() <= 100
    assert not torch.equal(one, lightness)


def test_a_part_of_a_batch_ages_as_in_the_whole() -> None:
    lightness, chroma = torch.rand(8, 1, 32, 32) * 100, torch.randn(8, 2, 8, 8) * 40
    drawn = draw_ageing(8, 0.8, torch.Generator().manual_seed(2))
    whole = age(lightness, chroma, drawn)
    assert torch.allclose(age(lightness[2:5], chroma[2:5], drawn[2:5]), whole[2:5], atol=1e-4)
