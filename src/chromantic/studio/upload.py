"""What a client sends: a photo and options, as a form or as JSON, checked before anything is decoded."""

import asyncio
from collections.abc import AsyncIterator
from importlib.util import find_spec

import pyvips
from fastapi import HTTPException, Request
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from chromantic.studio.limits import Limits
from chromantic.studio.order import FormOrder, JsonOrder, Order

_LOADERS = {
    b"\xff\xd8\xff": "jpegload_buffer",
    b"\x89PNG\r\n\x1a\n": "pngload_buffer",
    b"II*\0": "tiffload_buffer",
    b"MM\0*": "tiffload_buffer",
    b"II+\0": "tiffload_buffer",
    b"MM\0+": "tiffload_buffer",
    b"RIFF": "webpload_buffer",
}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_NO_HEIC = (
    "photo: HEIC, as iPhones take, cannot be read by this studio as it is installed; save the photo as JPEG, or run "
    "pip install '.[heic]' in the clone of Chromantic and start the studio again"
)
_DISCARDED = 8  # times the limit that a body may be read on, so that its sender hears why it is refused
_FIELD_BYTES = 4096
_PHOTO = "photo"


async def read_order(request: Request, limits: Limits) -> Order:
    """Reads a request's body.

    Raises:
        HTTPException: The body came too slowly, is too large, of an unknown type or broken, or a field is out of range.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await _read_body(request, limits)
    try:
        if media_type == "application/json":
            return JsonOrder.model_validate_json(body)
        if media_type == "multipart/form-data":
            return FormOrder.model_validate(await _read_form(request, body))
    except ValidationError as error:
        raise _refusal(error) from error
    raise HTTPException(415, "send multipart/form-data with the file in the field photo, or application/json")


def check_photo(content: bytes, limits: Limits) -> None:
    """Whether a file's header promises a photo that may be decoded.

    Raises:
        HTTPException: It does not.
    """
    if not content:
        raise HTTPException(422, "photo: the file is empty; choose another one")
    loader = next((loader for magic, loader in _LOADERS.items() if content.startswith(magic)), None)
    heic = content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS
    if heic or content[4:12] == b"ftypavif":
        loader = "heifload_buffer"  # libvips reads HEIC's headers, and not its pixels
    if loader is None:
        raise HTTPException(415, "photo: no picture of a known kind; give a JPEG, PNG, TIFF, WebP, AVIF or HEIC")
    if heic and find_spec("pi_heif") is None:
        raise HTTPException(415, _NO_HEIC)
    try:
        image = pyvips.Operation.call(loader, content, access="sequential")
    except pyvips.Error as error:
        message = " ".join(str(error).split())
        raise HTTPException(422, f"photo: damaged or truncated ({message}); get a fresh copy") from error
    if image.width * image.height > limits.pixels:
        megapixels = f"{limits.pixels / 1e6:g} megapixels"
        raise HTTPException(
            413, f"photo: {image.width} x {image.height} pixels; more than {megapixels} are not taken here, shrink it"
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
        raise HTTPException(408, f"the request did not arrive within {limits.upload_seconds:g} s") from error
    if size > limits.upload_bytes:
        raise HTTPException(413, f"the request is larger than {limits.upload_bytes >> 20} MB; send a smaller photo")
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
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise HTTPException(400, f"the form cannot be read ({error}); send multipart/form-data") from error
    try:
        fields = form.multi_items()
        if len(dict(fields)) < len(fields):
            raise HTTPException(422, "a field came twice; send each once")
        photo = dict(fields).get(_PHOTO)
        if not isinstance(photo, UploadFile):
            raise HTTPException(422, "photo: missing; send the file itself in the field photo")
        return {**dict(fields), _PHOTO: await photo.read()}
    finally:
        await form.close()


def _refusal(error: ValidationError) -> HTTPException:
    """The first of the mistakes, in one line."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return HTTPException(422, f"{place or 'request'}: {first['msg'].removeprefix('Value error, ')}")
