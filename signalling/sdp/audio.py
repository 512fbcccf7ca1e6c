"""Audio streams inside descriptions: reading the peer's, composing ours (RFC 3264, RFC 3551)."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import cast, get_args

from signalling.sdp.errors import SdpError
from signalling.sdp.model import Attributes, MediaDescription, SessionDescription
from signalling.sdp.stream import CodecName, Direction, LocalMedia, StreamSpec

PTIME_MS = 20
"""Packet time that we ask for: one frame of the media plane."""

PTIMES_MS = frozenset({10, 20, 30, 40, 60})
"""Packet times that we grant; any other wish counts as none."""

DTMF_PAYLOAD_TYPE = 101
"""What we call telephone-event in our own offers. Nearly everybody does."""

PROTOCOL = "RTP/AVP"

_STATIC: dict[str, str] = {"0": "PCMU/8000", "8": "PCMA/8000"}
_PAYLOAD_TYPES: dict[CodecName, int] = {"PCMU": 0, "PCMA": 8}
_CODECS: dict[str, CodecName] = {"PCMU/8000": "PCMU", "PCMA/8000": "PCMA"}
_DTMF = "TELEPHONE-EVENT/8000"

_PAYLOAD_TYPE = re.compile(r"[0-9]{1,3}")
_SMALL_NUMBER = re.compile(r"[0-9]{1,4}")

_SENDING = frozenset({"sendrecv", "sendonly"})
_RECEIVING = frozenset({"sendrecv", "recvonly"})
_DIRECTIONS: dict[tuple[bool, bool], Direction] = {
    (True, True): "sendrecv",
    (True, False): "sendonly",
    (False, True): "recvonly",
    (False, False): "inactive",
}


@dataclass(frozen=True, slots=True)
class PeerAudio:
    """What the peer says about one audio stream. `direction` is as the peer sees it."""

    host: str
    port: int
    direction: Direction
    codecs: tuple[tuple[CodecName, int], ...]
    """Codecs that we know and their payload types, in the peer's order."""
    dtmf_payload_type: int | None
    ptime_ms: int

    def agree(self, codecs: tuple[CodecName, ...], direction: Direction) -> StreamSpec:
        """Make the stream from this and our own side; the peer's order of codecs decides (section 6.1)."""
        common = [(codec, payload_type) for codec, payload_type in self.codecs if codec in codecs]
        if not common:
            raise SdpError("no common codec")
        codec, payload_type = common[0]
        return StreamSpec(
            remote_host=self.host,
            remote_port=self.port,
            codec=codec,
            payload_type=payload_type,
            dtmf_payload_type=self.dtmf_payload_type,
            direction=meet(direction, self.direction),
            ptime_ms=self.ptime_ms,
        )


def meet(ours: Direction, theirs: Direction) -> Direction:
    """Find our direction when each side has said its own: we send only if the peer receives, and so on."""
    return _DIRECTIONS[ours in _SENDING and theirs in _RECEIVING, ours in _RECEIVING and theirs in _SENDING]


def read_audio(description: SessionDescription, place: int) -> PeerAudio:
    """Read the stream at `place`. Raises SdpError when we cannot take part in it."""
    if place >= len(description.media):
        raise SdpError("stream is missing")
    stream = description.media[place]
    if stream.media != "audio" or stream.protocol != PROTOCOL or not stream.port:
        raise SdpError("stream is not plain RTP audio, or is rejected")
    host = stream.connection or description.connection
    if host is None:
        raise SdpError("stream has no address")
    _check_address(host)
    known = _payloads(stream)
    codecs = tuple((_CODECS[name], payload_type) for payload_type, name in known if name in _CODECS)
    if not codecs:
        raise SdpError("no common codec")
    return PeerAudio(
        host=host,
        port=stream.port,
        direction=_direction(description, stream, host),
        codecs=codecs,
        dtmf_payload_type=next((payload_type for payload_type, name in known if name == _DTMF), None),
        ptime_ms=_ptime(stream),
    )


