"""The segmenter that judges every colorization in Figure 8 and Table 3, and how well it does on photos."""

from chromantic.evaluation.colorized import Colorized
from chromantic.evaluation.judge.gap import GREY
from chromantic.evaluation.judge.segmented_pictures import MeasureNames, SegmentedPictures
from chromantic.evaluation.text_table import TextTable
from chromantic.evaluation.truth import read_colourful
from chromantic.paper.judged import segmenter_of
from chromantic.paper.sections import Section
from chromantic.paper.setting import Setting
from chromantic.paper.trainings import segmenter_training, train_segmenter


def reproduce(setting: Setting) -> Section:
    """Trains the segmenter on the colour photos and measures it on the originals and without their colours."""
    path, segmenter = train_segmenter(setting), segmenter_of(setting)
    segmented, measure = SegmentedPictures(segmenter, setting.validation), MeasureNames.of(segmenter).miou
    for truth in read_colourful(setting.validation):
        segmented.add(Colorized(truth, {GREY: truth.draw_grey()[None]}))
    mious = segmented.measures()[measure]
    config = segmenter_training(setting)
    seen = config.optimization.steps * config.optimization.batch_size
    return Section(
        title="The segmenter that judges colours",
        protocol=f"Table 2 of the paper with lightness at 128 x 128 and chroma at 32 x 32 as its input, "
        f"`{config.network.preset}` width, trained on {seen:,} crops of the photos that have colours and VOC labels "
        f"(`train_aug`, and COCO where there is), none of them grey; then never changed. Measured as "
        f"`{measure}` on the colourful photos of VOC2012 val. Its weights are "
        f"`{path.relative_to(setting.output)}`: `chromantic evaluate` takes them, or an ONNX file, as its segmenter.",
        findings=[
            TextTable(("photos", "mIoU"), [(what, f"{100 * miou:.1f}") for what, miou in mious.items()]),
            "The paper's is DeepLab-ResNet101, which was pre-trained on much more: 72.1 on originals, 66.9 on grey.",
        ],
    )
