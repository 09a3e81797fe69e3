"""The three losses: their normalization, what they leave out, their magnitudes."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from chromantic.data.batches import sample_batch
from chromantic.data.cache import Batch, load_cache
from chromantic.data.classes import VOID
from chromantic.data.collect import Collections
from chromantic.data.prepare import prepare
from chromantic.errors import ChromanticError
from chromantic.model import mixture
from chromantic.model.config import preset
from chromantic.model.network import Chromantic, Prediction
from chromantic.training.config import OptimizationSection, SegmentationLoss
from chromantic.training.losses import LOSSES, Total, Totals, cross_entropy, loss_weights, means

CLASSES = tuple(f"class {i}" for i in range(21))


def batch_and_prediction(flow: str = "purple-blue-green") -> tuple[Batch, Prediction]:
    torch.manual_seed(0)
    batch = Batch(
        lightness=torch.rand(4, 1, 32, 32) * 100,
        chroma=torch.randint(-50, 50, (4, 2, 8, 8)).float(),
        labels=torch.randint(0, 21, (4, 8, 8)),
        colourful=torch.tensor([True, True, False, True]),
        coarse=torch.zeros(21, dtype=torch.bool),
    )
    return batch, Chromantic(preset("tiny", CLASSES, flow=flow))(batch.lightness, batch.chroma)


def totals_of(prediction: Prediction, batch: Batch, averaging: SegmentationLoss = "mean_over_pixels") -> Totals:
    config = OptimizationSection(steps=1, segmentation_loss=averaging)
    return {name: loss(prediction, batch, config) for name, loss in LOSSES.items()}


def means_of(totals: Totals) -> dict[str, torch.Tensor]:
    return means(totals, {name: total.count for name, total in totals.items()})


def test_means_are_those_of_naive_code() -> None:
    batch, prediction = batch_and_prediction()
    batch.labels[0, 0] = VOID
    logits = prediction.scene.class_logits
    assert logits is not None
    terms = [
        -logits[n, :, y, x].log_softmax(0)[batch.labels[n, y, x]].item()
        for n in range(4)
        for y in range(8)
        for x in range(8)
        if batch.labels[n, y, x] != VOID
    ]
    cross_entropy = sum(terms) / len(terms)
    over_pixels = means_of(totals_of(prediction, batch))
    over_classes = means_of(totals_of(prediction, batch, "mean_over_pixels_and_classes"))
    assert over_pixels["segmentation"].item() == pytest.approx(cross_entropy, rel=1e-5)
    assert over_classes["segmentation"].item() == pytest.approx(cross_entropy / 21, rel=1e-5)


def test_a_background_label_is_content_with_any_stuff() -> None:
    batch, prediction = batch_and_prediction()
    batch.labels[:] = 0
    batch = replace(batch, coarse=torch.tensor([True] + [False] * 17 + [True] * 3))
    logits = prediction.scene.class_logits
    assert logits is not None
    probability = logits.softmax(dim=1)[:, [0, 18, 19, 20]].sum(dim=1)
    losses = means_of(totals_of(prediction, batch))
    assert losses["segmentation"].item() == pytest.approx(-probability.log().mean().item(), rel=1e-5)
    batch.labels[:] = 5  # an object is content with itself alone
    losses = means_of(totals_of(prediction, batch))
    assert losses["segmentation"].item() == pytest.approx(-logits.log_softmax(dim=1)[:, 5].mean().item(), rel=1e-5)


def test_colours_cost_the_bits_of_the_mixture_that_each_part_gives() -> None:
    batch, prediction = batch_and_prediction()
    parts = {"embedding": prediction.scene.chroma_parameters, "generator": prediction.chroma_parameters}
    for name, parameters in parts.items():
        nats = mixture.log_likelihood(parameters, batch.chroma)[batch.colourful].sum()
        assert totals_of(prediction, batch)[name].sum.item() == pytest.approx(-nats.item() / math.log(4), rel=1e-5)


def test_one_pixel_is_enough_for_a_mean() -> None:
    total = Total(torch.tensor(3.0), torch.tensor(1))
    assert means_of({"embedding": total}) == {"embedding": 3.0}


def test_a_bfloat16_networks_cross_entropy_is_a_float32_one() -> None:
    batch, prediction = batch_and_prediction()
    logits = prediction.scene.class_logits
    assert logits is not None
    rounded, config = logits.bfloat16(), OptimizationSection(steps=1)
    assert cross_entropy(rounded, batch, config) == cross_entropy(rounded.float(), batch, config)


def test_the_generator_may_learn_from_the_first_photos_alone() -> None:
    batch, prediction = batch_and_prediction()
    some = prediction._replace(chroma_parameters=prediction.chroma_parameters[:1])
    of_all, of_some = totals_of(prediction, batch), totals_of(some, batch)
    assert {name: total.count for name, total in of_some.items()} == {
        "embedding": 3 * 64, "segmentation": 4 * 64, "generator": 64
    }  # fmt: skip
    assert of_some["embedding"] == of_all["embedding"]
    assert 0 < of_some["generator"].sum < of_all["generator"].sum


def test_near_grey_photos_teach_no_colour() -> None:
    batch, prediction = batch_and_prediction()
    totals = totals_of(prediction, batch)
    assert totals["embedding"].count == totals["generator"].count == 3 * 64
    batch.chroma[2] = 7
    assert totals_of(prediction, batch) == totals


def test_a_batch_without_labels_is_safe() -> None:
    batch, prediction = batch_and_prediction()
    batch.labels[:] = VOID
    batch.colourful[:] = False
    losses = means_of(totals_of(prediction, batch, "mean_over_pixels_and_classes"))
    assert losses == {"embedding": 0, "segmentation": 0, "generator": 0}
    sum(losses.values(), start=torch.zeros(())).backward()


def test_the_purple_flow_has_no_segmentation_loss() -> None:
    batch, prediction = batch_and_prediction("purple")
    totals = totals_of(prediction, batch)
    assert (totals["segmentation"].sum, totals["segmentation"].count) == (0, 0)
    assert totals["generator"].sum > 0


def test_weighted_1_100_1_the_losses_are_of_one_magnitude(photos_root: Path, tmp_path: Path) -> None:
    """On real photos, for what an untrained network knows: nothing (uniform classes, spread colours)."""
    coco, path = tmp_path / "COCO", tmp_path / "cache.safetensors"
    coco.mkdir()
    for folder in ("images", "voc_labels"):
        (coco / folder).symlink_to(photos_root / "COCO" / folder)
    (coco / "voc_labels.txt").write_text("\n".join((photos_root / "COCO/voc_labels.txt").read_text().split()[:40]))
    prepare(Collections(coco=coco), output=path)
    photos = load_cache(path)
    batch = sample_batch(photos, step=0, batch_size=16, seed=0, weights=photos.sampling_weights())
    torch.manual_seed(0)
    prediction = Chromantic(preset("tiny", photos.class_names))(batch.lightness, batch.chroma)
    losses = means_of(totals_of(prediction, batch, "mean_over_pixels_and_classes"))
    weights = loss_weights(OptimizationSection(1))
    weighted = {name: weights[name] * loss.item() for name, loss in losses.items()}
    assert max(weighted.values()) < 4 * min(weighted.values())
    assert weighted["segmentation"] == pytest.approx(100 * math.log(21) / 21, rel=0.3)


def test_weights_go_by_the_order_of_the_losses_and_are_no_more_than_they() -> None:
    assert loss_weights(OptimizationSection(1)) == {"embedding": 1, "segmentation": 100, "generator": 1}
    assert loss_weights(OptimizationSection(1, weights=(2.0, 3.0))) == {
        "embedding": 2,
        "segmentation": 3,
        "generator": 0,
    }
    with pytest.raises(ChromanticError, match="more weights than losses, which are embedding, segmentation, generator"):
        loss_weights(OptimizationSection(1, weights=(1, 1, 1, 1)))
