"""Text to bytes and back, in an encoding that the user names; `base64` stands for bytes that are no text."""

import base64
import binascii
import codecs

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure

BASE64 = "base64"


def check_encoding(encoding: str) -> None:
    """Raise ValueError where there is no such encoding of text."""
    if encoding != BASE64:
        try:
            "".encode(encoding)
        except (LookupError, ValueError) as error:
            message = f"{encoding!r} is not an encoding; utf-8, latin-1 and utf-16 are, and base64 for bytes"
            raise ValueError(message) from error


def encode(text: str, encoding: str) -> bytes:
    """The bytes of a text; StepFailed(invalid_data) where the encoding has no such characters."""
    if encoding == BASE64:
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise StepFailed(Failure.INVALID_DATA, f"the content is not base64: {error}") from error
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        message = f"{error.object[error.start]!r} at character {error.start} cannot be written in {encoding}"
        raise StepFailed(Failure.INVALID_DATA, message) from error


def decode(data: bytes, encoding: str, path: str, *, whole: bool = True) -> str:
    """
    The text of bytes of the file `path`; StepFailed(invalid_data) names the first wrong byte.

    Not `whole`: the bytes may end within a character, which is then left out.
    """
    if encoding == BASE64:
        return base64.b64encode(data).decode("ascii")
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data, final=whole)
    except UnicodeDecodeError as error:
        message = (
            f"{path!r} is not {encoding}: byte {error.start} is 0x{data[error.start]:02x}; "
            f"name its `encoding`, or read it as base64"
        )
        raise StepFailed(Failure.INVALID_DATA, message) from error
