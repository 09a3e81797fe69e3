"""The segmenter that judges every colorization in Figure 8 and Table 3, and how well it does on photos."""

import torch

from chromantic.evaluation.protocol import read_in_batches
from chromantic.paper.judged import names_of
from chromantic.paper.sections import Section, Table
from chromantic.paper.setting import Setting
from chromantic.paper.trainings import segmenter_training, train_segmenter


def reproduce(setting: Setting) -> Section:
    """Trains the segmenter on the colour photos and measures it on the originals and without their colours."""
    path, segmented = train_segmenter(setting), names_of(setting)
    for truth in read_in_batches(setting.validation):
        colourful = truth.part(truth.colourful.nonzero().flatten().tolist())
        if colourful.examples:
            segmented.add(colourful, {"grey": colourful.draw(torch.zeros_like(colourful.chroma))})
    mious = segmented.measures()[segmented.measure]
    config = segmenter_training(setting)
    seen = config.optimization.steps * config.optimization.batch_size
    return Section(
        title="The segmenter that judges colours",
        protocol=f"Table 2 of the paper with lightness at 128 x 128 and chroma at 32 x 32 as its input, "
        f"`{config.network.preset}` width, trained on {seen:,} crops of the photos that have colours and VOC labels "
        f"(`train_aug`, and COCO where there is), none of them grey; then never changed. Measured as "
        f"`{segmented.measure}` on the colourful photos of VOC2012 val. Its weights are "
        f"`{path.relative_to(setting.output)}`: `chromantic evaluate --segmenter` takes them, or another's ONNX file.",
        findings=[
            Table(("photos", "mIoU"), [(what, f"{100 * miou:.1f}") for what, miou in mious.items()]),
            "The paper's is DeepLab-ResNet101, which was pre-trained on much more: 72.1 on originals, 66.9 on grey.",
        ],
    )
