"""The stream as we write it into offers and answers (RFC 3264 sections 5, 6 and 8)."""

from dataclasses import dataclass

from signalling.sdp.audio import PROFILES, PeerAudio
from signalling.sdp.dtls import dtls_attributes
from signalling.sdp.formats import (
    CODECS,
    COMFORT_NOISE,
    COMFORT_NOISE_PAYLOAD_TYPE,
    DTMF_CLOCKS,
    PayloadTypes,
    dtmf_encoding,
)
from signalling.sdp.ice import ice_attributes
from signalling.sdp.model import Attributes, MediaDescription
from signalling.sdp.sdes import SUITES, Crypto
from signalling.sdp.secrets import Secrets
from signalling.sdp.stream import CodecName, Direction, Dtls, LocalMedia, Sdes, StreamSpec

OPEN = "RTP/AVP"
SECURE = "RTP/SAVP"

MAX_PTIME_MS = 60
"""The longest packets that the media plane takes."""

_DTMF_EVENTS = "0-15"


@dataclass(frozen=True, slots=True)
class Session:
    """What the offers of one session share: numbers, secrets, and the stream that runs if one does."""

    numbers: PayloadTypes
    secrets: Secrets
    running: StreamSpec | None
    protocol: str
    """Of the stream that runs, empty for none."""


def offered_audio(local: LocalMedia, direction: Direction, session: Session) -> MediaDescription:
    """Compose the stream of an offer: all that we can, secured as what runs, or else as the policy says."""
    protocol = session.protocol or (SECURE if local.srtp == "always" else OPEN)
    running = session.running
    return _audio(
        local,
        protocol,
        _offered_formats(local, session.numbers),
        (
            *_offered_security(local, protocol, session),
            *_connectivity(
                local, running, is_muxed=local.rtcp_mux or (running is not None and running.rtcp_mux)
            ),
            (direction, None),
        ),
    )


def answered_audio(local: LocalMedia, peer: PeerAudio, stream: StreamSpec) -> MediaDescription:
    """Compose the stream of an answer: what was agreed on, by the peer's payload types and in its profile."""
    mid: Attributes = (("mid", peer.mid),) if peer.mid else ()
    return _audio(
        local,
        peer.protocol,
        _answered_formats(stream),
        (
            *mid,
            *_answered_security(local, peer, stream),
            *_connectivity(local, stream, is_muxed=stream.rtcp_mux),
            (stream.direction, None),
        ),
    )


def rejected(stream: MediaDescription) -> MediaDescription:
    """Compose the refusal of a stream: port 0, formats kept, for a list without any is not legal."""
    return MediaDescription(stream.media, 0, stream.protocol, stream.formats)


_Described = tuple[int, str, str]
"""A payload type, its `rtpmap` and its `fmtp`, which may be empty."""


def _audio(
    local: LocalMedia, protocol: str, formats: list[_Described], attributes: Attributes
) -> MediaDescription:
    described: list[tuple[str, str | None]] = []
    for number, rtpmap, fmtp in formats:
        described.append(("rtpmap", f"{number} {rtpmap}"))
        if fmtp:
            described.append(("fmtp", f"{number} {fmtp}"))
    described += [("ptime", str(local.ptime_ms)), ("maxptime", str(MAX_PTIME_MS))]
    numbers = tuple(str(number) for number, _, _ in formats)
    return MediaDescription("audio", local.port, protocol, numbers, attributes=(*described, *attributes))


def _offered_formats(local: LocalMedia, numbers: PayloadTypes) -> list[_Described]:
    clocks = dict.fromkeys(CODECS[name].clock for name in local.codecs)
    formats = [_described_codec(name, numbers.number(*_wish(name))) for name in local.codecs]
    if local.comfort_noise and 8000 in clocks:
        number = numbers.number(COMFORT_NOISE, COMFORT_NOISE_PAYLOAD_TYPE)
        formats.append((number, COMFORT_NOISE, ""))
    formats += [
        _described_dtmf(numbers.number(dtmf_encoding(clock), DTMF_CLOCKS[clock]), clock) for clock in clocks
    ]
    return formats


def _answered_formats(stream: StreamSpec) -> list[_Described]:
    formats = [_described_codec(stream.codec, stream.payload_type)]
    if stream.cn_payload_type is not None:
        formats.append((stream.cn_payload_type, COMFORT_NOISE, ""))
    if stream.dtmf_payload_type is not None:
        formats.append(_described_dtmf(stream.dtmf_payload_type, stream.dtmf_rate))
    return formats


def _wish(name: CodecName) -> tuple[str, int]:
    return CODECS[name].encoding, CODECS[name].payload_type


def _described_codec(name: CodecName, number: int) -> _Described:
    return number, CODECS[name].rtpmap, CODECS[name].fmtp


def _described_dtmf(number: int, clock: int) -> _Described:
    return number, f"telephone-event/{clock}", _DTMF_EVENTS


def _offered_security(local: LocalMedia, protocol: str, session: Session) -> Attributes:
    running = session.running
    if PROFILES[protocol] == "dtls":
        return dtls_attributes(local.fingerprint, None)
    stays_open = running is not None and running.security is None and local.srtp == "optional"
    if stays_open or local.srtp == "never":
        return ()
    return tuple(
        ("crypto", str(Crypto(tag, session.secrets.key(suite)))) for tag, suite in enumerate(SUITES, start=1)
    )


def _answered_security(local: LocalMedia, peer: PeerAudio, stream: StreamSpec) -> Attributes:
    match stream.security:
        case Dtls(role=role):
            return dtls_attributes(local.fingerprint, role)
        case Sdes(ours=key):
            return (("crypto", str(Crypto(peer.crypto[0].tag, key))),)
        case None:
            return ()


def _connectivity(local: LocalMedia, stream: StreamSpec | None, *, is_muxed: bool) -> Attributes:
    mux: Attributes = (("rtcp-mux", None),) if is_muxed else ()
    if stream is None or stream.ice is None:
        return mux
    return (*mux, *ice_attributes(local, stream.ice))
