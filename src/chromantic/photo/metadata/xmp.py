"""XMP: what a packet says of a photo, what of it holds for a result, and packets too large for a JPEG segment.

Source: XMP specification, parts 1 to 3 (Adobe, 2012).
"""

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from chromantic.photo.metadata.xml import Element, Key, Name, XmlError, named, parse, serialize
from chromantic.photo.seal import BLANK

ENHANCED = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced"
"""IPTC's digital source type of a photograph that an algorithm has added to."""

NAMESPACES = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "stEvt": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "xml": "http://www.w3.org/XML/1998/namespace",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "xmpNote": "http://ns.adobe.com/xmp/note/",
}
"""By the prefixes that they are written with where a packet has none."""

Value: TypeAlias = "str | tuple[str, tuple[str, ...]]"
"""Of a property: a text, or `Alt`, `Bag` or `Seq` and its items; an `Alt` has one, in the default language."""

Attribute: TypeAlias = tuple[Name, str]


def name(qualified: str) -> Name:
    """The name of a property, such as `dc:title`."""
    prefix, _, local = qualified.partition(":")
    return Name(NAMESPACES[prefix], local, prefix)


def _keys(prefix: str, names: str) -> set[Key]:
    return {(NAMESPACES[prefix], each) for each in names.split()}


_SOURCE_TYPE = name("Iptc4xmpExt:DigitalSourceType").key
_SETTINGS = {
    "http://ns.adobe.com/camera-raw-settings/1.0/",
    "http://ns.adobe.com/camera-raw-saved-settings/1.0/",
    "http://ns.adobe.com/camera-raw-defaults/1.0/",
    "http://darktable.sf.net/",
    "http://ns.adobe.com/hdr-gain-map/1.0/",
    "http://ns.google.com/photos/1.0/container/",
}  # how a converter develops the photo's file, and what else that file holds
_DROPPED = {
    *_keys(
        "tiff", "Orientation BitsPerSample Compression PhotometricInterpretation SamplesPerPixel PlanarConfiguration"
    ),
    *_keys("tiff", "YCbCrSubSampling YCbCrPositioning XResolution YResolution ResolutionUnit TransferFunction"),
    *_keys("tiff", "WhitePoint PrimaryChromaticities YCbCrCoefficients ReferenceBlackWhite NativeDigest"),
    *_keys("exif", "CompressedBitsPerPixel Gamma NativeDigest"),
    *_keys("photoshop", "ColorMode ICCProfile"),
    *_keys("xmp", "Thumbnails"),
    *_keys("xmpNote", "HasExtendedXMP"),
    _SOURCE_TYPE,  # a new one is written
}
_PLACES = _keys("exif", "SubjectArea SubjectLocation")  # pixels of the picture before it was turned
_SRGB = "1"
_EXTENDED = name("xmpNote:HasExtendedXMP")
_ABOUT, _PARSE_TYPE, _DESCRIPTION = name("rdf:about"), name("rdf:parseType"), name("rdf:Description")
_HISTORY, _INSTANCE = name("xmpMM:History").key, name("xmpMM:InstanceID").key
_BEGIN, _END = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>', f'{BLANK.decode()}<?xpacket end="w"?>'


@dataclass(frozen=True)
class Xmp:
    """What a packet says.

    Attributes:
        nodes: What its `rdf:RDF` holds: descriptions, whose attributes and elements are the properties.
        namespaces: Declared around them.
    """

    nodes: tuple[Element, ...] = ()
    namespaces: tuple[tuple[str, str], ...] = ()

    def get(self, key: Key) -> Element | str | None:
        """A property, as an element or an attribute's value; None where there is none."""
        for node in self.nodes:
            if (element := named(node.elements, key)) is not None:
                return element
            for attribute, value in node.attributes:
                if attribute.key == key:
                    return value
        return None


