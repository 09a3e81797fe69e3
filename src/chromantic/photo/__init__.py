"""Photographs in and out: files, images and arrays to pixels, pixels to lightness, lightness and chroma to files.

Nothing else decodes a picture that a user brings.
"""

from chromantic.photo.develop import develop
from chromantic.photo.folder import find_photos, is_photo_name, photos_in, results_in
from chromantic.photo.formats import FORMATS, check_format, depth_in, format_of_file, format_of_suffix, result_format
from chromantic.photo.header import Header, PhotoFile, UnknownKindError, kind_of, read_header
from chromantic.photo.lightness import (
    chroma_of,
    colour_image,
    grey_image,
    join_chroma,
    lightness_at,
    lightness_of,
    opacity_of,
    shrink_chroma,
    shrink_lightness,
    split_lightness,
    to_image,
)
from chromantic.photo.metadata import Provenance, sidecar_of_result
from chromantic.photo.notice import log_notices
from chromantic.photo.photo import MAX_PIXELS, Photo
from chromantic.photo.read import read_photo
from chromantic.photo.seal import is_sealed
from chromantic.photo.shrink import shrink_photo
from chromantic.photo.stored import read_stored
from chromantic.photo.write import encode_picture, encode_rows, write_picture, write_rows

__all__ = [
    "FORMATS",
    "MAX_PIXELS",
    "Header",
    "Photo",
    "PhotoFile",
    "Provenance",
    "UnknownKindError",
    "check_format",
    "chroma_of",
    "colour_image",
    "depth_in",
    "develop",
    "encode_picture",
    "encode_rows",
    "find_photos",
    "format_of_file",
    "format_of_suffix",
    "grey_image",
    "is_photo_name",
    "is_sealed",
    "join_chroma",
    "kind_of",
    "lightness_at",
    "lightness_of",
    "log_notices",
    "opacity_of",
    "photos_in",
    "read_header",
    "read_photo",
    "read_stored",
    "result_format",
    "results_in",
    "shrink_chroma",
    "shrink_lightness",
    "shrink_photo",
    "sidecar_of_result",
    "split_lightness",
    "to_image",
    "write_picture",
    "write_rows",
]
