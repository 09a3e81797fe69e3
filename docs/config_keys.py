"""Writes the keys of a training's config into reference/configuration.md while Sphinx reads it."""

import json
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from docstring_parser import parse
from sphinx.application import Sphinx

from chromantic.training.config import TrainingConfig

PAGE = "reference/configuration"
PLACE = "<!-- keys -->"


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", _write_keys)
    return {"parallel_read_safe": True}


def _write_keys(_: Sphinx, page: str, source: list[str]) -> None:
    if page == PAGE:
        assert PLACE in source[0]
        source[0] = source[0].replace(PLACE, "\n".join(_sections()))


def _sections() -> Iterator[str]:
    types = get_type_hints(TrainingConfig)
    sections = {field.name: types[field.name] for field in fields(TrainingConfig) if is_dataclass(types[field.name])}
    top = [field for field in fields(TrainingConfig) if field.name not in sections]
    yield from _list("Top level", TrainingConfig, top)
    for name, section in sections.items():
        yield from _list(f"`[{name}]`", section, fields(section))


def _list(title: str, section: Any, keys: Any) -> Iterator[str]:
    documented = parse(section.__doc__ or "")
    meanings = {param.arg_name: " ".join((param.description or "").split()) for param in documented.params}
    types = get_type_hints(section)
    yield f"## {title}\n\n{documented.short_description}\n"
    for key in keys:
        yield f"`{key.name}`: {_type_text(types[key.name])}{_default_text(key)}"
        yield f": {meanings[key.name]}\n"


def _type_text(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return ", ".join(f"`{json.dumps(value)}`" for value in get_args(kind))
    if get_origin(kind) in (Union, UnionType):
        return " or ".join(_type_text(part) for part in get_args(kind) if part is not type(None))
    if get_origin(kind) is tuple:
        return f"list of {_type_text(get_args(kind)[0])}s"
    if get_origin(kind) is dict:
        return f"table of {_type_text(get_args(kind)[1])}s"
    return {Path: "path", str: "text", bool: "true or false", int: "whole number", float: "number"}[kind]


def _default_text(key: Field[Any]) -> str:
    value = key.default_factory() if key.default_factory is not MISSING else key.default
    if value is MISSING:
        return "; required"
    return "" if value is None else f"; `{json.dumps(value)}` unless given"
