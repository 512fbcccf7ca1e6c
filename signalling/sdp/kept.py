"""What of an exchange outlives its process, as JSON-safe values without secrets.

Keys and logins are left out: whoever goes on makes new ones when a description asks for them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import TypeVar, cast

from signalling.sdp.errors import SdpError
from signalling.sdp.model import MediaDescription, SessionDescription
from signalling.sdp.parse import parse
from signalling.sdp.stream import LocalMedia, Numbers, StreamSpec
from signalling.sdp.write import write

Values = dict[str, object]
T = TypeVar("T")

_SECRETS = frozenset({"crypto", "ice-ufrag", "ice-pwd"})
_PLAIN = tuple(
    field.name for field in fields(StreamSpec) if field.name not in {"security", "ice", "peer_numbers"}
)
_LOCAL = tuple(field.name for field in fields(LocalMedia) if field.name != "destinations")


@dataclass(frozen=True, slots=True)
class Kept:
    """An exchange between two offers: our last description, its stream, and what formats are called."""

    sent: SessionDescription
    place: int
    protocol: str
    stream: StreamSpec
    encodings: Mapping[int, str]


def write_exchange(kept: Kept) -> Values:
    """Write it down."""
    bare = replace(kept.sent, media=tuple(map(_without_secrets, kept.sent.media)))
    return {
        "sent": write(bare).decode(),
        "place": kept.place,
        "protocol": kept.protocol,
        "stream": _write_stream(kept.stream),
        "encodings": [[number, name] for number, name in kept.encodings.items()],
    }


def read_exchange(values: object) -> Kept:
    """Undo `write_exchange`. Raises SdpError for anything else."""
    match values:
        case {
            "sent": str(sent),
            "place": int(place),
            "protocol": str(protocol),
            "stream": dict(stream),
            "encodings": [*encodings],
        }:
            named = {int(number): str(name) for number, name in encodings}
            return Kept(parse(sent.encode()), place, protocol, _read_stream(stream), named)
        case _:
            raise SdpError("not what is kept of an exchange")


def write_local(local: LocalMedia) -> Values:
    """Write our end of a stream down, but where it may be sent to: that is for its owner to say again."""
    return {name: getattr(local, name) for name in _LOCAL}


def read_local(values: object) -> LocalMedia | None:
    """Undo `write_local`; None for anything else."""
    if not isinstance(values, dict) or set(values) != set(_LOCAL):
        return None
    return _made(LocalMedia, {**values, "codecs": tuple(values["codecs"])})


def _write_stream(stream: StreamSpec) -> Values:
    numbers = stream.peer_numbers
    named = None if numbers is None else [numbers.codec, numbers.dtmf, numbers.cn]
    return {**{name: getattr(stream, name) for name in _PLAIN}, "peer_numbers": named}


def _read_stream(values: Mapping[str, object]) -> StreamSpec:
    if set(values) != {*_PLAIN, "peer_numbers"}:
        raise SdpError("not what is kept of a stream")
    numbers = values["peer_numbers"]
    named = None if numbers is None else Numbers(*cast("tuple[int, int | None, int | None]", numbers))
    return _made(StreamSpec, {**values, "peer_numbers": named})


def _made(kind: Callable[..., T], values: Mapping[str, object]) -> T:
    return kind(**values)


def _without_secrets(media: MediaDescription) -> MediaDescription:
    return replace(media, attributes=tuple(each for each in media.attributes if each[0] not in _SECRETS))
