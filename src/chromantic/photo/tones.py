"""What a file says of its tones outside an ICC profile.

Sources: PNG (third edition) 11.3.2, ITU-T H.273 for code points, TIFF 6.0 section 20, Exif 2.32 and DCF 2.0.
"""

import io
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt16

from chromantic.colour.lab import decode_srgb, encode_srgb
from chromantic.photo.metadata import ADOBE_RGB, UNCALIBRATED, Exif
from chromantic.photo.tiff import MIN_IS_WHITE, Page

_D65 = (0.3127, 0.329)
_SRGB = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_ADOBE_RGB = (0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
_ADOBE_GAMMA = 563 / 256
_PRIMARIES = {  # of H.273: red, green and blue, and white
    1: (_SRGB, _D65),
    4: ((0.67, 0.33, 0.21, 0.71, 0.14, 0.08), (0.310, 0.316)),
    5: ((0.64, 0.33, 0.29, 0.60, 0.15, 0.06), _D65),
    6: ((0.63, 0.34, 0.31, 0.595, 0.155, 0.07), _D65),
    7: ((0.63, 0.34, 0.31, 0.595, 0.155, 0.07), _D65),
    9: ((0.708, 0.292, 0.17, 0.797, 0.131, 0.046), _D65),
    11: ((0.68, 0.32, 0.265, 0.69, 0.15, 0.06), (0.314, 0.351)),
    12: ((0.68, 0.32, 0.265, 0.69, 0.15, 0.06), _D65),
}
_GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}  # others are shown as sRGB: video's transfers, and what nobody knows
_PQ, _HLG = 16, 18
_WHITE_NITS = 203.0  # of HDR's reference white (ITU-R BT.2408)
_PNG_GAMMA = 100_000  # gAMA and cHRM count in 1/100,000
_SRGB_GAMMA = 45_455  # what gAMA says beside sRGB
_MOST_CHUNKS = 4096
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


@dataclass(frozen=True)
class Tone:
    """How samples become light.

    Attributes:
        curves: For each channel, or one for all: a gamma, or light from 0 to 65535 at evenly spaced samples.
        primaries: x and y of red, green and blue.
        white: x and y.
        hdr: Whether there is light above white, which is lost.
    """

    curves: Sequence[float | np.ndarray]
    primaries: Sequence[float] = _SRGB
    white: Sequence[float] = _D65
    hdr: bool = False

    @property
    def has_srgb_curves(self) -> bool:
        """Whether light is sRGB's, to a hundredth of the levels of 8 bits."""
        values = np.linspace(0, 1, 65)
        return all(np.allclose(_light(curve, values), decode_srgb(values), atol=100 / 65535) for curve in self.curves)

    @property
    def has_srgb_primaries(self) -> bool:
        """Whether colours are sRGB's."""
        return np.allclose([*self.primaries, *self.white], [*_SRGB, *_D65], atol=0.002)

    def tables(self, levels: int) -> UInt16[np.ndarray, "levels curves"]:
        """The sRGB-encoded samples, of 16 bits, for each of so many levels. LittleCMS is coarse where they are dark."""
        light = np.stack([_light(curve, np.linspace(0, 1, levels)) for curve in self.curves], axis=-1)
        levels_of_srgb: np.ndarray = np.rint(encode_srgb(light) * 65535).clip(0, 65535).astype(np.uint16)
        return levels_of_srgb

    def profile(self) -> bytes:
        """The ICC profile of the primaries, with sRGB's curve."""
        columns = _colorants(self.primaries, self.white)
        tags = {b"wtpt": _xyz(_D50)} | {
            name + b"XYZ": _xyz(columns[:, place]) for place, name in enumerate((b"r", b"g", b"b"))
        }
        curve = struct.pack(">4s4xHxx5i", b"para", 3, *_fixed([2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045]))
        tags |= {name + b"TRC": curve for name in (b"r", b"g", b"b")}
        table, body, start = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
        for name, content in tags.items():
            table += name + struct.pack(">II", start + len(body), len(content))
            body += content
        kinds = (b"mntr", b"RGB ", b"XYZ ", b"acsp")
        head = struct.pack(">I4xI4s4s4s12x4s28x", start + len(body), 0x04200000, *kinds)
        return head + struct.pack(">3i", *_fixed(_D50)) + bytes(48) + table + body


