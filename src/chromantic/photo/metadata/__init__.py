"""What a file says of its photo besides pixels: read, kept for the results, and completed with their origin.

Values are kept as bytes. What describes the old file is dropped: its layout, thumbnail, orientation, colour profile and
the settings it was to be developed with. docs/reference/photographs.md tells what becomes of each field.
"""

from chromantic.photo.metadata.blobs import Blobs
from chromantic.photo.metadata.exif import ADOBE_RGB, UNCALIBRATED, Exif
from chromantic.photo.metadata.metadata import (
    MILLIMETRES_PER_INCH,
    Metadata,
    Provenance,
    embed,
    metadata_of,
    read_metadata,
    sidecar_of_result,
)
from chromantic.photo.metadata.xmp import ENHANCED

__all__ = [
    "ADOBE_RGB",
    "ENHANCED",
    "MILLIMETRES_PER_INCH",
    "UNCALIBRATED",
    "Blobs",
    "Exif",
    "Metadata",
    "Provenance",
    "embed",
    "metadata_of",
    "read_metadata",
    "sidecar_of_result",
]
