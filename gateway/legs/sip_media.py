"""The audio of SIP legs: where each listens, and what media is told of the stream that was agreed on.

A call's `StreamSpec` becomes the leg's `StartRtp` here, and nowhere else.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Literal, cast

from gateway.config import MediaSettings
from gateway.errors import Unavailable
from gateway.media_plane import MediaPlane
from media.control import DtlsPeer, IceLite, SdesKeys, StartRtp
from signalling.sdp.destinations import Destinations
from signalling.sdp.stream import Dtls, Ice, LocalMedia, Sdes, StreamSpec

log = logging.getLogger(__name__)


class SipMedia:
    """The RTP of every SIP leg."""

    def __init__(self, media: MediaPlane, settings: MediaSettings, allows: Callable[[str], bool]) -> None:
        """`allows` judges the addresses that peers name for their streams, besides their own."""
        self._media = media
        self._address = settings.advertised_host or settings.host
        self._allows = allows
        self._ports: dict[str, int] = {}

    def nowhere(self, peer: str) -> LocalMedia:
        """An end without a port, to find out whether a peer's offer could be answered.

        `peer` is the host that its signalling comes from.
        """
        return LocalMedia(self._address, 0, destinations=Destinations(self._allows, peer))

    async def open(self, leg_id: str, peer: str) -> LocalMedia:
        """Where the leg listens; the port is opened when it is first asked for. Raises Unavailable."""
        if leg_id not in self._ports:
            self._ports[leg_id] = await self._media.open_rtp(leg_id)
        return replace(self.nowhere(peer), port=self._ports[leg_id])

    def start(self, leg_id: str, stream: StreamSpec) -> None:
        """Let the leg's stream run as it was agreed on."""
        try:
            self._media.send(start_rtp(leg_id, stream))
        except Unavailable as error:
            # The worker's death is told to every leg; this one ends by that.
            log.warning("no audio for a leg: %s", error)

    def forget(self, leg_id: str) -> None:
        """The leg is over; media closes its port by itself."""
        self._ports.pop(leg_id, None)


def towards(local: LocalMedia, peer: str) -> LocalMedia:
    """The same end of a stream for a peer whose signalling is at another host."""
    rule = local.destinations
    return local if rule is None else replace(local, destinations=replace(rule, peer=peer))


def start_rtp(leg_id: str, stream: StreamSpec) -> StartRtp:
    """Say in media's words what was agreed on in SDP's."""
    return StartRtp(
        leg=leg_id,
        remote_host=stream.remote_host,
        remote_port=stream.remote_port,
        codec=stream.codec,
        payload_type=stream.payload_type,
        dtmf_payload_type=stream.dtmf_payload_type,
        direction=stream.direction,
        ptime_ms=stream.ptime_ms,
        dtmf_rate=cast("Literal[8000, 16000, 48000]", stream.dtmf_rate),
        cn_payload_type=stream.cn_payload_type,
        rtcp_mux=stream.rtcp_mux,
        security=_security(stream.security),
        ice=_ice(stream.ice),
        in_band_dtmf=stream.in_band_dtmf,
    )


def _security(security: Sdes | Dtls | None) -> SdesKeys | DtlsPeer | None:
    match security:
        case Sdes(ours=ours, theirs=theirs):
            return SdesKeys(suite=ours.suite, key=ours.key, peer_suite=theirs.suite, peer_key=theirs.key)
        case Dtls(fingerprint=fingerprint, role=role):
            return DtlsPeer(fingerprint=fingerprint, role=role)
        case None:
            return None


def _ice(ice: Ice | None) -> IceLite | None:
    if ice is None:
        return None
    return IceLite(
        local_user=ice.local_user,
        local_password=ice.local_password,
        remote_user=ice.remote_user,
        remote_password=ice.remote_password,
    )
