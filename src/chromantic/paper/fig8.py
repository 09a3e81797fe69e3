"""Figure 8: does a segmenter of colour photos understand colorized photos better than grey ones?"""

from chromantic.evaluation.evaluate import evaluate
from chromantic.evaluation.segmenter import SegmentedPictures
from chromantic.evaluation.segmenters import ChromaSegmenter
from chromantic.model import pretrained
from chromantic.paper.report import Section, Table
from chromantic.paper.setting import Setting
from chromantic.paper.trainings import train_segmenter

PAPER = {"grey": 66.9, "sample": 70.3, "original": 72.1}
_NAMES = {
    "grey": "grey",
    "preview": "colorized, the embedding's mean colours",
    "sample": "colorized, one sample",
    "original": "original",
}


def reproduce(setting: Setting) -> Section:
    """Segments the originals, the grey photos and what the weights make of them."""
    segmenter = ChromaSegmenter(train_segmenter(setting))
    names = SegmentedPictures(segmenter, setting.validation)
    model = pretrained.load(setting.weights)
    measures = evaluate(model, setting.validation, samples=1, seed=setting.seed, segmenter=segmenter).measures
    mious, shares = measures[names.measure], measures.get(names.share, {})
    papers_share = (PAPER["sample"] - PAPER["grey"]) / (PAPER["original"] - PAPER["grey"])
    rows = [
        (
            _NAMES[what],
            f"{100 * mious[what]:.1f}",
            f"{PAPER[what]:.1f}" if what in PAPER else "",
            f"{100 * shares[what]:.0f} %" if what in shares else "",
            f"{100 * papers_share:.0f} %" if what == "sample" else "",
        )
        for what in _NAMES
    ]
    return Section(
        title="mIoU of one segmenter on grey, colorized and original photos (Figure 8)",
        protocol=f"`{names.measure}`, in percent, on the colourful photos of VOC2012 val, seed {setting.seed}; the "
        f"share is `{names.share}`. The paper's segmenter is another, so compare shares rather than values.",
        findings=[Table(("photos", "mIoU", "paper, mIoU", "share of the gap won back", "paper, share"), rows)],
    )
