"""SIP legs: the endpoint's calls on one side, RTP streams in the media worker on the other.

The two vocabularies meet here: a call's `StreamSpec` becomes the leg's `StartRtp`, a final status becomes how
the leg ended. A trunk's calls leave by the first trunk whose prefixes match the number.
"""

import logging
from dataclasses import replace
from typing import Protocol

from gateway.config import MediaSettings, TrunkSettings
from gateway.errors import GatewayError, Unavailable
from gateway.ids import Ids
from gateway.legs.line import Arrival, End, LineListener, Summons
from gateway.legs.sip_codes import end_of
from gateway.media_plane import MediaPlane
from gateway.routing.endpoints import PhoneEndpoint, SipEndpoint, VbcEndpoint
from gateway.routing.trunks import NoTrunk, Trunks
from gateway.store.records import Json
from gateway.webhooks.egress import Egress
from gateway.webhooks.failures import EgressError
from media.control import StartRtp
from signalling.io.shell import SipShell
from signalling.sdp.stream import LocalMedia, StreamSpec
from signalling.sip.calls import (
    AnyCallEvent,
    CallAnswered,
    CallCancelled,
    CallEnded,
    CallEstablished,
    CallEvent,
    CallFailed,
    CallHandle,
    CallRinging,
    IncomingCall,
    StreamChanged,
)
from signalling.sip.config import Credentials, Invitation
from signalling.sip.errors import SipError
from signalling.sip.uri import SipUri

log = logging.getLogger(__name__)

UNAVAILABLE = 503


class Reception(Protocol):
    """Who takes incoming calls."""

    def incoming(self, arrival: Arrival) -> None:
        """A call came in; it wants ring, answer or hang_up."""
        ...