def png_tone(chunks: Mapping[bytes, bytes]) -> Tone | None:
    """The tone of a PNG file by its chunks: cICP, else gAMA and cHRM where no sRGB says more. None for sRGB's."""
    if len(chunks.get(b"cICP", b"")) == 4:
        return coded_tone(*chunks[b"cICP"][:2])
    if b"sRGB" in chunks or len(chunks.get(b"gAMA", b"")) != 4:
        return None
    gamma = int.from_bytes(chunks[b"gAMA"], "big")
    white, primaries_xy = _D65, _SRGB
    if len(chunks.get(b"cHRM", b"")) == 32:
        values = [number / _PNG_GAMMA for number in struct.unpack(">8I", chunks[b"cHRM"])]
        if _is_space(values[2:], values[:2]):
            white, primaries_xy = (values[0], values[1]), tuple(values[2:])
    if not 0 < gamma <= 10 * _PNG_GAMMA:
        return None
    if abs(gamma - _SRGB_GAMMA) <= 1:
        return _unless_srgb(Tone([_srgb_curve()], primaries_xy, white))
    return Tone([_PNG_GAMMA / gamma], primaries_xy, white)


def coded_tone(primaries: int, transfer: int) -> Tone | None:
    """The tone of ITU-T H.273's code points; None for sRGB's."""
    space, white = _PRIMARIES.get(primaries, _PRIMARIES[1])
    if transfer in (_PQ, _HLG):
        return Tone([_hdr_curve(transfer)], space, white, hdr=True)
    if transfer in _GAMMAS:
        return Tone([_GAMMAS[transfer]], space, white)
    return _unless_srgb(Tone([_srgb_curve()], space, white))


def heif_tone(content: bytes) -> Tone | None:
    """The tone of the head of an AVIF or HEIC file by its primary picture's code points; None for sRGB's."""
    for name, start, end in _boxes(content, 0, len(content)):
        if name == b"meta":
            return _meta_tone(content, start + 4, end)
    return None


def exif_tone(exif: Exif) -> Tone | None:
    """The tone by EXIF: Adobe RGB, or a gamma where the colour space is uncalibrated. None for sRGB."""
    if exif.colour_space == ADOBE_RGB:
        return Tone([_ADOBE_GAMMA], _ADOBE_RGB)
    if exif.colour_space == UNCALIBRATED and exif.gamma and 0.1 < exif.gamma < 10:
        return Tone([exif.gamma])
    return None


def tiff_tone(page: Page) -> Tone | None:
    """The tone by TIFF's TransferFunction, WhitePoint and PrimaryChromaticities; None for sRGB's."""
    if not {301, 318, 319} & set(page.fields):
        return None
    levels = 2**page.bits if page.bits <= 16 else 0
    table = page.numbers(301)
    curves: list[float | np.ndarray] = [_srgb_curve()]
    if levels and len(table) in (levels, 3 * levels):
        tables = np.array(table, np.float64).reshape(-1, levels)
        curves = [part[::-1] if page.photometric == MIN_IS_WHITE else part for part in tables]
    white, space = _ratios(page.numbers(318)) or _D65, _ratios(page.numbers(319)) or _SRGB
    if len(white) != 2 or len(space) != 6 or not _is_space(space, white):
        white, space = _D65, _SRGB
    return _unless_srgb(Tone(curves, space, white))


def _ratios(numbers: Sequence[int]) -> tuple[float, ...]:
    pairs = list(zip(numbers[::2], numbers[1::2], strict=False))
    return tuple(above / below for above, below in pairs) if all(below for _, below in pairs) else ()


def _unless_srgb(tone: Tone) -> Tone | None:
    return None if tone.has_srgb_primaries and tone.has_srgb_curves else tone


def _light(curve: float | np.ndarray, samples: np.ndarray) -> np.ndarray:
    light: np.ndarray = (
        np.interp(samples, np.linspace(0, 1, len(curve)), curve / 65535)
        if isinstance(curve, np.ndarray)
        else samples**curve
    )
    return light


def _is_space(primaries: Sequence[float], white: Sequence[float]) -> bool:
    """Whether the primaries span a triangle that has the white inside."""
    if min(*primaries, *white) < 0 or white[1] <= 0 or any(y <= 0 for y in primaries[1::2]):
        return False
    points = np.vstack([np.reshape(primaries, (3, 2)).T, np.ones(3)])
    if abs(np.linalg.det(points)) < 1e-3:
        return False
    return bool((np.linalg.solve(points, [*white, 1.0]) > 0).all())


