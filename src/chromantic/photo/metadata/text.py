"""Texts of PNG chunks and comments of JPEG files: as bytes, as text, and as XMP."""

import re
import struct
import zlib
from collections.abc import Iterable
from typing import NamedTuple

from chromantic.photo.metadata.xmp import Value

MAX_BYTES = 1 << 24
"""Texts of one file that are longer together, once they are unpacked, are left out."""
COMMENT = "Comment"
"""PNG's keyword of what other formats call a comment."""

_KEYWORD = 79  # most bytes of one
_FIELDS = {
    "Title": ("dc:title", "Alt"),
    "Author": ("dc:creator", "Seq"),
    "Description": ("dc:description", "Alt"),
    "Copyright": ("dc:rights", "Alt"),
    "Source": ("dc:source", ""),
}
_CREATED = "Creation Time"
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?")  # as XMP has it
_OLD_DATE = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)")  # as EXIF has it


class Text(NamedTuple):
    """A text with its keyword.

    Attributes:
        keyword: Such as `Title`.
        text: What it says.
    """

    keyword: str
    text: str


def decoded(text: bytes, utf8: bool = False) -> str:
    """A text whose encoding its file does not tell: UTF-8 where it can be, else Latin-1; or UTF-8."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("utf-8", "replace") if utf8 else text.decode("latin-1")


def unpacked(data: bytes, limit: int) -> bytes:
    """Data that were packed by zlib.

    Raises:
        zlib.error: They are broken, or longer than the limit.
    """
    machine = zlib.decompressobj()
    content = machine.decompress(data, limit + 1)
    if len(content) > limit or not machine.eof:
        raise zlib.error("broken or too long")
    return content


def read_chunk(kind: bytes, data: bytes, limit: int = MAX_BYTES) -> tuple[bytes, bytes, str]:
    """Keyword and text of a PNG chunk of type tEXt, zTXt or iTXt, and the name of the text's encoding.

    Raises:
        zlib.error: It is broken, or its text is longer than the limit.
    """
    keyword, _, rest = data.partition(b"\0")
    if not 0 < len(keyword) <= _KEYWORD:
        raise zlib.error("no keyword")
    if kind == b"tEXt":
        text = rest
    elif kind == b"zTXt":
        text = unpacked(rest[1:], limit)
    else:
        packed, parts = rest[:1] == b"\1", rest[2:].split(b"\0", 2)  # language, translated keyword, text
        if len(parts) < 3:
            raise zlib.error("no text")
        text = unpacked(parts[2], limit) if packed else parts[2]
    if len(text) > limit:
        raise zlib.error("too long")
    return keyword, text, "utf-8" if kind == b"iTXt" else "latin-1"


def chunk_of(keyword: str, text: str) -> tuple[bytes, bytes]:
    """Type and data of a PNG chunk with a text."""
    name = keyword.encode("latin-1", "replace")[:_KEYWORD]
    try:
        return b"tEXt", name + b"\0" + text.replace("\0", "").encode("latin-1")
    except UnicodeEncodeError:
        return b"iTXt", name + struct.pack("5x") + text.replace("\0", "").encode("utf-8", "replace")


def as_xmp(texts: Iterable[Text]) -> dict[str, Value]:
    """The properties that texts stand for, by qualified name; the others make up a user comment."""
    values: dict[str, Value] = {}
    others: list[str] = []
    for keyword, text in texts:
        text = text.strip("\0")
        if keyword == _CREATED and "xmp:CreateDate" not in values and (date := _date(text)):
            values["xmp:CreateDate"] = date
        elif keyword in _FIELDS and _FIELDS[keyword][0] not in values and text:
            key, kind = _FIELDS[keyword]
            values[key] = (kind, (text,)) if kind else text
        elif text:
            others.append(text if keyword == COMMENT else f"{keyword}: {text}")
    if others:
        values["exif:UserComment"] = ("Alt", ("\n".join(others),))
    return values


def _date(text: str) -> str | None:
    text = _OLD_DATE.sub(r"\1-\2-\3T\4", text.strip())
    return text if _DATE.fullmatch(text) else None
