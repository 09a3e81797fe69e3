"""What files hold beside pixels, as bytes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Blobs:
    """What a file holds.

    Attributes:
        exif: A block that starts with TIFF's header; in some files, six more bytes come first.
        xmp: A packet.
        extended: Of XMP, what a JPEG file's packet has no room for.
        iptc: IPTC-IIM records.
        comments: Of a JPEG or GIF file.
        chunks: Types and data of a PNG file's chunks with text.
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    extended: bytes | None = None
    iptc: bytes | None = None
    comments: tuple[bytes, ...] = ()
    chunks: tuple[tuple[bytes, bytes], ...] = ()
