"""The color embedding network f (Table 1)."""

from chromantic.model.blocks import Row

SHARED_UP_TO = {"256-channel blocks": 6, "512-channel blocks": 8}
"""Rows of Table 1 that the segmentation branch shares, by branching point."""

TABLE_1 = (
    Row("conv", 64),  # 128x128
    Row("block", 64, repeat=2),
    Row("conv", 128, stride=2),  # 64x64
    Row("block", 128, repeat=2),
    Row("conv", 256, stride=2),  # 32x32, to the end
    Row("block", 256, repeat=2),
    Row("conv", 512),
    Row("block", 512, repeat=3, dilation=2),
    Row("conv", 512),
    Row("block", 512, repeat=3, dilation=4),
    Row("conv", 160),
)
