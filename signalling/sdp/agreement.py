"""What comes of two sides: the stream that both can take part in, or why there is none (RFC 3264)."""

from dataclasses import dataclass

from signalling.sdp.audio import PeerAudio, meet
from signalling.sdp.dtls import keep_role
from signalling.sdp.errors import SdpError
from signalling.sdp.formats import (
    CODECS,
    COMFORT_NOISE,
    COMFORT_NOISE_PAYLOAD_TYPE,
    Codec,
    PayloadTypes,
    dtmf_encoding,
)
from signalling.sdp.secrets import Secrets
from signalling.sdp.stream import CodecName, Direction, Dtls, Ice, LocalMedia, Numbers, Sdes, StreamSpec


@dataclass(frozen=True, slots=True)
class Ours:
    """Our side of an exchange: our media, our wish, our secrets, and the stream that runs already."""

    local: LocalMedia
    direction: Direction
    secrets: Secrets
    running: StreamSpec | None
    offered: PayloadTypes | None = None
    """The payload types of our offer, where it is the peer that answers."""


def agree(peer: PeerAudio, ours: Ours) -> StreamSpec:
    """Make the stream. Raises SdpError (488), with nothing changed, when there is none."""
    local = ours.local
    name, payload_type = _codec(peer, local)
    codec = CODECS[name]
    dtmf, dtmf_rate = peer.formats.dtmf(codec.clock) or (None, 8000)
    host = local.destinations.admit(peer.host, local.address) if local.destinations else peer.host
    security = _secure(peer, ours)
    is_muxed = peer.rtcp_mux and (local.rtcp_mux or _shares_port(peer, ours, security))
    comfort_noise = peer.formats.comfort_noise(codec.clock) if local.comfort_noise else None
    sent = Numbers(payload_type, dtmf, comfort_noise)
    expected = sent if ours.offered is None else _offered(ours.offered, name, sent, dtmf_rate)
    return StreamSpec(
        remote_host=host,
        remote_port=peer.port,
        codec=name,
        payload_type=payload_type,
        dtmf_payload_type=dtmf,
        direction=meet(ours.direction, peer.direction),
        ptime_ms=_packet_time(peer, local, codec),
        dtmf_rate=dtmf_rate,
        cn_payload_type=comfort_noise,
        rtcp_mux=is_muxed,
        security=security,
        ice=_ice(peer, ours) if is_muxed else None,
        in_band_dtmf=local.in_band_dtmf and dtmf is None,
        peer_numbers=None if expected == sent else expected,
    )


def _offered(ours: PayloadTypes, name: CodecName, theirs: Numbers, dtmf_rate: int) -> Numbers:
    """Our own numbers for what the peer answers with: it sends by these (RFC 3264 section 5.1)."""
    codec = CODECS[name]
    return Numbers(
        ours.number(codec.encoding, codec.payload_type),
        None if theirs.dtmf is None else ours.number(dtmf_encoding(dtmf_rate), theirs.dtmf),
        None if theirs.cn is None else ours.number(COMFORT_NOISE, COMFORT_NOISE_PAYLOAD_TYPE),
    )


def _codec(peer: PeerAudio, local: LocalMedia) -> tuple[CodecName, int]:
    common = [(name, number) for name, number in peer.formats.codecs if name in local.codecs]
    if not common:
        raise SdpError("no common codec")
    return (
        min(common, key=lambda choice: local.codecs.index(choice[0])) if local.order == "ours" else common[0]
    )


def _packet_time(peer: PeerAudio, local: LocalMedia, codec: Codec) -> int:
    """Longest packets that neither the peer's wish nor its bound forbids."""
    wish = peer.ptime_ms or local.ptime_ms
    bound = min(wish, peer.max_ptime_ms or wish)
    return max((time for time in codec.packet_times_ms if time <= bound), default=codec.packet_times_ms[0])


def _shares_port(peer: PeerAudio, ours: Ours, security: Sdes | Dtls | None) -> bool:
    """Whether RTCP goes the way of RTP though nobody here asked for it: it needs no second path then."""
    runs = ours.running is not None and ours.running.rtcp_mux
    return runs or isinstance(security, Dtls) or (ours.local.ice and peer.ice is not None)


def _secure(peer: PeerAudio, ours: Ours) -> Sdes | Dtls | None:
    local = ours.local
    running = ours.running.security if ours.running else None
    if peer.dtls is not None:
        if local.srtp == "never" or not local.fingerprint:
            raise SdpError("no DTLS-SRTP here")
        return keep_role(peer.dtls, running)
    if peer.crypto and local.srtp != "never":
        theirs = peer.crypto[0].key
        return Sdes(ours.secrets.key(theirs.suite), theirs)
    if peer.profile == "sdes":
        raise SdpError("no SRTP here" if local.srtp == "never" else "no common crypto suite")
    if local.srtp == "always":
        raise SdpError("stream is not encrypted")
    return None


def _ice(peer: PeerAudio, ours: Ours) -> Ice | None:
    if peer.ice is None or not ours.local.ice:
        return None
    return Ice(*ours.secrets.login(), *peer.ice)


def renew(peer: PeerAudio, secrets: Secrets, running: StreamSpec) -> None:
    """Make new secrets for the answer to an offer by which the peer begins anew."""
    if isinstance(running.security, Sdes) and running.security.theirs not in {
        crypto.key for crypto in peer.crypto
    }:
        secrets.renew_keys()
    if running.ice is not None and (running.ice.remote_user, running.ice.remote_password) != peer.ice:
        secrets.renew_login()
