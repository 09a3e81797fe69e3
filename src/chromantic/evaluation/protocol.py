"""The photos of a measurement and the names of what is measured.

Protocol `squash128`: photos are squashed to 128 x 128 pixels as in the paper, and a colorizer reads their lightness.
The other resize rule, `crop128`, takes their central square; it stands in the names in place of `squash128`.
A picture is compared with its photo at 128 x 128, both as 8-bit sRGB. Chroma that comes smaller (the network's is
predicted at 32 x 32) is enlarged under the true lightness first, as for a user. Likelihood is measured at 32 x 32, and
so are labels. Near-grey photos count for the segmentation of the grey photo alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from chromantic.colour import lab
from chromantic.colour.upsampling import upsample_chroma
from chromantic.data.collections.voc import VOID
from chromantic.data.example import Example
from chromantic.data.shrink import shrink
from chromantic.evaluation.measures.chroma_error import chroma_rmse
from chromantic.evaluation.measures.colourfulness import colourfulness
from chromantic.evaluation.measures.psnr import psnr
from chromantic.evaluation.measures.ssim import ssim
from chromantic.photo import join_chroma
from chromantic.progress import track

BITS = "bits_per_dimension@squash128_chroma32_grid1"
PSNR = "psnr_rgb_db@squash128"
SSIM = "ssim_rgb@squash128"
RMSE = "rmse_ab@squash128"
CLASS_RMSE = "rmse_ab_inside_class@squash128_chroma32_labels32"
COLOURFULNESS = "colourfulness@squash128"
RELATIVE_COLOURFULNESS = "colourfulness_relative_to_originals@squash128"
MS_SSIM = "ms_ssim4_rgb_between_samples@squash128"
DISTANCE = "distance_ab_between_samples@squash128"
CALIBRATION = "spearman_of_entropy_and_error_ab@squash128_chroma32"
MIOU = "miou_from_grey@squash128_labels32"

Resize = Literal["squash128", "crop128"]
_BATCH = 16


@dataclass(frozen=True)
class Truth:
    """Photos as they are measured on.

    Attributes:
        examples: where they come from.
        rgb: sRGB in 0..255, whole numbers.
        lightness: L in [0, 100].
        chroma: on the grid.
        labels: void where there are none.
        colourful: False for near-grey photos.
    """

    examples: tuple[Example, ...]
    rgb: Float[Tensor, "batch 3 128 128"]
    lightness: Float[Tensor, "batch 1 128 128"]
    chroma: Float[Tensor, "batch 2 32 32"]
    labels: Int64[Tensor, "batch 32 32"]
    colourful: Bool[Tensor, "batch"]

    @classmethod
    def read(cls, examples: Sequence[Example], resize: Resize = "squash128") -> "Truth":
        """Reads photos by a resize rule.

        Raises:
            ChromanticError: a file is missing or unreadable.
        """
        photos = [shrink(example, squash=True, crop=resize == "crop128") for example in examples]
        return cls(
            tuple(examples),
            (torch.stack([photo.rgb for photo in photos]) * 255).round(),
            torch.stack([photo.lightness for photo in photos]),
            torch.stack([photo.chroma for photo in photos]),
            torch.stack(
                [
                    torch.full(photo.chroma.shape[1:], VOID) if photo.labels is None else photo.labels.long()
                    for photo in photos
                ]
            ),
            torch.tensor([photo.colourful for photo in photos]),
        )

    def part(self, photos: list[int]) -> "Truth":
        """Some of the photos."""
        return Truth(
            tuple(self.examples[photo] for photo in photos),
            self.rgb[photos],
            self.lightness[photos],
            self.chroma[photos],
            self.labels[photos],
            self.colourful[photos],
        )

    def draw(self, chroma: Float[Tensor, "batch 2 h w"]) -> Float[Tensor, "batch 3 128 128"]:
        """What a user would get of chroma in CIE units: sRGB in 0..255, whole numbers."""
        pictures = [
            torch.from_numpy(
                join_chroma(light, small if small.shape[1:] == light.shape else upsample_chroma(small, light))
            )
            for light, small in zip(self.lightness[:, 0].numpy(), chroma.numpy(), strict=True)
        ]
        return torch.stack(pictures).movedim(-1, 1).float()

    def compare(self, rgb: Float[Tensor, "batch 3 128 128"]) -> dict[str, Float[Tensor, "batch"]]:
        """Every measure of pictures, sRGB in 0..255, against the photos."""
        return {
            PSNR: psnr(rgb, self.rgb),
            SSIM: ssim(rgb, self.rgb),
            RMSE: chroma_rmse(chroma_of(rgb), chroma_of(self.rgb)),
            COLOURFULNESS: colourfulness(rgb),
        }


def read_in_batches(examples: Sequence[Example], resize: Resize = "squash128") -> Iterator[Truth]:
    """All photos, some at a time, with a progress bar."""
    starts = range(0, len(examples), _BATCH)
    for start in track(starts, "Measuring"):
        yield Truth.read(examples[start : start + _BATCH], resize)


def chroma_of(rgb: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 2 height width"]:
    """Chroma in CIE units of sRGB in 0..255."""
    return torch.from_numpy(lab.rgb_to_lab((rgb / 255).numpy()))[:, 1:]
