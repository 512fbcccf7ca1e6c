"""One audio stream as the peer describes it (RFC 3264, RFC 3551, RFC 4568, RFC 5763)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args

from signalling.sdp.destinations import check_unicast
from signalling.sdp.dtls import read_dtls
from signalling.sdp.errors import SdpError
from signalling.sdp.formats import Formats, read_formats
from signalling.sdp.ice import Login, read_login
from signalling.sdp.model import Attributes, MediaDescription, SessionDescription
from signalling.sdp.sdes import Crypto, read_crypto
from signalling.sdp.stream import Direction, Dtls

Profile = Literal["open", "sdes", "dtls"]

PROFILES: Mapping[str, Profile] = {
    "RTP/AVP": "open",
    "RTP/AVPF": "open",
    "RTP/SAVP": "sdes",
    "RTP/SAVPF": "sdes",
    "UDP/TLS/RTP/SAVP": "dtls",
    "UDP/TLS/RTP/SAVPF": "dtls",
}
"""Protocols of `m=` that we speak, and what protects them. An open one may have keys all the same."""

_SMALL_NUMBER = re.compile(r"[0-9]{1,4}")
_MID = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_NOWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104

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

    protocol: str
    host: str
    port: int
    direction: Direction
    formats: Formats
    ptime_ms: int | None
    """The packets that the peer asks for, None when it leaves that to us."""
    max_ptime_ms: int | None
    rtcp_mux: bool
    crypto: tuple[Crypto, ...]
    dtls: Dtls | None
    ice: Login | None
    mid: str
    """The name that `a=group` calls the stream by, empty for none."""

    @property
    def profile(self) -> Profile:
        """What protects the stream."""
        return PROFILES[self.protocol]


def meet(ours: Direction, theirs: Direction) -> Direction:
    """Find our direction when each side has said its own: we send only if the peer receives, and so on."""
    return _DIRECTIONS[ours in _SENDING and theirs in _RECEIVING, ours in _RECEIVING and theirs in _SENDING]


def read_audio(description: SessionDescription, place: int) -> PeerAudio:
    """Read the stream at `place`. Raises SdpError when nobody of us could take part in it."""
    if place >= len(description.media):
        raise SdpError("stream is missing")
    stream = description.media[place]
    protocol = stream.protocol.upper()
    if stream.media != "audio" or protocol not in PROFILES or not stream.port:
        raise SdpError("stream is not RTP audio, or is rejected")
    host = stream.connection or description.connection
    if host is None:
        raise SdpError("stream has no address")
    check_unicast(host)
    formats = read_formats(stream)
    if not formats.codecs:
        raise SdpError("no common codec")
    ice = read_login(description, stream)
    return PeerAudio(
        protocol=protocol,
        host=host,
        port=stream.port,
        direction=_direction(description, stream, is_held=host in _NOWHERE and ice is None),
        formats=formats,
        ptime_ms=_milliseconds(stream, "ptime"),
        max_ptime_ms=_milliseconds(stream, "maxptime"),
        rtcp_mux=stream.has("rtcp-mux") or stream.has("rtcp-mux-only"),
        crypto=read_crypto(stream.values("crypto")),
        dtls=read_dtls(description, stream) if PROFILES[protocol] == "dtls" else None,
        ice=ice,
        mid=next(filter(_MID.fullmatch, stream.values("mid")), ""),
    )


def find_audio(description: SessionDescription) -> dict[int, PeerAudio]:
    """Find the streams of an offer that we could take part in, by place. Raises SdpError for none."""
    fault = SdpError("no audio stream")
    found: dict[int, PeerAudio] = {}
    for place, stream in enumerate(description.media):
        try:
            found[place] = read_audio(description, place)
        except SdpError as error:
            if stream.media == "audio":
                fault = SdpError(error.reason)
    if not found:
        raise fault
    return found


def _direction(description: SessionDescription, stream: MediaDescription, *, is_held: bool) -> Direction:
    """Direction as the peer sees it; the stream's own word goes before the session's.

    `is_held`: the hold of RFC 2543, an address that cannot be sent to (RFC 3264 section 8.4).
    """
    said = _said(stream.attributes) or _said(description.attributes) or "sendrecv"
    return meet(said, "recvonly") if is_held else said


def _said(attributes: Attributes) -> Direction | None:
    directions = (name for name, value in attributes if value is None and name in get_args(Direction))
    return cast("Direction | None", next(directions, None))


def _milliseconds(stream: MediaDescription, name: str) -> int | None:
    """First value of the attribute that is a whole number above 0."""
    values = (int(value) for value in stream.values(name) if _SMALL_NUMBER.fullmatch(value))
    return next((value for value in values if value), None)
