"""Each baseline's loss and colours against its definition, and whether it learns the colours of photos."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from chromantic.data.cache import load_cache
from chromantic.errors import ChromanticError
from chromantic.model import pretrained
from chromantic.model.config import preset
from chromantic.paper.networks.baselines import METHODS, Baseline, BaselineTask, Histograms, Rebalanced, load_baseline
from chromantic.training.config import LogSection, OptimizationSection, TrainingConfig
from chromantic.training.train import train

pytestmark = pytest.mark.usefixtures("narrow")


CHROMA = torch.tensor([[12.0, -30.0], [0.0, 0.0], [70.0, 60.0], [-4.0, 20.0]]).T[None, :, :, None]  # 1 2 4 1


@pytest.mark.parametrize("method", METHODS)
def test_the_loss_is_least_and_the_colours_are_true_where_maps_say_the_truth(method: str):
    head = METHODS[method]()
    maps = torch.zeros(1, head.maps, 4, 1, requires_grad=True)
    optimizer = torch.optim.Adam([maps], 0.3)
    first = head.loss(maps, CHROMA).mean()
    for _ in range(400):
        optimizer.zero_grad()
        loss = head.loss(maps, CHROMA).mean()
        loss.backward()
        optimizer.step()
    assert loss < first / 3
    shown = head.chroma(maps.detach())
    tolerance = 6 if method == "rebalanced" else 0.5  # the middle of its bins, which annealing leans to
    assert (shown - CHROMA).abs().max() < tolerance


def test_histograms_split_a_colour_between_its_two_nearest_bins():
    maps = torch.zeros(1, 64, 1, 1)
    maps[0, 3], maps[0, 4] = 1.0, 2.0  # of a; the bins at -100 and -92
    log_shares = maps[0, :32, 0, 0].log_softmax(dim=0)
    expected = -(0.25 * log_shares[3] + 0.75 * log_shares[4]) + torch.log(torch.tensor(32.0))
    chroma = torch.tensor([-94.0, 0.0]).view(1, 2, 1, 1)
    assert Histograms().loss(maps, chroma).item() == pytest.approx(expected.item(), abs=1e-5)


def test_rare_colours_count_more_and_the_mean_weight_is_one():
    head = Rebalanced()
    common, rare = torch.tensor([[0.0, 0.0]]).T, torch.tensor([[60.0, 60.0]]).T
    head.fit(torch.cat([common.expand(2, 990), rare.expand(2, 10)], dim=1))
    at_common, at_rare = (head.rarity[head._encode(each[None, :, :, None])[0][0, 0, 0, 0]] for each in (common, rare))
    assert at_rare / at_common > 10
    assert head.rarity[0] == 0  # never occurs
    even = torch.zeros(1, head.maps, 1, 1)
    loss = head.loss(even, rare[None, :, :, None]).item()
    assert loss == pytest.approx(at_rare.item() * torch.log(torch.tensor(529.0)).item(), rel=1e-5)


def test_annealing_lies_between_mean_and_mode():
    head = Rebalanced()
    maps = torch.full((1, head.maps, 1, 1), -50.0)
    weak, strong = 11 * 23 + 11, 17 * 23 + 11  # (0, 0) and (60, 0)
    maps[0, weak], maps[0, strong] = torch.log(torch.tensor([0.4, 0.6]))
    share = 0.6 ** (1 / 0.38) / (0.6 ** (1 / 0.38) + 0.4 ** (1 / 0.38))
    torch.testing.assert_close(head.chroma(maps).flatten(), torch.tensor([60 * share, 0.0]), atol=1e-2, rtol=0)


@pytest.mark.parametrize("method", METHODS)
def test_a_trained_baseline_is_saved_and_colorizes(method: str, config: TrainingConfig, cache: Path, tmp_path: Path):
    config = replace(
        config,
        data=replace(config.data, validation=cache),
        optimization=replace(config.optimization, steps=2),
        log=LogSection(metrics_every=1, validate_every=2, pictures_every=1, checkpoint_every=1),
    )
    weights = train(config, tmp_path / "run", task=BaselineTask(method))
    assert weights is not None
    baseline = load_baseline(method, weights)
    chroma = baseline.colorize(load_cache(cache).tensors(torch.arange(2)).lightness)
    assert chroma.shape == (2, 2, 32, 32)
    assert chroma.abs().max() < 128
    other = next(name for name in METHODS if name != method)
    with pytest.raises(ChromanticError, match=f"holds a {method} baseline, not a {other} baseline"):
        load_baseline(other, weights)
    with pytest.raises(ChromanticError, match=f"holds a {method} baseline, not a network"):
        pretrained.load(weights)
    longer = replace(config, optimization=replace(config.optimization, steps=3))
    with pytest.raises(ChromanticError, match="differs in task"):
        train(longer, tmp_path / "run", task=BaselineTask(other))


def test_a_baseline_has_the_trunk_of_the_network():
    from chromantic.model.network import Chromantic

    config = preset("tiny", ("background", "cat"), flow="purple")
    network, baseline = Chromantic(config), Baseline("regression", config)
    theirs = [*network.trunk.rows.parameters(), *network.embedding.parameters()]
    assert [each.shape for each in baseline.trunk.parameters()] == [each.shape for each in theirs]


def test_grey_photos_teach_no_colours(cache: Path):
    photos = load_cache(cache)
    batch = photos.tensors(torch.arange(len(photos)))
    task = BaselineTask("regression")
    network = task.build(preset("tiny", photos.class_names), photos)
    config = OptimizationSection(steps=1)
    (total,) = task.losses(network, batch, config).values()
    pixels = network(batch.lightness, batch.chroma)
    assert total.count == batch.colourful.sum() * 32 * 32
    assert 0 < batch.colourful.sum() < len(photos)
    torch.testing.assert_close(total.sum, pixels[batch.colourful].sum())
