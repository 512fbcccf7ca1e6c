"""Forms of several parts (RFC 7578), as they come: texts are small, files are read in pieces."""

import re
from collections.abc import AsyncIterator

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from gateway.api.body import UnsupportedMediaType
from gateway.api.validation import invalid
from gateway.forms import MIME_TYPE

MAX_PARTS = 20
"""Parts of a form: twice as many as one has fields."""
MAX_TEXT = 16 * 1024
"""Octets of a text: several times what one may be long."""
CHUNK = 64 * 1024
MAX_NAME = 200
"""Characters of a file's name."""

_MIME_TYPE = re.compile(MIME_TYPE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class Part:
    """A part of a form, to be read once."""

    def __init__(self, reader: BodyPartReader) -> None:
        self._reader = reader
        self.name = reader.name or ""

    @property
    def file_name(self) -> str:
        """What the file is called at the sender's, without folders; "" for no file."""
        name = (self._reader.filename or "").replace("\\", "/").rpartition("/")[2]
        return _CONTROL.sub("", name)[:MAX_NAME]

    @property
    def mime_type(self) -> str:
        """What the sender says that it is."""
        said = self._reader.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return said if _MIME_TYPE.fullmatch(said) else "application/octet-stream"

    async def chunks(self) -> AsyncIterator[bytes]:
        """The content, in pieces."""
        while chunk := await self._reader.read_chunk(CHUNK):
            yield bytes(chunk)

    async def text(self) -> str:
        """The content as a text. Raises Invalid for a long one, and for what is no text."""
        read = bytearray()
        async for chunk in self.chunks():
            read += chunk
            if len(read) > MAX_TEXT:
                raise invalid(self.name, f"must be at most {MAX_TEXT} octets long")
        try:
            text = read.decode()
        except ValueError:
            raise invalid(self.name, "must be UTF-8") from None
        if "\0" in text:
            raise invalid(self.name, "must hold no NUL")
        return text


def is_form(request: web.Request) -> bool:
    """Whether the body is a form of several parts."""
    return request.content_type == "multipart/form-data"


async def parts_of(request: web.Request) -> AsyncIterator[Part]:
    """The parts, each to be read before the next, no name twice. Raises UnsupportedMediaType and Invalid."""
    if not is_form(request):
        raise UnsupportedMediaType(
            f"The body is {request.content_type}; send multipart/form-data.",
            code="http:error:unsupported-media-type",
        )
    count = 0
    names: set[str] = set()
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            count += 1
            if count > MAX_PARTS or not isinstance(part, BodyPartReader):
                raise invalid("body", f"must be a flat form of at most {MAX_PARTS} parts")
            if (named := Part(part)).name in names:
                raise invalid(named.name, "must be given once")
            names.add(named.name)
            yield named
    except (ValueError, AssertionError, HttpProcessingError) as error:
        raise invalid("body", f"is no form: {error}") from None


async def texts_of(request: web.Request) -> dict[str, str]:
    """A form that has texts alone."""
    return {part.name: await part.text() async for part in parts_of(request)}
