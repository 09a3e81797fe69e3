import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from chromantic.data.classes import CLASS_NAMES, VOC_AND_STUFF
from chromantic.data.collect import Collections, collect
from chromantic.data.prepare import prepare
from chromantic.data.shrink import shrink
from chromantic.errors import ChromanticError
from chromantic.evaluation import evaluate as evaluate_module
from chromantic.evaluation.evaluate import evaluate
from chromantic.evaluation.measures.calibration import CALIBRATION, rank_correlation
from chromantic.evaluation.measures.chroma_distance import DISTANCE
from chromantic.evaluation.measures.chroma_error import RMSE
from chromantic.evaluation.measures.colourfulness import RELATIVE_COLOURFULNESS
from chromantic.evaluation.measures.likelihood import BITS
from chromantic.evaluation.measures.miou import MIOU
from chromantic.evaluation.measures.ms_ssim import MS_SSIM
from chromantic.evaluation.measures.psnr import PSNR
from chromantic.evaluation.measures.ssim import SSIM
from chromantic.evaluation.report import evaluate_weights
from chromantic.evaluation.truth import Truth
from chromantic.model import mixture, pretrained
from chromantic.model.config import preset
from chromantic.model.entropy import entropy
from chromantic.model.network import Chromantic

WAYS = {"preview", "expected", "coherent", "sample"}


@pytest.fixture(scope="module")
def network() -> Chromantic:
    torch.manual_seed(0)
    return Chromantic(preset("tiny", CLASS_NAMES)).eval()


