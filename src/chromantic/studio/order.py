"""What a client asks for: a photo, the choices of `chromantic.Options`, and what only the studio gives."""

import base64
import binascii
import json
from dataclasses import fields, replace
from typing import Annotated, Any, Literal, get_type_hints

import docstring_parser
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, WithJsonSchema, create_model

from chromantic.errors import ChromanticError
from chromantic.hint import MOST_HINTS, Hint
from chromantic.options import Options

_MOST = {"samples": 16, "temperature": 10, "candidates": 32}
PICTURES = ("strokes", "keep", "reference")
"""Choices that are pictures."""


class TooLargeError(ChromanticError):
    """A photo has more pixels than the studio takes."""


class Order(BaseModel):
    """A photo, and what is asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    photo: bytes
    segmentation: Annotated[bool, Field(description="Add what the network takes the parts for, a PNG.")] = False
    uncertainty: Annotated[bool, Field(description="Add the entropy of the colours, a PNG of 16 levels a bit.")] = False
    grey: Annotated[bool, Field(description="Add the photo's lightness, upright, with 8 bits.")] = False
    max_side: Annotated[
        int | None,
        Field(
            ge=16,
            le=65535,
            description="Shrink the results to this many pixels: same colours, as JPEG unless a format is given.",
        ),
    ] = None
    suggest: Annotated[
        str | None,
        Field(pattern=r"^\d{1,9}(\.\d{1,9})?,\d{1,9}(\.\d{1,9})?$", description="Add likely colours of a point: x,y."),
    ] = None

    _options: Options = PrivateAttr()

    def model_post_init(self, _: object) -> None:
        """Takes the choices together.

        Raises:
            ChromanticError: One of them is out of range.
        """
        self._options = Options(**{name: value for name, value in self if name not in Order.model_fields})

    @property
    def options(self) -> Options:
        """The choices."""
        return self._options

    def in_format(self, format: str) -> "Order":
        """The same, with the results in a format."""
        order = self.model_copy(update={"format": format})
        order._options = replace(self._options, format=format)
        return order

    @property
    def suggested_point(self) -> tuple[float, float] | None:
        """X and y of the point whose likely colours are asked for."""
        if self.suggest is None:
            return None
        x, y = self.suggest.split(",")
        return float(x), float(y)

    @property
    def pictures(self) -> int:
        """How many pictures are asked for."""
        return (self.options.samples or 1) + self.segmentation + self.uncertainty + self.grey


def with_choices(name: str, doc: str, photo: Any, hints: Any) -> type[Order]:
    """A model of orders that has a field for each choice, so that a new choice can be asked for at once.

    Args:
        name: Of the model.
        doc: What it is.
        photo: The annotated type of the photo, and of each other picture.
        hints: The annotated type of the hints.
    """
    types = get_type_hints(Options, include_extras=True) | {"hints": hints} | dict.fromkeys(PICTURES, photo | None)
    types["keep"] = Annotated[Literal["coloured"] | types["keep"], Field(union_mode="left_to_right")]
    entries = docstring_parser.parse(Options.__doc__ or "").params
    described = {entry.arg_name: " ".join((entry.description or "").split()) for entry in entries}
    choices: dict[str, Any] = {
        choice.name: (
            types[choice.name],
            Field(default=choice.default, le=_MOST.get(choice.name), description=described.get(choice.name)),
        )
        for choice in fields(Options)
    }
    described_photo = Annotated[photo, Field(description="The photo's file.")]
    return create_model(name, __base__=Order, __module__=__name__, __doc__=doc, photo=(described_photo, ...), **choices)


def _decode_base64(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("give the file's content in base64")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64") from error


def _read_json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise ValueError("no JSON; give a list of hints") from error


_FormPicture = Annotated[bytes, WithJsonSchema({"type": "string", "format": "binary"})]
_JsonPicture = Annotated[
    bytes, BeforeValidator(_decode_base64), WithJsonSchema({"type": "string", "contentEncoding": "base64"})
]
_Hints = Annotated[list[Hint | str], Field(max_length=MOST_HINTS)]

FormOrder = with_choices(
    "FormOrder",
    "The body of a request as a form.",
    _FormPicture,
    Annotated[
        _Hints,
        BeforeValidator(_read_json),
        WithJsonSchema({"type": "string", "contentMediaType": "application/json"}),
    ],
)
JsonOrder = with_choices("JsonOrder", "The body of a request in JSON.", _JsonPicture, _Hints)
