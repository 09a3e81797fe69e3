"""The protocol: what is measured of every colourful photo, by name.

A name ends with its protocol. Of `squash128`, photos are squashed to 128 x 128 pixels as in the paper, and a colorizer
reads their lightness. The other resize rule, `crop128`, takes their central square; it stands in the names in place of
`squash128`. A picture is compared with its photo at 128 x 128, both as 8-bit sRGB. Smaller chroma, such as the
network's 32 x 32, is first enlarged under the true lightness, as for a user. Likelihood is measured at 32 x 32, and so
are labels. Near-grey photos count only for the segmentation of grey photos.

A new measure is a file in `measures/` and a line in `MEASURES`.
"""

from chromantic.evaluation.measures.calibration import CALIBRATION, calibration
from chromantic.evaluation.measures.chroma_distance import DISTANCE, chroma_distance
from chromantic.evaluation.measures.chroma_error import RMSE, chroma_of, chroma_rmse
from chromantic.evaluation.measures.colourfulness import COLOURFULNESS, colourfulness_by_way
from chromantic.evaluation.measures.comparing import Measure, against_truth, between_samples, highest, lowest
from chromantic.evaluation.measures.likelihood import BITS, true_bits
from chromantic.evaluation.measures.ms_ssim import MS_SSIM, ms_ssim4
from chromantic.evaluation.measures.psnr import PSNR, psnr
from chromantic.evaluation.measures.ssim import SSIM, ssim

MEASURES: dict[str, Measure] = {
    BITS: true_bits,
    CALIBRATION: calibration,
    PSNR: against_truth(psnr, best=highest),
    SSIM: against_truth(ssim, best=highest),
    RMSE: against_truth(chroma_rmse, best=lowest, seen_as=chroma_of),
    MS_SSIM: between_samples(ms_ssim4),
    DISTANCE: between_samples(chroma_distance, seen_as=chroma_of),
    COLOURFULNESS: colourfulness_by_way,
}
"""Taken of every colourful photo; a table shows them in this order."""