@pytest.fixture(scope="module")
def weights(network: Chromantic, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    pretrained.save(network, path, {})
    return path


def test_report_counts_its_photos_and_repeats_itself(devkit: Path, weights: Path, tmp_path: Path):
    photos = collect(Collections(voc=devkit), "val")
    train = tmp_path / "train.safetensors"
    prepare(Collections(voc=devkit), split="val", output=train)
    written = []
    for seed in (0, 0, 1):
        report = evaluate_weights(str(weights), photos, train=train, samples=2, seed=seed)
        report.write(tmp_path / "report.json")
        written.append((tmp_path / "report.json").read_text())
    assert written[0] == written[1] != written[2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.json", "train.safetensors"]

    values = json.loads(written[0])
    assert values["sha256"] == pretrained.fingerprint(weights)
    assert values["evaluation"]["photos"] == {"all": 3, "labelled": 3, "colourful": 2}
    measures = values["evaluation"]["measures"]
    assert {measure: set(what) for measure, what in measures.items()} == {
        BITS: {"floor", "embedding", "generator"},
        PSNR: {"grey", *WAYS, "chosen_of_2", "best_of_2", "best_of_2_coherent"},
        SSIM: {"grey", *WAYS, "chosen_of_2", "best_of_2", "best_of_2_coherent"},
        RMSE: {"grey", *WAYS, "chosen_of_2", "best_of_2", "best_of_2_coherent"},
        RELATIVE_COLOURFULNESS: {*WAYS, "chosen_of_2"},
        MS_SSIM: {"between_samples"},
        DISTANCE: {"between_samples"},
        CALIBRATION: {"embedding"},
        MIOU: {"segmentation"},
    }
    assert measures[PSNR]["best_of_2"] >= max(measures[PSNR]["sample"], measures[PSNR]["chosen_of_2"])
    assert measures[SSIM]["best_of_2"] >= max(measures[SSIM]["sample"], measures[SSIM]["chosen_of_2"])
    assert measures[RMSE]["best_of_2"] <= min(measures[RMSE]["sample"], measures[RMSE]["chosen_of_2"])
    assert measures[RMSE]["best_of_2_coherent"] < measures[RMSE]["coherent"]
    assert measures[DISTANCE]["between_samples"] > 1
    assert 0 < measures[MS_SSIM]["between_samples"] < 1
    person = values["evaluation"]["class_rmse"]["person"]
    assert list(person) == ["photos", "grey", "preview", "chosen_of_2"]
    assert person["photos"] == 2
    table = report.table()
    assert table.row_count == len(measures)
    assert "2 colourful photos, 1 near-grey" in str(table.caption)


def test_what_the_network_says_besides_pictures_is_measured(devkit: Path, network: Chromantic) -> None:
    photos = collect(Collections(voc=devkit), "val")["VOC2012 val"]
    evaluation = evaluate(network, photos, samples=1)
    truth = Truth.read(photos)
    with torch.inference_mode():
        scene = network.encode(truth.lightness)
        parameters, colourful = scene.chroma_parameters[:2], truth.chroma[:2]
        bits = mixture.bits_per_dimension(mixture.log_likelihood(parameters, colourful))
        ranks = rank_correlation(entropy(parameters), mixture.mean(parameters), colourful)
    assert evaluation.measures[BITS]["embedding"] == pytest.approx(bits.mean().item(), rel=1e-4)
    assert evaluation.measures[CALIBRATION]["embedding"] == pytest.approx(ranks.mean().item(), abs=1e-3)

    assert scene.class_logits is not None
    seen = scene.class_logits.argmax(dim=1)  # of the near-grey photo, too; all of each photo is a person
    occurring = sorted({CLASS_NAMES[label] for label in seen.unique()} | {"person"})
    person = (seen == CLASS_NAMES.index("person")).double().mean().item()
    assert sorted(evaluation.class_iou) == occurring
    assert evaluation.class_iou["person"] == pytest.approx(person)
    assert evaluation.measures[MIOU]["segmentation"] == pytest.approx(person / len(occurring))


def test_stuff_counts_as_background_where_photos_have_none(devkit: Path) -> None:
    photos = collect(Collections(voc=devkit), "val")["VOC2012 val"][:1]
    network = Chromantic(preset("tiny", VOC_AND_STUFF)).eval()
    evaluation = evaluate(network, photos, samples=1)
    assert set(evaluation.class_iou) <= set(CLASS_NAMES)


def test_true_chroma_as_samples_scores_as_it_should(devkit: Path, network: Chromantic, monkeypatch: pytest.MonkeyPatch):
    photos = collect(Collections(voc=devkit), "val")["VOC2012 val"][:2]
    truth = torch.stack([shrink(photo, squash=True).chroma for photo in photos])

    def oracle(*_: object, samples: int, **__: object) -> tuple[torch.Tensor, torch.Tensor]:
        return truth.repeat_interleave(samples, dim=0), torch.zeros(len(truth) * samples)

    monkeypatch.setattr(evaluate_module, "sample_chroma", oracle)
    measures = evaluate(network, photos, samples=2).measures
    assert measures[PSNR]["sample"] > measures[PSNR]["grey"] + 6
    assert measures[RMSE]["sample"] < measures[RMSE]["grey"] / 2
    assert measures[RMSE]["best_of_2"] == pytest.approx(measures[RMSE]["sample"])
    assert measures[RMSE]["chosen_of_2"] == pytest.approx(measures[RMSE]["sample"])
    assert measures[RELATIVE_COLOURFULNESS]["sample"] == pytest.approx(1, abs=0.1)
    assert measures[SSIM]["sample"] > measures[SSIM]["grey"]
    assert measures[MS_SSIM]["between_samples"] == 1  # both samples are the truth
    assert measures[DISTANCE]["between_samples"] == 0
    assert not {MS_SSIM, DISTANCE} & set(evaluate(network, photos, samples=1).measures)


def test_nothing_to_measure_is_an_error(devkit: Path, network: Chromantic, weights: Path):
    photos = collect(Collections(voc=devkit), "val")
    with pytest.raises(ChromanticError, match="none of the photos has colours"):
        evaluate(network, [])
    with pytest.raises(ChromanticError, match="none of the photos has colours"):
        evaluate(network, photos["VOC2012 val"][2:])
    with pytest.raises(ChromanticError, match="samples 0"):
        evaluate_weights(str(weights), photos, samples=0)
    with pytest.raises(ChromanticError, match="limit 0"):
        evaluate_weights(str(weights), photos, limit=0)


def test_report_that_cannot_be_written_is_an_error(devkit: Path, weights: Path, tmp_path: Path):
    report = evaluate_weights(str(weights), collect(Collections(voc=devkit), "val"), samples=1, limit=1)
    (tmp_path / "file").touch()
    with pytest.raises(ChromanticError, match="choose another output"):
        report.write(tmp_path / "file" / "report.json")


def test_weights_of_other_classes_are_an_error_where_there_are_labels(devkit: Path, tiny_checkpoint: Path):
    photos = collect(Collections(voc=devkit), "val")["VOC2012 val"][:1]
    with pytest.raises(ChromanticError, match=r"VOC2012/astronaut: .*background, cat, dog"):
        evaluate_weights(str(tiny_checkpoint), {"VOC2012 val": photos})
    evaluate_weights(str(tiny_checkpoint), {"unlabelled": [replace(photos[0], labels=None)]}, samples=1)


def test_labels_are_checked_before_anything_is_measured(devkit: Path, weights: Path, tmp_path: Path):
    photo = collect(Collections(voc=devkit), "val")["VOC2012 val"][0]
    Image.new("L", (512, 512), 21).save(tmp_path / "mask.png")
    strange = replace(photo, photo=tmp_path / "never read.jpg", labels=tmp_path / "mask.png")
    with pytest.raises(ChromanticError, match=r"mask\.png: label 21 is no class"):
        evaluate_weights(str(weights), {"VOC2012 val": [strange]})