def read_xmp(packet: bytes | None, extended: bytes | None, problems: list[str]) -> Xmp:
    """What a packet and its extension say; nothing of one that is broken or beyond the limits.

    Args:
        packet: XML.
        extended: What a JPEG file has in more segments.
        problems: Takes what is wrong.
    """
    parts = []
    for document, what in ((packet, "XMP packet"), (extended, "extended XMP")):
        try:
            parts += [_read(document)] if document else []
        except XmlError as error:
            problems.append(f"its {what} is broken ({error}) and was left out")
    return Xmp(
        tuple(node for part in parts for node in part.nodes),
        tuple(pair for part in reversed(parts) for pair in part.namespaces),
    )


def _read(packet: bytes) -> Xmp:
    root = parse(packet)
    rdf = root if root.name.key == name("rdf:RDF").key else named(root.elements, name("rdf:RDF").key)
    if rdf is None:
        return Xmp()
    around = root.namespaces + (rdf.namespaces if rdf is not root else [])
    return Xmp(tuple(rdf.elements), tuple(around))


def of_result(xmp: Xmp, values: Mapping[str, str], turned: bool, parameters: str, software: str) -> Xmp:
    """The properties that hold for a result, with its source type and an event of its history.

    Args:
        xmp: Of the photo.
        values: Of properties that change where the photo has them, by qualified name.
        turned: Whether the photo's pixels were stored in another direction.
        parameters: How the result was made.
        software: That made it.
    """
    event = {"action": "colorized", "softwareAgent": software, "parameters": parameters}
    changed = {name(key).key: value for key, value in values.items()} | {name("exif:ColorSpace").key: _SRGB}
    if before := xmp.get(_INSTANCE):
        old = before.text if isinstance(before, Element) else before
        digest = hashlib.sha256(f"{old}\n{software}\n{parameters}".encode()).hexdigest()
        event["instanceID"] = changed[_INSTANCE] = f"xmp.iid:{uuid.UUID(digest[:32])}"
    nodes = [_kept(node, changed, _DROPPED | (_PLACES if turned else set())) for node in xmp.nodes]
    fields: list[Element | str] = [_property(f"stEvt:{key}", each) for key, each in event.items()]
    item = Element(name("rdf:li"), [(_PARSE_TYPE, "Resource")], fields, [("stEvt", NAMESPACES["stEvt"])])
    added: list[Element | str] = [_property("Iptc4xmpExt:DigitalSourceType", ENHANCED)]
    if with_event := _with_event(nodes, item):
        nodes = with_event
    else:
        added.append(Element(name("xmpMM:History"), [], [Element(name("rdf:Seq"), [], [item])]))
    return replace(xmp, nodes=(*nodes, Element(_DESCRIPTION, [(_ABOUT, _subject(nodes))], added)))


def with_missing(xmp: Xmp, values: Mapping[str, Value]) -> Xmp:
    """The properties with others that are not there, by qualified name."""
    missing = {key: value for key, value in values.items() if xmp.get(name(key).key) is None}
    if not missing:
        return xmp
    children: list[Element | str] = [_property(key, value) for key, value in missing.items()]
    return replace(xmp, nodes=(*xmp.nodes, Element(_DESCRIPTION, [(_ABOUT, _subject(xmp.nodes))], children)))


def xmp_packet(xmp: Xmp) -> bytes:
    """A packet in UTF-8, with a seal that is still to be set."""
    return f"{_BEGIN}{serialize(_document(xmp))}{_END}".encode()


def split_packet(xmp: Xmp, limit: int) -> tuple[bytes, bytes | None, bytes]:
    """A packet of at most so many bytes, and an extension of the largest properties where it has no room for all.

    Args:
        xmp: A result's properties.
        limit: In bytes.

    Returns:
        The packet, the extension, and the extension's name: 32 hexadecimal digits, which the packet tells.
    """
    packet = xmp_packet(xmp)
    if len(packet) <= limit:
        return packet, None, b""
    parts: list[Element | Attribute] = []
    for node in xmp.nodes:
        parts += [part for part in node.elements if part.name.key != _SOURCE_TYPE]
        parts += _properties(node)
    parts.sort(key=_weight, reverse=True)
    number = 1
    while True:
        moved = {id(part) for part in parts[:number]}
        extension = serialize(_document(_part(xmp, moved))).encode()
        guid = hashlib.md5(extension, usedforsecurity=False).hexdigest().upper()
        rest = _part(xmp, {id(part) for part in parts[number:]} | {id(part) for part in _source_types(xmp)})
        rest = replace(
            rest, nodes=(*rest.nodes, Element(_DESCRIPTION, [(_ABOUT, _subject(xmp.nodes)), (_EXTENDED, guid)]))
        )
        rest = rest if number < len(parts) else replace(rest, namespaces=())
        packet = xmp_packet(rest)
        if len(packet) <= limit or number >= len(parts):
            return packet, extension, guid.encode()
        number *= 2