def _srgb_curve() -> np.ndarray:
    return decode_srgb(np.linspace(0, 1, 4096)) * 65535


def _hdr_curve(transfer: int) -> np.ndarray:
    """Light of HDR's samples, reference white at 65535; what is lighter is clipped."""
    encoded = np.linspace(0, 1, 4096)
    if transfer == _PQ:  # SMPTE ST 2084
        root = encoded ** (32 / 2523)
        light = (
            (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (8192 / 1305) * 10_000 / _WHITE_NITS
        )
    else:  # ARIB STD-B67, on a screen of 1000 nits; reference white is at three quarters
        scene = np.where(
            encoded <= 0.5, encoded**2 / 3, (np.exp((encoded - 0.55991073) / 0.17883277) + 0.28466892) / 12
        )
        light = scene**1.2 * 1000 / _WHITE_NITS
    return light.clip(0, 1) * 65535


def _fixed(values: Sequence[float] | np.ndarray) -> list[int]:
    return [round(float(value) * 65536) for value in values]


def _xyz(values: np.ndarray) -> bytes:
    return struct.pack(">4s4x3i", b"XYZ ", *_fixed(values))


def _colorants(primaries: Sequence[float], white: Sequence[float]) -> np.ndarray:
    """XYZ of red, green and blue in columns, adapted to D50 as ICC profiles hold them."""

    def xyz(x: float, y: float) -> np.ndarray:
        return np.array([x / y, 1, (1 - x - y) / y])

    columns = np.column_stack([xyz(*primaries[place : place + 2]) for place in (0, 2, 4)])
    source = xyz(*white)
    columns = columns * np.linalg.solve(columns, source)
    cones = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ source))
    adapted: np.ndarray = np.linalg.inv(_BRADFORD) @ cones @ _BRADFORD @ columns
    return adapted


def _boxes(content: bytes, start: int, end: int) -> list[tuple[bytes, int, int]]:
    """Boxes of ISO base media: name, and where their content starts and ends."""
    found: list[tuple[bytes, int, int]] = []
    while start + 8 <= end and len(found) < _MOST_CHUNKS:
        size, head = int.from_bytes(content[start : start + 4], "big"), 8
        if size == 1:
            size, head = int.from_bytes(content[start + 8 : start + 16], "big"), 16
        stop = end if size == 0 else min(start + size, end)
        if stop < start + head:
            break
        found.append((content[start + 4 : start + 8], start + head, stop))
        start = stop
    return found


def _meta_tone(content: bytes, start: int, end: int) -> Tone | None:
    boxes = {name: (begin, stop) for name, begin, stop in _boxes(content, start, end)}
    if b"pitm" not in boxes or b"iprp" not in boxes:
        return None
    begin, stop = boxes[b"pitm"]
    primary = int.from_bytes(content[begin + 4 : stop], "big")
    inside = _boxes(content, *boxes[b"iprp"])
    properties = next((_boxes(content, begin, stop) for name, begin, stop in inside if name == b"ipco"), [])
    tone = None
    for name, begin, stop in inside:
        for place in _associated(content[begin:stop], primary) if name == b"ipma" else []:
            kind, first, last = properties[place - 1] if 0 < place <= len(properties) else (b"", 0, 0)
            what = content[first:last]
            if kind == b"colr" and what[:4] in (b"prof", b"rICC"):
                return None
            if kind == b"colr" and what[:4] == b"nclx" and len(what) >= 8:
                tone = coded_tone(*struct.unpack(">HH", what[4:8]))
    return tone


def _associated(box: bytes, item: int) -> list[int]:
    """The places of the properties of an item, from 1, as an ipma box tells them."""
    file = io.BytesIO(box)
    version, wide = box[0] if box else 0, bool(box[3] & 1) if len(box) > 3 else False
    file.seek(4)
    for _ in range(min(int.from_bytes(file.read(4), "big"), _MOST_CHUNKS)):
        number = int.from_bytes(file.read(4 if version else 2), "big")
        count = int.from_bytes(file.read(1), "big")
        places = [int.from_bytes(file.read(2 if wide else 1), "big") for _ in range(count)]
        if number == item:
            return [place & (0x7FFF if wide else 0x7F) for place in places]
    return []