def find_audio(description: SessionDescription) -> tuple[int, PeerAudio]:
    """Find the first stream of an offer that we can take part in, and its place. Raises SdpError for none."""
    fault = SdpError("no audio stream")
    for place, stream in enumerate(description.media):
        try:
            return place, read_audio(description, place)
        except SdpError as error:
            if stream.media == "audio":
                fault = SdpError(error.reason)
    raise fault


def offered_audio(local: LocalMedia, direction: Direction, dtmf_payload_type: int) -> MediaDescription:
    """Compose the stream of an offer."""
    payloads = [(_PAYLOAD_TYPES[codec], codec) for codec in local.codecs]
    return _audio(local, payloads, dtmf_payload_type, direction)


def answered_audio(local: LocalMedia, stream: StreamSpec) -> MediaDescription:
    """Compose the stream of an answer: the one codec that was agreed on, by the peer's payload types."""
    return _audio(local, [(stream.payload_type, stream.codec)], stream.dtmf_payload_type, stream.direction)


def rejected(stream: MediaDescription) -> MediaDescription:
    """Compose the refusal of a stream: port 0, formats kept, for a list without any is not legal."""
    return MediaDescription(stream.media, 0, stream.protocol, stream.formats)


def _audio(
    local: LocalMedia,
    payloads: list[tuple[int, CodecName]],
    dtmf_payload_type: int | None,
    direction: Direction,
) -> MediaDescription:
    formats = [str(payload_type) for payload_type, _ in payloads]
    attributes: list[tuple[str, str | None]] = [
        ("rtpmap", f"{payload_type} {codec}/8000") for payload_type, codec in payloads
    ]
    if dtmf_payload_type is not None:
        formats.append(str(dtmf_payload_type))
        attributes.append(("rtpmap", f"{dtmf_payload_type} telephone-event/8000"))
        attributes.append(("fmtp", f"{dtmf_payload_type} 0-15"))
    attributes.append(("ptime", str(PTIME_MS)))
    attributes.append((direction, None))
    return MediaDescription("audio", local.port, PROTOCOL, tuple(formats), attributes=tuple(attributes))


def _payloads(stream: MediaDescription) -> list[tuple[int, str]]:
    """Payload types of the stream and their `NAME/clock` in upper case, in its order."""
    names = dict(_STATIC)
    for value in stream.values("rtpmap"):
        payload_type, _, name = value.partition(" ")
        names[payload_type] = name.strip(" ").upper().removesuffix("/1")
    return [
        (int(payload_type), names[payload_type])
        for payload_type in stream.formats
        if payload_type in names and _PAYLOAD_TYPE.fullmatch(payload_type) and int(payload_type) < 128
    ]


def _direction(description: SessionDescription, stream: MediaDescription, host: str) -> Direction:
    """Direction as the peer sees it; the stream's own word goes before the session's."""
    said = _said(stream.attributes) or _said(description.attributes) or "sendrecv"
    # The hold of RFC 2543: an address that cannot be sent to (RFC 3264 section 8.4).
    return meet(said, "recvonly") if host in {"0.0.0.0", "::"} else said  # noqa: S104


def _said(attributes: Attributes) -> Direction | None:
    directions = (name for name, value in attributes if value is None and name in get_args(Direction))
    return cast("Direction | None", next(directions, None))


def _ptime(stream: MediaDescription) -> int:
    wishes = (int(value) for value in stream.values("ptime") if _SMALL_NUMBER.fullmatch(value))
    return next((wish for wish in wishes if wish in PTIMES_MS), PTIME_MS)


def _check_address(host: str) -> None:
    """Refuse names, which the media plane would have to look up, and multicast."""
    try:
        address = ip_address(host)
    except ValueError:
        raise SdpError("stream address is not numeric") from None
    if address.is_multicast:
        raise SdpError("stream is multicast")
