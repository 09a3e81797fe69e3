"""XML in a few lines of memory: read with limits, and written with the prefixes it came with.

Nothing is kept between documents: neither prefixes nor names.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias
from xml.parsers import expat

MAX_BYTES = 1 << 24
MAX_NODES = 100_000
"""Elements and attributes."""
MAX_DEPTH = 100
MAX_NAMESPACES = 2_000
"""Declarations of prefixes."""

XML = "http://www.w3.org/XML/1998/namespace"
_WIDE = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}  # by first bytes
_BETWEEN = "\x01"  # no part of any document: between a name's namespace, name and prefix
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TEXT = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_VALUE = str.maketrans(_TEXT | {'"': "&quot;", "\t": "&#9;", "\n": "&#10;"})
_CONTENT = str.maketrans(_TEXT)

Key: TypeAlias = tuple[str, str]
"""Namespace and local name."""


class XmlError(Exception):
    """A document is not well-formed, or beyond the limits."""


class Name(NamedTuple):
    """A name of an element or an attribute.

    Attributes:
        uri: Its namespace; empty for none.
        local: Without prefix.
        prefix: As it was written, without a colon; empty for none.
    """

    uri: str
    local: str
    prefix: str

    @property
    def key(self) -> Key:
        """What names are compared by."""
        return self.uri, self.local


@dataclass(slots=True)
class Element:
    """An element.

    Attributes:
        name: Its name.
        attributes: In order.
        children: Elements and texts.
        namespaces: Declared here: prefixes and their URIs.
    """

    name: Name
    attributes: list[tuple[Name, str]] = field(default_factory=list)
    children: list["Element | str"] = field(default_factory=list)
    namespaces: list[tuple[str, str]] = field(default_factory=list)

    @property
    def elements(self) -> list["Element"]:
        """The children that are elements."""
        return [child for child in self.children if isinstance(child, Element)]

    @property
    def text(self) -> str:
        """The texts of an element without elements."""
        return "".join(child for child in self.children if isinstance(child, str))


def parse(document: bytes) -> Element:
    """The root of a document in UTF-8 or UTF-16.

    Comments and processing instructions are left out.

    Raises:
        XmlError: It is not well-formed, declares a document type, or exceeds a limit.
    """
    if len(document) > MAX_BYTES:
        raise XmlError(f"above {MAX_BYTES >> 20} MB")
    wide = next((encoding for start, encoding in _WIDE.items() if document.startswith(start)), None)
    if wide:
        document = document.decode(wide, "replace").encode()
    document = document.strip(b"\0 \r\n\t")
    if document.count(b"xmlns") > MAX_NAMESPACES:  # before expat takes time for them
        raise XmlError(f"more than {MAX_NAMESPACES} namespaces")
    parser = expat.ParserCreate("utf-8", _BETWEEN)  # whatever the document says
    reader = _Reader(parser)
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        raise XmlError(str(error)) from error
    if reader.root is None:
        raise XmlError("no element")
    return reader.root


class _Reader:
    """Builds the tree of what a parser meets."""

    def __init__(self, parser: expat.XMLParserType) -> None:
        self.root: Element | None = None
        self.open: list[Element] = []
        self.nodes = self.declared = 0
        self.namespaces: list[tuple[str, str]] = []
        self.names: dict[str, Name] = {}
        parser.namespace_prefixes = True
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.StartNamespaceDeclHandler = self.declare
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.characters
        parser.StartDoctypeDeclHandler = self.doctype

    def declare(self, prefix: str | None, uri: str | None) -> None:
        self.declared += 1
        if self.declared > MAX_NAMESPACES:
            raise XmlError(f"more than {MAX_NAMESPACES} namespaces")
        self.namespaces.append((prefix or "", uri or ""))

    def start(self, name: str, attributes: list[str]) -> None:
        pairs = zip(attributes[::2], attributes[1::2], strict=True)
        element = Element(self.name(name), [(self.name(key), value) for key, value in pairs], [], self.namespaces)
        self.namespaces = []
        self.nodes += 1 + len(element.attributes)
        if self.nodes > MAX_NODES:
            raise XmlError(f"more than {MAX_NODES} elements and attributes")
        if len(self.open) >= MAX_DEPTH:
            raise XmlError(f"nested more than {MAX_DEPTH} deep")
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def name(self, text: str) -> Name:
        if text not in self.names:
            parts = text.split(_BETWEEN)
            uri, local = parts[:2] if len(parts) > 1 else ("", text)
            self.names[text] = Name(uri, local, parts[2] if len(parts) > 2 else "")
        return self.names[text]

    def end(self, _name: str) -> None:
        self.open.pop()

    def characters(self, text: str) -> None:
        self.open[-1].children.append(text)

    def doctype(self, *_: object) -> None:
        raise XmlError("it declares a document type")


def serialize(element: Element) -> str:
    """An element as a document that stands for itself: what prefixes stand for is declared where it is not known."""
    parts: list[str] = []
    _write(element, {"": "", "xml": XML}, parts)
    return _NO_XML.sub("", "".join(parts))


def _write(element: Element, known: dict[str, str], parts: list[str]) -> None:
    """Appends an element to the parts.

    Args:
        element: Is not changed.
        known: Prefixes and their URIs; afterwards as before.
        parts: Of the document.
    """
    before: list[tuple[str, str | None]] = []
    here: dict[str, str] = {}
    names = [element.name, *(name for name, _ in element.attributes if name.uri)]
    needed = [(name.prefix, name.uri) for name in names]
    for prefix, uri in (*element.namespaces, *needed):
        if known.get(prefix) != uri:
            before.append((prefix, known.get(prefix)))
            known[prefix] = here[prefix] = uri
    parts.append(f"<{_written(element.name)}")
    for prefix, uri in here.items():
        parts.append(f' xmlns{":" * bool(prefix)}{prefix}="{uri.translate(_VALUE)}"')
    for name, value in element.attributes:
        parts.append(f' {_written(name)}="{value.translate(_VALUE)}"')
    if element.children:
        parts.append(">")
        for child in element.children:
            if isinstance(child, str):
                parts.append(child.translate(_CONTENT))
            else:
                _write(child, known, parts)
        parts.append(f"</{_written(element.name)}>")
    else:
        parts.append("/>")
    for prefix, uri_before in reversed(before):
        if uri_before is None:
            del known[prefix]
        else:
            known[prefix] = uri_before


def _written(name: Name) -> str:
    return f"{name.prefix}:{name.local}" if name.prefix else name.local


def named(elements: Iterable[Element], key: Key) -> Element | None:
    """The first element of a name."""
    return next((element for element in elements if element.name.key == key), None)
