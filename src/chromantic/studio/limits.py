"""What a client may ask for, and how much of it."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chromantic.photo import FORMATS

FormatName = Literal["png", "tiff", "webp", "jpeg"]
assert set(FormatName.__args__) == set(FORMATS)  # type: ignore[attr-defined]

MEDIA_TYPES = {name: f"image/{name}" for name in FORMATS}


@dataclass(frozen=True)
class Limits:
    """How much one client may ask for, so that none can take the machine from the others.

    Attributes:
        upload_bytes: Of a request's body.
        pixels: Of a photo.
        upload_seconds: Until the body has arrived.
        work_seconds: Of the work on one photo, without the waiting before it.
        waiting: Requests that wait for a worker; those after them are sent away.
    """

    upload_bytes: int = 64 << 20
    pixels: int = 50_000_000
    upload_seconds: float = 60.0
    work_seconds: float = 120.0
    waiting: int = 16


class Options(BaseModel):
    """What is asked for besides the photo; the defaults are the command's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    samples: Annotated[
        int | None,
        Field(
            ge=1,
            le=16,
            description="Different colorizations to draw; without this, seed, temperature and candidates nothing is "
            "drawn, and the colours that the model expects are given.",
        ),
    ] = None
    seed: Annotated[
        int | None, Field(ge=0, lt=2**63, description="Of the draw; the same seed gives the same bytes.")
    ] = None
    temperature: Annotated[
        float | None, Field(ge=0, le=10, allow_inf_nan=False, description="Of the draw; below 1 colours are calmer.")
    ] = None
    candidates: Annotated[
        int | None,
        Field(
            ge=1,
            le=32,
            description="Draws of the generator, of which each colorization is that nearest to the expected colours.",
        ),
    ] = None
    restore_contrast: Annotated[bool, Field(description="Read a faded photo with its levels stretched.")] = False
    apply_contrast: Annotated[bool, Field(description="Stretch the levels of the results, too.")] = False
    format: Annotated[
        FormatName | None, Field(description="Of the colorizations; else like the photo, if that is lossless, or PNG.")
    ] = None
    segmentation: Annotated[bool, Field(description="Add what the network takes the parts for, a PNG.")] = False
    uncertainty: Annotated[bool, Field(description="Add the entropy of the colours, a PNG of 16 levels a bit.")] = False
    grey: Annotated[bool, Field(description="Add the photo's lightness, upright, with 8 bits.")] = False
    max_side: Annotated[
        int | None,
        Field(
            ge=16,
            le=65535,
            description="Shrink what is sent back to this many pixels: same colours, as JPEG unless a format is given.",
        ),
    ] = None
