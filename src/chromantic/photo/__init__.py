"""Photographs in and out: files, images and arrays to pixels, pixels to lightness, lightness and chroma to files.

Nothing else decodes a picture that a user brings.
"""

from chromantic.photo.folder import find_photos, is_photo_name, photos_in, results_in
from chromantic.photo.formats import FORMATS, check_format, depth_in, format_of_file, result_format
from chromantic.photo.lightness import (
    grey_image,
    join_chroma,
    lightness_of,
    opacity_of,
    shrink_lightness,
    split_lightness,
    to_image,
)
from chromantic.photo.metadata import Provenance
from chromantic.photo.photo import MAX_PIXELS, Photo
from chromantic.photo.read import read_photo
from chromantic.photo.write import write_picture, write_rows

__all__ = [
    "FORMATS",
    "MAX_PIXELS",
    "Photo",
    "Provenance",
    "check_format",
    "depth_in",
    "find_photos",
    "format_of_file",
    "grey_image",
    "is_photo_name",
    "join_chroma",
    "lightness_of",
    "opacity_of",
    "photos_in",
    "read_photo",
    "result_format",
    "results_in",
    "shrink_lightness",
    "split_lightness",
    "to_image",
    "write_picture",
    "write_rows",
]