class SipLine:
    """Legs that are SIP calls."""

    def __init__(
        self,
        shell: SipShell,
        media: MediaPlane,
        media_settings: MediaSettings,
        trunks: Trunks,
        egress: Egress,
        ids: Ids,
    ) -> None:
        self.listener: LineListener | None = None
        self.reception: Reception | None = None
        self._shell = shell
        self._media = media
        self._address = media_settings.advertised_host or media_settings.host
        self._trunks = trunks
        self._egress = egress
        self._ids = ids
        self._legs: dict[CallHandle, str] = {}
        self._calls: dict[str, CallHandle] = {}
        self._local: dict[str, LocalMedia] = {}

    async def dial(self, summons: Summons) -> None:
        """Send an INVITE. Raises Unavailable, and CannotDial when policy or the address says no."""
        local = await self._local_media(summons.leg_id)
        try:
            invitation = await self._invitation(summons, local)
            self._remember(self._shell.invite(invitation), summons.leg_id)
        except SipError as error:
            raise CannotDial(error.reason) from None

    async def ring(self, leg_id: str) -> None:
        """180 Ringing."""
        if leg_id in self._calls:
            self._shell.ring(self._calls[leg_id])

    async def answer(self, leg_id: str) -> Json | None:
        """200 with our SDP. Raises Unavailable when the caller is gone or there is no media."""
        local = await self._local_media(leg_id)
        try:
            handle = self._call_of(leg_id)
            stream = self._shell.accept(handle, local)
            if stream is not None:
                self._start_rtp(leg_id, stream)
            return self._shell.dialog_state(handle)
        except SipError as error:
            raise Unavailable(error.reason) from None

    async def progress(self, leg_id: str) -> None:
        """183 with our SDP. Raises Unavailable as answer does."""
        local = await self._local_media(leg_id)
        try:
            stream = self._shell.progress(self._call_of(leg_id), local)
        except SipError as error:
            raise Unavailable(error.reason) from None
        if stream is not None:
            self._start_rtp(leg_id, stream)

    async def hang_up(self, leg_id: str, sip_code: int | None = None) -> None:
        """BYE, CANCEL, or a refusal with `sip_code`, by what the call is doing."""
        self._local.pop(leg_id, None)
        handle = self._calls.pop(leg_id, None)
        if handle is None:
            return
        del self._legs[handle]
        try:
            if sip_code is not None and sip_code >= 300:
                self._shell.reject(handle, sip_code)
            else:
                self._shell.hang_up(handle)
        except SipError as error:
            log.info("a call ended while it was hung up: %s", error)

    def adopt(self, dialog: Json) -> None:
        """End the dialog of a leg that a previous run of the gateway left behind."""
        try:
            self._shell.hang_up(self._shell.adopt(dialog))
        except (SipError, KeyError, ValueError) as error:
            log.warning("a call of the previous run cannot be ended: %s", error)

    def on_event(self, event: AnyCallEvent) -> None:
        """What the SIP endpoint tells."""
        if isinstance(event, IncomingCall):
            self._receive(event)
            return
        leg_id = self._legs.get(event.call, "")
        if leg_id and self.listener is not None:
            self._tell(leg_id, event, self.listener)

    def _receive(self, call: IncomingCall) -> None:
        if self.reception is None:
            # The gateway is starting, or stopping.
            self._shell.reject(call.call, UNAVAILABLE)
            return
        leg_id = self._ids.uuid()
        self._remember(call.call, leg_id)
        self.reception.incoming(_arrival(leg_id, call))

    def _tell(self, leg_id: str, event: CallEvent, listener: LineListener) -> None:
        match event:
            case CallRinging(early=early):
                if early is not None:
                    self._start_rtp(leg_id, early)
                listener.ringing(leg_id, early_media=early is not None)
            case CallAnswered(stream=stream):
                self._start_rtp(leg_id, stream)
                listener.answered(leg_id, self._shell.dialog_state(event.call))
            case CallEstablished(stream=stream) | StreamChanged(stream=stream):
                self._start_rtp(leg_id, stream)
            case CallFailed(status_code=status_code):
                self._end(leg_id, event.call, end_of(status_code))
            case CallCancelled():
                cancelled = End(status="cancelled", reason="request_terminated", sip_code=487, by_peer=True)
                self._end(leg_id, event.call, cancelled)
            case CallEnded(by="timeout"):
                self._end(
                    leg_id, event.call, End(status="failed", reason=event.reason or "timeout", sip_code=408)
                )
            case CallEnded():
                self._end(
                    leg_id, event.call, End(status="completed", reason="ok", sip_code=200, by_peer=True)
                )
            case _:
                return

    def _end(self, leg_id: str, handle: CallHandle, end: End) -> None:
        del self._legs[handle]
        del self._calls[leg_id]
        self._local.pop(leg_id, None)
        if self.listener is not None:
            self.listener.ended(leg_id, end)

    async def _local_media(self, leg_id: str) -> LocalMedia:
        """Where the leg listens; the port is opened when it is first asked for."""
        if leg_id not in self._local:
            port = await self._media.open_rtp(leg_id)
            self._local[leg_id] = LocalMedia(self._address, port)
        return self._local[leg_id]

    def _call_of(self, leg_id: str) -> CallHandle:
        handle = self._calls.get(leg_id)
        if handle is None:
            self._local.pop(leg_id, None)
            raise Unavailable("the caller has gone")
        return handle

    def _remember(self, handle: CallHandle, leg_id: str) -> None:
        self._legs[handle] = leg_id
        self._calls[leg_id] = handle

    def _start_rtp(self, leg_id: str, stream: StreamSpec) -> None:
        command = StartRtp(
            leg=leg_id,
            remote_host=stream.remote_host,
            remote_port=stream.remote_port,
            codec=stream.codec,
            payload_type=stream.payload_type,
            dtmf_payload_type=stream.dtmf_payload_type,
            direction=stream.direction,
        )
        try:
            self._media.send(command)
        except Unavailable as error:
            # The worker's death is told to every leg; this one ends by that.
            log.warning("no audio for a leg: %s", error)

    async def _invitation(self, summons: Summons, local: LocalMedia) -> Invitation:
        match summons.endpoint:
            case PhoneEndpoint(number=number, shaken=shaken):
                invitation = await self._to_trunk(self._trunk_for(number), number, summons, local)
                return invitation if shaken is None else replace(invitation, headers={"Identity": shaken})
            case VbcEndpoint(extension=extension):
                return await self._to_trunk(self._trunk_for(None), extension, summons, local)
            case SipEndpoint() as endpoint:
                return await self._to_uri(endpoint, summons, local)
            case _:
                raise TypeError("a SIP line dials phone, sip and vbc endpoints")

    def _trunk_for(self, number: str | None) -> TrunkSettings:
        """The trunk to a number; that to every extension when None. Raises CannotDial."""
        try:
            return self._trunks.for_extension() if number is None else self._trunks.for_number(number)
        except NoTrunk as error:
            raise CannotDial(str(error)) from None

    async def _to_trunk(
        self, trunk: TrunkSettings, user: str, summons: Summons, local: LocalMedia
    ) -> Invitation:
        flow = await self._shell.flow_to(trunk.host, trunk.port, "tcp" if trunk.transport == "tcp" else "udp")
        credentials = Credentials(trunk.username, trunk.password) if trunk.username else None
        return Invitation(
            target=SipUri(scheme="sip", user=user, host=trunk.host, port=trunk.port),
            flow=flow,
            from_user=summons.caller or "anonymous",
            local=local,
            credentials=credentials,
        )

    async def _to_uri(self, endpoint: SipEndpoint, summons: Summons, local: LocalMedia) -> Invitation:
        try:
            admitted = await self._egress.admit(endpoint.uri, ("sip", "sips"))
        except EgressError as error:
            raise CannotDial(str(error)) from None
        target = SipUri.parse(endpoint.uri)
        over_tcp = (target.params.get("transport") or "").lower() == "tcp"
        flow = self._shell.flow(admitted.address, admitted.port, "tcp" if over_tcp else "udp")
        return Invitation(
            target=target,
            flow=flow,
            from_user=summons.caller or "anonymous",
            local=local,
            headers={f"X-{name}": text for name, text in endpoint.headers.items()}
            | endpoint.standard_headers,
        )


def _arrival(leg_id: str, call: IncomingCall) -> Arrival:
    caller = call.from_user.lstrip("+") or "Unknown"
    return Arrival(leg_id=leg_id, called=call.to_user.lstrip("+"), caller=caller, headers=dict(call.headers))


class CannotDial(GatewayError):
    """The endpoint may not, or cannot, be called."""

    status = 400
