"""Figure 8: does a segmenter of colour photos understand colorized photos better than grey ones?"""

from chromantic.evaluation.judge.segmented_pictures import MeasureNames
from chromantic.evaluation.text_table import TextTable
from chromantic.paper.judged import judge, segmenter_of
from chromantic.paper.sections import Section
from chromantic.paper.setting import Setting

PAPER = {"grey": 66.9, "sample": 70.3, "original": 72.1}
_NAMES = {
    "grey": "grey",
    "preview": "colorized, the embedding's mean colours",
    "sample": "colorized, one sample",
    "original": "original",
}


def reproduce(setting: Setting) -> Section:
    """Segments the originals, the grey photos and what the weights make of them."""
    names, measures = MeasureNames.of(segmenter_of(setting)), judge(setting, setting.weights)
    mious, shares = measures[names.miou], measures.get(names.share, {})
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
        protocol=f"`{names.miou}`, in percent, on the colourful photos of VOC2012 val, seed {setting.seed}; the "
        f"share is `{names.share}`. The paper's segmenter is another, so compare shares rather than values.",
        findings=[TextTable(("photos", "mIoU", "paper, mIoU", "share of the gap won back", "paper, share"), rows)],
    )