def _part(xmp: Xmp, wanted: set[int]) -> Xmp:
    """The properties whose `id` is wanted."""
    nodes = []
    for node in xmp.nodes:
        children: list[Element | str] = [child for child in node.elements if id(child) in wanted]
        others = {id(each) for each in _properties(node)} - wanted
        attributes = [each for each in node.attributes if id(each) not in others]
        if children or wanted & {id(each) for each in _properties(node)}:
            nodes.append(replace(node, attributes=attributes, children=children))
    return replace(xmp, nodes=tuple(nodes))


def _properties(node: Element) -> list[Attribute]:
    """The attributes of a description that are properties."""
    return [each for each in node.attributes if each[0].uri not in ("", NAMESPACES["rdf"], NAMESPACES["xml"])]


def _source_types(xmp: Xmp) -> list[Element]:
    return [child for node in xmp.nodes for child in node.elements if child.name.key == _SOURCE_TYPE]


def _weight(part: Element | Attribute) -> tuple[bool, int]:
    """What goes into the extension first: what is large, and the history last."""
    if isinstance(part, Element):
        return part.name.key != _HISTORY, len(serialize(part).encode())
    return True, len(part[1].encode())


def _kept(node: Element, changed: Mapping[Key, str], dropped: set[Key]) -> Element:
    """A description with its properties as they hold."""

    def holds(each: Name) -> bool:
        return each.uri not in _SETTINGS and each.key not in dropped

    attributes = [(each, changed.get(each.key, value)) for each, value in node.attributes if holds(each)]
    children: list[Element | str] = [
        replace(child, children=[changed[child.name.key]]) if child.name.key in changed else child
        for child in node.elements
        if holds(child.name)
    ]
    namespaces = [(prefix, uri) for prefix, uri in node.namespaces if uri not in _SETTINGS]
    return replace(node, attributes=attributes, children=children, namespaces=namespaces)


def _with_event(nodes: list[Element], event: Element) -> list[Element] | None:
    """The descriptions with an event at the end of their history; None where they have none."""
    for number, node in enumerate(nodes):
        history = named(node.elements, _HISTORY)
        if history is not None and history.elements:
            events = history.elements[0]
            grown = replace(history, children=[replace(events, children=[*events.children, event])])
            children: list[Element | str] = [grown if child is history else child for child in node.children]
            return [*nodes[:number], replace(node, children=children), *nodes[number + 1 :]]
    return None


def _property(qualified: str, value: Value) -> Element:
    if isinstance(value, str):
        return Element(name(qualified), [], [value])
    kind, items = value
    language = [(name("xml:lang"), "x-default")] if kind == "Alt" else []
    children: list[Element | str] = [Element(name("rdf:li"), language, [item]) for item in items]
    return Element(name(qualified), [], [Element(name(f"rdf:{kind}"), [], children)])


def _document(xmp: Xmp) -> Element:
    taken = {NAMESPACES["x"], NAMESPACES["rdf"]}
    around = [
        (prefix, uri) for prefix, uri in xmp.namespaces if prefix not in ("x", "rdf") and uri not in taken | _SETTINGS
    ]
    return Element(name("x:xmpmeta"), [], [Element(name("rdf:RDF"), [], list(xmp.nodes), around)])


def _subject(nodes: Iterable[Element]) -> str:
    return next((value for node in nodes for each, value in node.attributes if each.key == _ABOUT.key), "")
