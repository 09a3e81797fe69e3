"""Names what is whole but not read here, so that nobody looks for a fresh copy of it."""

from typing import BinaryIO

from chromantic.photo.metadata.jpeg import segment_sizes

_FOREIGN = {  # what files start with
    b"8BPS": "a Photoshop document",
    b"%PDF": "a PDF document",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL \r\n\x87\n": "JPEG XL",
    b"II\xbc": "JPEG XR",
    b"v/1\x01": "OpenEXR",
    b"#?RADIANCE": "Radiance HDR",
    b"AT&TFORM": "DjVu",
    b"FUJIFILMCCD-RAW": "raw sensor data (RAF)",
    b"IIRO": "raw sensor data (ORF)",
    b"IIRS": "raw sensor data (ORF)",
    b"IIU\0": "raw sensor data (RW2)",
    b"FOVb": "raw sensor data (X3F)",
    b"gimp xcf": "a GIMP document",
    b"SIMPLE  =": "FITS",
    b"<svg": "SVG",
}
_BRANDS = {b"crx ": "raw sensor data (CR3)", b"isom": "a video", b"mp42": "a video", b"qt  ": "a video"}
_JPEG_PROCESSES = {0xC3: "lossless JPEG", 0xC5: "hierarchical JPEG", 0xC6: "hierarchical JPEG", 0xC7: "lossless JPEG"}
_JPEG_PROCESSES |= dict.fromkeys((203, 207), "lossless JPEG")
_JPEG_PROCESSES |= dict.fromkeys((205, 206), "hierarchical JPEG") | {0xF7: "JPEG-LS"}
_FRAMES = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}  # markers that describe the picture
_MOST_SEGMENTS = 4096


def foreign_kind(head: bytes) -> str | None:
    """What a file is that starts so and is not read here; None where nothing is known of it."""
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12])
    return next((what for start, what in _FOREIGN.items() if head.startswith(start)), None)


def unread_jpeg(file: BinaryIO) -> str | None:
    """What of a JPEG file libjpeg does not read: depths other than 8 bits, rare processes and channels."""
    for marker, _ in segment_sizes(file, _MOST_SEGMENTS):
        if marker in _FRAMES:
            frame = file.read(6)
            if len(frame) < 6:
                return None
            if marker in _JPEG_PROCESSES:
                return _JPEG_PROCESSES[marker]
            if frame[0] != 8:
                return f"JPEG of {frame[0]} bits"
            return None if frame[5] in (1, 3, 4) else f"JPEG of {frame[5]} channels"
    return None
