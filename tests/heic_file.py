"""A HEIC file, box by box: no library here writes one."""

import struct

SIDE = 64
_UNITS = (
    "40010c01ffff0408000003009fe800000300001eba0240",
    "4201010408000003009fe800000300001ec08204165ba924cae6e04040208000000300800000030084",
    "4401c1718112",
    "2801ae08f05f874fabb8b21d466588bb131cdb0a7715707c561f2dd5f8f0c40a6562acc8d72a9d16f05edf0ef3ee8f2aabd0323e6525127b85"
    "e17942970a4549d30463fe893bac1d9a1e95aff0dd699b0719f452da24053a626ebe3a6a44bc",
)
"""HEVC by x265, three parameter sets and a picture: SIDE x SIDE 8-bit grey pixels, column by column 0, 4, 8 ... 252."""


def heic(exif: bytes = b"", exif_type: bytes = b"Exif", rotation: int = 0) -> bytes:
    """The file.

    Args:
        exif: A block, from its TIFF header on.
        exif_type: Of the item that holds the block, four bytes.
        rotation: Quarter turns against the clock that a reader shall make.
    """
    *sets, picture = map(bytes.fromhex, _UNITS)
    items = [struct.pack(">I", len(picture)) + picture, struct.pack(">I", 0) + exif]
    head = _box("ftyp", b"heic" + bytes(4) + b"mif1heic")
    start = len(head) + len(_meta(sets, items, 0, exif_type, rotation)) + 8
    return head + _meta(sets, items, start, exif_type, rotation) + _box("mdat", b"".join(items))


def _box(kind: str, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind.encode() + content


def _full_box(kind: str, content: bytes, version: int = 0) -> bytes:
    return _box(kind, struct.pack(">B3x", version) + content)


def _meta(sets: list[bytes], items: list[bytes], start: int, exif_type: bytes, rotation: int) -> bytes:
    types = enumerate((b"hvc1", exif_type), 1)
    infos = [_full_box("infe", struct.pack(">HH4sx", number, 0, kind), version=2) for number, kind in types]
    places = struct.pack(">BBH", 0x44, 0, len(items))
    for number, item in enumerate(items, 1):
        places += struct.pack(">HHHII", number, 0, 1, start, len(item))
        start += len(item)
    config = bytes.fromhex("01 04 08000000 9fe800000000 1e f000 fc fc f8 f8 0000 0f") + bytes([len(sets)])
    for unit in sets:
        config += struct.pack(">BHH", 0x80 | unit[0] >> 1, 1, len(unit)) + unit
    properties = [_box("hvcC", config), _full_box("ispe", struct.pack(">II", SIDE, SIDE))]
    properties += [_full_box("pixi", bytes([1, 8])), _box("irot", bytes([rotation]))]
    used = struct.pack(">IHB", 1, 1, len(properties)) + bytes([0x81, 2, 3, 0x84])  # 0x80: a reader must know it
    return _full_box("meta", b"".join([
        _full_box("hdlr", struct.pack(">I4s13x", 0, b"pict")),
        _full_box("pitm", struct.pack(">H", 1)),
        _full_box("iinf", struct.pack(">H", len(infos)) + b"".join(infos)),
        _full_box("iloc", places),
        _full_box("iref", _box("cdsc", struct.pack(">HHH", 2, 1, 1))),
        _box("iprp", _box("ipco", b"".join(properties)) + _full_box("ipma", used)),
    ]))  # fmt: skip
