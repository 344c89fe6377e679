"""An HTTP answer: what its status means, and its body read."""

from collections.abc import AsyncIterator
from email.message import Message
from http import HTTPStatus
from typing import Any

from msgspec import DecodeError, json

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Context, HttpResponse

LARGEST = 10 << 20
"""Bytes of an answer that are kept in memory."""
_PIECE = 1 << 20
_KINDS = {
    401: Failure.AUTHENTICATION,
    403: Failure.AUTHENTICATION,
    404: Failure.NOT_FOUND,
    410: Failure.NOT_FOUND,
    408: Failure.TIMEOUT,
    504: Failure.TIMEOUT,
    409: Failure.CONFLICT,
    412: Failure.CONFLICT,
    429: Failure.LIMIT,
}


def kind(status: int) -> Failure:
    """The kind of failure that an unexpected status is."""
    return _KINDS.get(status, Failure.CONNECTION if status >= 500 else Failure.INVALID_DATA)


def phrase(status: int) -> str:
    """A status with its name (RFC 9110)."""
    known = status in HTTPStatus._value2member_map_
    return f"{status} {HTTPStatus(status).phrase}" if known else str(status)


async def read(answer: HttpResponse, *, strict: bool) -> tuple[Any, int]:
    """
    The body as its content type says, JSON as data (nothing as null), anything else as text; and its size in bytes.

    With `strict`, StepFailed where it is larger than `LARGEST` (limit) or not the JSON that it says it is
    (invalid_data); without, such a body is given as text, and cut.
    """
    body = bytearray()
    async for chunk in answer.chunks():
        body += chunk
        if len(body) > LARGEST:
            break
    try:
        return _decoded(bytes(body), _content_type(answer)), len(body)
    except StepFailed:
        if strict:
            raise
        return _text(body[:LARGEST], "utf-8"), len(body)


async def save(answer: HttpResponse, path: str, ctx: Context) -> int:
    """Write the body to a file that appears once it is whole; its size in bytes."""
    size = 0
    saving = ctx.files.create(path)
    file = await ctx.in_thread(saving.__enter__)
    try:
        async for piece in _pieces(answer):
            size += len(piece)
            await ctx.in_thread(file.write, piece)
    except BaseException as error:
        saving.__exit__(type(error), error, error.__traceback__)  # at once: we may be cancelled
        raise
    await ctx.in_thread(saving.__exit__, None, None, None)
    return size


async def _pieces(answer: HttpResponse) -> AsyncIterator[bytearray]:
    """The body in pieces that are worth a thread's while."""
    piece = bytearray()
    async for chunk in answer.chunks():
        piece += chunk
        if len(piece) >= _PIECE:
            yield piece
            piece = bytearray()
    if piece:
        yield piece


def _content_type(answer: HttpResponse) -> Message:
    type = Message()
    type["content-type"] = answer.headers.get("content-type", "")
    return type


def _decoded(body: bytes, type: Message) -> Any:
    if len(body) > LARGEST:
        message = f"the answer has more than {LARGEST >> 20} MiB: have it written to a file with `save_to`"
        raise StepFailed(Failure.LIMIT, message)
    name = type.get_content_type()
    if name == "application/json" or name.endswith("+json"):
        return _json(body) if body else None
    return _text(body, str(type.get_param("charset", "utf-8")))


def _json(body: bytes) -> Any:
    try:
        return json.decode(body)
    except (DecodeError, RecursionError) as error:
        message = f"the answer is not the JSON that it says it is: {error}"
        raise StepFailed(Failure.INVALID_DATA, message, output={"response": _text(body, "utf-8")}) from error


def _text(body: bytes | bytearray, charset: str) -> str:
    try:
        return body.decode(charset, "replace")
    except (LookupError, UnicodeError):  # no such charset, or one that is no charset
        return body.decode("utf-8", "replace")
