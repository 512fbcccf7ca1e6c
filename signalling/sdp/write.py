"""Write session descriptions (RFC 8866 section 5)."""

from collections.abc import Iterator

from signalling.sdp.errors import SdpError
from signalling.sdp.model import Attributes, SessionDescription


def write(description: SessionDescription) -> bytes:
    """Write a description, every line ended by CRLF. Raises SdpError for a value with a line break in it."""
    lines = list(_lines(description))
    if any("\r" in line or "\n" in line for line in lines):
        raise SdpError("line break in a description", 500)
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape")


def _lines(description: SessionDescription) -> Iterator[str]:
    origin = description.origin
    yield "v=0"
    yield f"o={origin.username} {origin.session_id} {origin.version} {_address(origin.address)}"
    yield f"s={description.name}"
    if description.connection is not None:
        yield f"c={_address(description.connection)}"
    yield "t=0 0"
    yield from _attributes(description.attributes)
    for stream in description.media:
        yield f"m={stream.media} {stream.port} {stream.protocol} {' '.join(stream.formats)}"
        if stream.connection is not None:
            yield f"c={_address(stream.connection)}"
        yield from _attributes(stream.attributes)


def _address(host: str) -> str:
    return f"IN {'IP6' if ':' in host else 'IP4'} {host}"


def _attributes(attributes: Attributes) -> Iterator[str]:
    for name, value in attributes:
        yield f"a={name}" if value is None else f"a={name}:{value}"
