"""What the service answers. Its JSON and its description both come from these models."""

import base64
from typing import Annotated, Literal

from pydantic import BaseModel, Field, Json, PlainSerializer, WithJsonSchema

from chromantic.photo import FORMATS
from chromantic.web.problems import Problem

MEDIA_TYPES = {name: f"image/{name}" for name in FORMATS}
"""Of a picture's formats."""
Base64 = Annotated[
    bytes,
    PlainSerializer(lambda content: base64.b64encode(content).decode(), return_type=str),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]
Kind = Literal["expected", "sample", "grey", "segmentation", "uncertainty"]


class Answer(BaseModel):
    """Anything that is sent as JSON."""

    def to_json(self) -> str:
        """The fields that have been set, also those set to null."""
        return self.model_dump_json(exclude_unset=True)


class ClassShare(Answer):
    """A class that is in the photo."""

    index: Annotated[int, Field(description="Its value in the picture.")]
    name: str
    colour: Annotated[str, Field(description="Its colour in the picture, as #rrggbb.")]
    share: Annotated[float, Field(description="Of the photo's pixels, from 0 to 1.")]


class ResultPicture(Answer):
    """A picture of the results."""

    kind: Kind
    sample: Annotated[int | None, Field(description="Number of the sample, from 1.")] = None
    width: int
    height: int
    log_likelihood: Annotated[float | None, Field(description="Of a sample that the generator drew, in nats.")] = None
    classes: Annotated[list[ClassShare] | None, Field(description="Of a segmentation, the largest first.")] = None
    media_type: str
    content: Annotated[Base64, Field(description="The file.")]


class PhotoFacts(Answer):
    """What was colorized."""

    width: int
    height: int
    format: str | None


class SuggestedColour(Answer):
    """A likely colour of a point."""

    colour: Annotated[str, Field(description="As #rrggbb, at the point's lightness.")]
    chroma: Annotated[tuple[float, float], Field(description="a and b in CIE units, as a hint takes them.")]
    probability: Annotated[float, Field(description="That the true colour is about this one.")]


class Summary(Answer):
    """How the photo was colorized."""

    photo: PhotoFacts
    model: Annotated[str, Field(description="Name and fingerprint of the weights.")]
    seed: Annotated[int | None, Field(description="Of the draw; null if nothing was drawn.")]
    temperature: Annotated[float | None, Field(description="Of the draw; null if nothing was drawn.")]
    suggestions: Annotated[
        list[SuggestedColour] | None, Field(description="Likely colours of the point asked for, the likeliest first.")
    ] = None


class Results(Summary):
    """All results of a photo."""

    pictures: list[ResultPicture]


class DrawProgress(Answer):
    """How much of the draws is done."""

    rows: Annotated[int, Field(description="Finished rows.")]
    of: Annotated[int, Field(description="All rows.")]


EventData = DrawProgress | ResultPicture | Summary
EVENT_NAMES = {DrawProgress: "progress", ResultPicture: "picture", Summary: "done", Problem: "error"}


class ResultEvent(BaseModel):
    """A server-sent event."""

    event: Literal["progress", "picture", "done", "error"]
    data: Json[EventData | Problem]


class ServedModel(Answer):
    """The weights in use."""

    name: Annotated[str, Field(description="Name and fingerprint of the weights.")]
    parameters: int
    classes: Annotated[list[str], Field(description="Of the segmentation; empty if the weights know none.")]


class RequestLimits(Answer):
    """How much a request may ask for."""

    upload_bytes: int
    pixels: int
    work_seconds: float


class Models(Answer):
    """The weights in use, the formats of results, and the limits."""

    models: list[ServedModel]
    formats: list[str]
    limits: RequestLimits


class WorkerStates(Answer):
    """How many of the processes that do the work are in each state."""

    starting: int = 0
    idle: int = 0
    busy: int = 0
    stuck: Annotated[int, Field(description="At work, but without a sign of life; to be replaced.")] = 0


class Health(Answer):
    """How the service is."""

    status: Annotated[Literal["ok", "stuck", "starting"], Field(description="ok if any process is idle or busy.")]
    workers: WorkerStates
