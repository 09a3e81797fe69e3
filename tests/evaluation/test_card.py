from dataclasses import replace
from pathlib import Path

import pytest

from chromantic.errors import ChromanticError
from chromantic.evaluation.card import update_card
from chromantic.evaluation.measurement import Evaluation
from chromantic.evaluation.measures.miou import MIOU
from chromantic.evaluation.measures.psnr import PSNR
from chromantic.evaluation.report import Report
from chromantic.model import pretrained


@pytest.fixture
def report(tiny_checkpoint: Path, tmp_path: Path) -> Report:
    first = {"data": {"VOC2012 train_aug": 3}, "licence": "CC0", "seed": 0, "steps": 5, "photos_seen": 80}
    second = first | {"seed": 1, "steps": 10, "photos_seen": 240, "hours": 1.26, "machine": "2 threads of a CPU"}
    weights = tmp_path / "second.safetensors"
    about = second | {"started_from": first | {"fingerprint": "abc"}}
    pretrained.save(pretrained.load(tiny_checkpoint), weights, about)
    measures = {PSNR: {"grey": 23.0, "preview": 24.25, "best_of_2": 25.0}, MIOU: {"segmentation": 0.5}}
    errors = {
        name: {"photos": 2, "grey": 20.0, "preview": of_preview, "chosen_of_2": 17.0}
        for name, of_preview in (("cat", 15.0), ("dog", 16.0))
    }
    evaluation = Evaluation(
        {"all": 5, "labelled": 4, "colourful": 3}, measures, {"cat": 0.25, "dog": 0.75}, class_rmse=errors
    )
    return Report("1", str(weights), pretrained.fingerprint(weights), {"VOC2012 val": 5}, 2, 0, evaluation)


def test_marked_parts_are_written_anew_and_the_rest_stays(report: Report, tmp_path: Path) -> None:
    card = tmp_path / "CARD.md"
    names = ("weights", "training", "measures", "classes")
    card.write_text("# Card\n" + "\n".join(f"by hand\n<!-- begin {n} -->\nold\n<!-- end {n} -->" for n in names))
    update_card(card, report)
    text = card.read_text()
    assert text.count("by hand") == 4
    assert "old" not in text
    assert report.sha256 in text
    assert "| VOC2012 train_aug | 3 |" in text
    assert "**240 photos seen**" in text
    assert text.index("| 5 | 80 | 0 |  |") < text.index("| 10 | 160 | 1 | 1.3 h, 2 threads of a CPU |")
    assert f"| `{PSNR}` | 23.000 | 24.250 |" in text
    assert "3 colourful photos, 2 near-grey ones left out" in text
    assert text.index("| dog | 2 | 0.75 | 20.0 | 16.0 | 17.0 |") < text.index("| cat | 2 | 0.25 | 20.0 | 15.0 | 17.0 |")
    update_card(card, report)
    assert card.read_text() == text


def test_one_sample_stands_where_none_is_chosen(report: Report, tmp_path: Path) -> None:
    errors = {"cat": {"photos": 2, "grey": 20.0, "preview": 15.0, "sample": 17.0}}
    one = replace(report, samples=1, evaluation=replace(report.evaluation, class_rmse=errors))
    card = tmp_path / "CARD.md"
    card.write_text("<!-- begin classes -->\n<!-- end classes -->")
    update_card(card, one)
    assert "| cat | 2 | 0.25 | 20.0 | 15.0 | 17.0 |" in card.read_text()


def test_an_average_and_its_calibration_are_told_of(report: Report, tiny_checkpoint: Path, tmp_path: Path) -> None:
    about = pretrained.about(report.system) | {
        "averaged": {"fingerprints": ["abc", "def"], "shares": [0.6, 0.4]},
        "calibrated": {"sharpness": 0.95, "log_scale": 0.2, "before": 4.92, "after": 4.91},
    }
    pretrained.save(pretrained.load(tiny_checkpoint), tmp_path / "mean.safetensors", about)
    card = tmp_path / "CARD.md"
    card.write_text("<!-- begin training -->\n<!-- end training -->")
    update_card(card, replace(report, system=str(tmp_path / "mean.safetensors")))
    assert "60% of `abc` and 40% of `def`" in card.read_text()
    assert "logits times 0.95, log-scales plus 0.20" in card.read_text()
    assert "from 4.920 to 4.910" in card.read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot be read"),
        ("# Card", "has no part; mark parts among weights"),
        ("<!-- begin colours -->\n<!-- end colours -->", "has a part colours"),
        ("<!-- begin weights -->\n", "part weights has no end"),
    ],
)
def test_a_card_without_its_marks_stays_as_it_is(
    report: Report, tmp_path: Path, text: str | None, message: str
) -> None:
    card = tmp_path / "CARD.md"
    if text is not None:
        card.write_text(text)
    with pytest.raises(ChromanticError, match=message):
        update_card(card, report)
    assert not card.exists() if text is None else card.read_text() == text
