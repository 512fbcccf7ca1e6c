"""The audio of SIP legs: where each listens, and what media is told of the stream that was agreed on.

A call's `StreamSpec` becomes the leg's `StartRtp` here, and nowhere else.
"""

import logging
from dataclasses import replace
from typing import Literal, cast

from msgspec import structs

from gateway.config import MediaSettings, TrunkSettings
from gateway.errors import Unavailable
from gateway.legs.media_policy import DEFAULT, MediaPolicy, of_caller, of_domain, of_trunk
from gateway.media_plane import MediaPlane
from gateway.routing.domains import SipDirectory
from gateway.routing.stream_hosts import StreamHosts
from gateway.store.records import Json
from media.control import DtlsPeer, IceLite, SdesKeys, StartRtp
from media.control import Numbers as PeerNumbers
from signalling.sdp.destinations import Destinations
from signalling.sdp.stream import Dtls, Ice, LocalMedia, Numbers, Sdes, StreamSpec
from signalling.sip.calls import IncomingCall

log = logging.getLogger(__name__)


class SipMedia:
    """The RTP of every SIP leg."""

    def __init__(
        self, media: MediaPlane, settings: MediaSettings, directory: SipDirectory, hosts: StreamHosts
    ) -> None:
        self._media = media
        self._address = own_address(settings)
        self._directory = directory
        self._hosts = hosts
        self._ends: dict[str, LocalMedia] = {}
        """Our end of each leg's stream; port 0 while nobody has asked for it."""
        self._operators: set[str] = set()
        self._signalling: dict[str, str] = {}
        """The host that each leg's signalling comes from."""

    def expect(self, leg_id: str, call: IncomingCall, trunk: TrunkSettings | None) -> LocalMedia:
        """Our end for a caller, as its trunk or its domain wants it; there is no port yet."""
        rule = self.rule(call.flow.remote[0])
        end = self._policy(call, trunk).apply(self._end(rule))
        self._ends[leg_id] = end
        self.signals_from(leg_id, call.flow.remote[0])
        return end

    def rule(self, host: str) -> Destinations:
        """Where a peer that signals from there may have its stream sent."""
        return Destinations(self._hosts.allows, host)

    async def open(self, leg_id: str) -> LocalMedia:
        """Our end with its port, which is opened when it is first asked for. Raises Unavailable."""
        end = self._ends.get(leg_id)
        if end is None:
            rule = Destinations(self._hosts.allows)
            end = DEFAULT.apply(self._end(rule))
        if not end.port:
            port = await self._media.open_rtp(leg_id)
            # The worker that opened it may be another than the one that was there before.
            end = self._ends[leg_id] = replace(end, port=port, fingerprint=self._media.fingerprint)
        return end

    def trust(self, leg_id: str) -> None:
        """The peer of this leg is an operator's."""
        self._operators.add(leg_id)

    def signals_from(self, leg_id: str, host: str) -> None:
        """The peer of this leg signals from there."""
        self._signalling[leg_id] = host

    def start(self, leg_id: str, stream: StreamSpec) -> None:
        """Let the leg's stream run as it was agreed on."""
        try:
            command = start_rtp(leg_id, stream, is_trusted=leg_id in self._operators)
            self._media.send(structs.replace(command, signalling_host=self._signalling.get(leg_id)))
        except Unavailable as error:
            # The worker's death is told to every leg; this one ends by that.
            log.warning("no audio for a leg: %s", error)

    def forget(self, leg_id: str) -> None:
        """The leg is over. Its port is closed with the leg's media."""
        self._ends.pop(leg_id, None)
        self._operators.discard(leg_id)
        self._signalling.pop(leg_id, None)

    def _end(self, rule: Destinations) -> LocalMedia:
        """Our end of any stream, without its port."""
        return LocalMedia(self._address, 0, destinations=rule, fingerprint=self._media.fingerprint, ice=True)

    def _policy(self, call: IncomingCall, trunk: TrunkSettings | None) -> MediaPolicy:
        if trunk is not None:
            return of_trunk(trunk)
        domain = self._directory.named(call.domain) if call.domain else None
        return of_caller(call.flow.transport) if domain is None else of_domain(domain)


def peer_of(dialog: Json) -> str:
    """The host that a call's signalling comes from, of one that was kept. Raises KeyError."""
    return str(dialog["dialog"]["remote_address"][0])


def own_address(settings: MediaSettings) -> str:
    """The address that RTP comes to, as peers are told it."""
    return settings.advertised_host or settings.host


def towards(local: LocalMedia, peer: str) -> LocalMedia:
    """The same end of a stream for a peer whose signalling is at another host."""
    rule = local.destinations
    return local if rule is None else replace(local, destinations=replace(rule, peer=peer))


def start_rtp(leg_id: str, stream: StreamSpec, *, is_trusted: bool = False) -> StartRtp:
    """Say in media's words what was agreed on in SDP's."""
    return StartRtp(
        leg=leg_id,
        remote_host=stream.remote_host,
        remote_port=stream.remote_port,
        codec=stream.codec,
        payload_type=stream.payload_type,
        dtmf_payload_type=stream.dtmf_payload_type,
        direction=stream.direction,
        is_trusted=is_trusted,
        ptime_ms=stream.ptime_ms,
        dtmf_rate=cast("Literal[8000, 16000, 48000]", stream.dtmf_rate),
        cn_payload_type=stream.cn_payload_type,
        rtcp_mux=stream.rtcp_mux,
        security=_security(stream.security),
        ice=_ice(stream.ice),
        in_band_dtmf=stream.in_band_dtmf,
        peer_numbers=_numbers(stream.peer_numbers),
    )


def _numbers(numbers: Numbers | None) -> PeerNumbers | None:
    if numbers is None:
        return None
    return PeerNumbers(codec=numbers.codec, dtmf=numbers.dtmf, cn=numbers.cn)


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
