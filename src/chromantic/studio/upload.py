"""Reads what a client sends, as a form or as JSON, and checks the photo's header before anything is decoded."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import HTTPException, Request
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from chromantic.photo import UnknownKindError, kind_of, read_header
from chromantic.studio.limits import Limits
from chromantic.studio.order import FormOrder, JsonOrder, Order

_DISCARDED = 8  # times the limit: how much of a body is read, so that its sender hears why it is refused
_FIELD_BYTES = 4096
_PHOTO = "photo"


async def read_order(request: Request, limits: Limits) -> Order:
    """Reads a request's body, whose photo may be decoded.

    Raises:
        HTTPException: The body came too slowly, is too large, of an unknown type or broken; a field is out of range; or
            the photo is too large.
        UnknownKindError: The photo is no picture, or of a kind that is not read here.
        ChromanticError: A choice is out of range, or the photo's header damaged.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await _read_body(request, limits)
    try:
        if media_type == "application/json":
            order = await asyncio.to_thread(JsonOrder.model_validate_json, body)
        elif media_type == "multipart/form-data":
            order = FormOrder.model_validate(await _read_form(request, body))
        else:
            raise HTTPException(415, "request: neither multipart/form-data nor application/json; send one of them")
    except ValidationError as error:
        raise _refusal(error) from error
    await asyncio.to_thread(_check_photo, order.photo, limits)
    return order


def _check_photo(photo: bytes, limits: Limits) -> None:
    if photo and kind_of(photo) is None:  # Pillow's many decoders are not for strangers' files
        raise UnknownKindError("photo: no picture of a known kind; give a JPEG, PNG, TIFF, WebP, AVIF or HEIC")
    header = read_header(photo)
    if header.width * header.height > limits.pixels:
        most = f"{limits.pixels / 1e6:g} megapixels"
        raise HTTPException(
            413, f"photo: {header.width} x {header.height} pixels, more than {most}; make the photo smaller"
        )


async def _read_body(request: Request, limits: Limits) -> bytes:
    chunks, size = list[bytes](), 0
    try:
        async with asyncio.timeout(limits.upload_seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limits.upload_bytes:
                    chunks.clear()
                    if size > _DISCARDED * limits.upload_bytes:
                        break
                else:
                    chunks.append(chunk)
    except TimeoutError as error:
        raise HTTPException(
            408, f"request: did not arrive within {limits.upload_seconds:g} s; send it faster"
        ) from error
    if size > limits.upload_bytes:
        raise HTTPException(413, f"request: larger than {limits.upload_bytes >> 20} MB; send a smaller photo")
    return b"".join(chunks)


async def _read_form(request: Request, body: bytes) -> dict[str, object]:
    async def stream() -> AsyncIterator[bytes]:
        yield body

    try:
        parser = MultiPartParser(
            request.headers,
            stream(),  # type: ignore[arg-type]
            max_files=1,
            max_fields=len(FormOrder.model_fields),
            max_part_size=_FIELD_BYTES,
        )
        parser.spool_max_size = len(body)  # so that the photo stays in memory
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise HTTPException(400, f"form: cannot be read ({error}); send multipart/form-data") from error
    try:
        fields = form.multi_items()
        if len(dict(fields)) < len(fields):
            raise HTTPException(422, "form: a field came twice; send each once")
        photo = dict(fields).get(_PHOTO)
        if not isinstance(photo, UploadFile):
            raise HTTPException(422, "photo: missing; send the file itself in the field photo")
        return {**dict(fields), _PHOTO: await photo.read()}
    finally:
        await form.close()


def _refusal(error: ValidationError) -> HTTPException:
    """The first mistake, in one line."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return HTTPException(422, f"{place or 'request'}: {first['msg'].removeprefix('Value error, ')}")
