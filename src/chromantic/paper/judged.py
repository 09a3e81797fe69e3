"""All measures of weights, by one segmenter too: taken once, however many experiments ask."""

from functools import cache
from pathlib import Path

from chromantic.evaluation.evaluate import evaluate
from chromantic.evaluation.judge.segmenters import ChromaSegmenter
from chromantic.evaluation.measurement import Values
from chromantic.model import pretrained
from chromantic.paper.setting import Setting
from chromantic.paper.trainings import train_segmenter


@cache
def segmenter_of(setting: Setting) -> ChromaSegmenter:
    """The segmenter, trained if it is not yet."""
    return ChromaSegmenter(train_segmenter(setting))


@cache
def judge(setting: Setting, weights: str | Path) -> Values:
    """All measures of weights, with one sample of every photo."""
    network, segmenter = pretrained.load(weights), segmenter_of(setting)
    return evaluate(network, setting.validation, samples=1, seed=setting.seed, segmenter=segmenter).measures
