"""The page of pictures: which come first under which heading."""

import re
from pathlib import Path

import torch

from chromantic.data.collect import Collections, collect
from chromantic.evaluation.gallery import Gallery
from chromantic.evaluation.report import Report
from chromantic.evaluation.results import evaluate_callable
from chromantic.evaluation.truth import Truth


def test_best_and_worst_are_those_with_the_least_and_the_largest_error(devkit: Path, tmp_path: Path):
    photos = collect(Collections(voc=devkit), "val")["VOC2012 val"][:2]
    truth = Truth.read(photos)
    pictures = torch.stack([truth.rgb[0], truth.rgb[1].mean(dim=0, keepdim=True).expand(3, -1, -1)]) / 255
    gallery = Gallery()
    evaluation = evaluate_callable(lambda _: pictures, photos, gallery=gallery)
    page = tmp_path / "page.html"
    Report("1", "<System>", "abc", {"VOC2012 val": 2}, None, None, evaluation, gallery).write_html(page)
    text = page.read_text()
    assert "<h1>&lt;System&gt; (abc) on VOC2012 val</h1>" in text
    best, worst = (text.split(f"<h2>{heading}</h2>")[1].split("<h2>")[0] for heading in ("Best", "Worst"))
    assert re.findall(r"VOC2012/(\w+): [\d.]+ \(original, result\)", best) == ["astronaut", "coffee"]
    assert re.findall(r"VOC2012/(\w+)", worst) == ["coffee", "astronaut"]
    assert "astronaut: 0.0" in best
    of_class = text.split("photo of each class</h2>")[1].split("<h2>")[0]
    assert re.findall(r"<h3>(.*?)</h3>", of_class) == ["person"]  # all pixels of both photos
    assert re.findall(r"VOC2012/(\w+)", of_class) == ["astronaut", "coffee"]
