"""Reads what a client asks for, from a form or JSON."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import HTTPException, Request
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from chromantic.studio.order import PICTURES, FormOrder, JsonOrder, Order

_FIELD_BYTES = 1 << 17  # which hold as many hints as a photo may have
_PHOTO = "photo"


async def read_order(request: Request, body: bytes) -> Order:
    """Reads a request's body, whose photo has not been looked at.

    Args:
        request: Its headers say what the body is.
        body: All of it.

    Raises:
        HTTPException: The body is of an unknown type or broken, or a field is out of range.
        ChromanticError: A choice is out of range.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if media_type == "application/json":
            return await asyncio.to_thread(JsonOrder.model_validate_json, body)
        if media_type == "multipart/form-data":
            return FormOrder.model_validate(await _read_form(request, body))
    except ValidationError as error:
        raise _refusal(error) from error
    raise HTTPException(415, "request: neither multipart/form-data nor application/json; send one of them")


async def _read_form(request: Request, body: bytes) -> dict[str, object]:
    async def stream() -> AsyncIterator[bytes]:
        yield body

    try:
        parser = MultiPartParser(
            request.headers,
            stream(),  # type: ignore[arg-type]
            max_files=1 + len(PICTURES),
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
        if not isinstance(dict(fields).get(_PHOTO), UploadFile):
            raise HTTPException(422, "photo: missing; send the file itself in the field photo")
        return {
            name: await value.read() if isinstance(value, UploadFile) and name in (_PHOTO, *PICTURES) else value
            for name, value in fields
        }
    finally:
        await form.close()


def _refusal(error: ValidationError) -> HTTPException:
    """The first mistake, in one line."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return HTTPException(422, f"{place or 'request'}: {first['msg'].removeprefix('Value error, ')}")
