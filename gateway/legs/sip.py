"""SIP legs: the endpoint's calls on one side, RTP streams in the media worker on the other.

How a call's end is its leg's is in `sip_codes`, how its stream is the leg's audio in `sip_media`. How a leg
that calls finds its one call is in `sip_dialling`, and whom it calls in `ways`.
"""

import asyncio
import logging
from functools import partial

import msgspec

from gateway.config import TrunkSettings
from gateway.errors import Unavailable
from gateway.ids import Ids
from gateway.legs.keypads import Keypads
from gateway.legs.line import Arrival, End, LineListener, Reception, Summons
from gateway.legs.phones import NotRegistered
from gateway.legs.sip_arrivals import ANY, arrival_of
from gateway.legs.sip_codes import COMPLETED, UNKEYED, end_by, end_of
from gateway.legs.sip_dialling import Dialling, Way
from gateway.legs.sip_media import SipMedia, peer_of
from gateway.legs.sip_sight import SipSight
from gateway.legs.sip_status import NO_SUCH_CALL, SERVICE_UNAVAILABLE
from gateway.legs.sip_table import SipLeg, SipLegs
from gateway.legs.sip_transfer import Transfers
from gateway.legs.trunk_ways import CannotDial, login_of
from gateway.legs.ways import Ways
from gateway.routing.trunk_use import TrunkUse
from gateway.routing.trunks import Trunks
from gateway.store.records import Json
from media.control import KeysFailed, RtpSilent
from signalling.io.shell import SipShell
from signalling.sdp.stream import StreamSpec
from signalling.sip.calls import (
    AnyCallEvent,
    CallAnswered,
    CallCancelled,
    CallEnded,
    CallEstablished,
    CallEvent,
    CallFailed,
    CallHandle,
    DigitPressed,
    IncomingCall,
    StreamChanged,
    TransferRequested,
)
from signalling.sip.errors import LocalSipError, SipError

log = logging.getLogger(__name__)


class SipLine:
    """Legs that are SIP calls."""

    def __init__(
        self,
        shell: SipShell,
        audio: SipMedia,
        trunks: Trunks,
        ways: Ways,
        ids: Ids,
        sight: SipSight,
    ) -> None:
        self.listener: LineListener | None = None
        self.reception: Reception | None = None
        self.keypads = Keypads()
        self.use = TrunkUse()
        self._shell = shell
        self._audio = audio
        self._trunks = trunks
        self._ways = ways
        self._ids = ids
        self._sight = sight
        self._dialling = Dialling(shell, self.use, self)
        self._transfers = Transfers(shell, trunks, self._leg_of)
        self._legs = SipLegs()

    async def dial(self, summons: Summons) -> None:
        """Call, at one place after the other. Raises Unavailable, and CannotDial when policy says no."""
        local = await self._audio.open(summons.leg_id)
        try:
            self._dialling.dial(summons.leg_id, await self._ways.to(summons, local))
        except NotRegistered as error:
            self.dial_lost(summons.leg_id, error.status_code)
        except SipError as error:
            raise CannotDial(error.reason) from None

    async def ring(self, leg_id: str) -> None:
        """180 Ringing."""
        leg = self._legs.get(leg_id)
        if leg is not None:
            self._shell.ring(leg.call)

    async def answer(self, leg_id: str) -> Json | None:
        """200 with our SDP. Raises Unavailable when the caller is gone or there is no media."""
        local = await self._audio.open(leg_id)
        try:
            handle = self._call_of(leg_id)
            stream = self._shell.accept(handle, local)
            if stream is not None:
                self._audio.start(leg_id, stream)
            return self._shell.dialog_state(handle)
        except SipError as error:
            raise Unavailable(error.reason) from None

    async def progress(self, leg_id: str) -> None:
        """183 with our SDP. Raises Unavailable as answer does."""
        local = await self._audio.open(leg_id)
        try:
            stream = self._shell.progress(self._call_of(leg_id), local)
        except SipError as error:
            raise Unavailable(error.reason) from None
        if stream is not None:
            self._audio.start(leg_id, stream)

    async def hang_up(self, leg_id: str, sip_code: int | None = None) -> None:
        """BYE, CANCEL, or a refusal with `sip_code`, by what the call is doing."""
        self._part(leg_id, sip_code)

    def withdraw(self, leg_id: str) -> None:
        """End a leg that somebody else has answered."""
        self._part(leg_id)

    def keep(self, leg_id: str) -> Json | None:
        """The dialog, and which trunk it is by."""
        leg = self._legs.get(leg_id)
        if leg is None:
            return None
        try:
            return {"dialog": self._shell.dialog_state(leg.call), "trunk": leg.trunk}
        except SipError:
            return None  # it is ending

    def has(self, leg_id: str) -> bool:
        """Whether the leg has a call that is up."""
        return self._legs.get(leg_id) is not None

    def take_up(self, leg_id: str, kept: Json) -> None:
        """Go on with the call of a leg that a previous run of the gateway has kept, if it has one."""
        dialog, name = kept.get("dialog"), kept.get("trunk")
        if dialog is None:
            return
        trunk = self._trunks.find(name) if name else None
        try:
            host = peer_of(dialog)
            login = login_of(trunk) if trunk is not None else None
            call = self._shell.adopt(dialog, login=login, destinations=self._audio.rule(host))
        except (SipError, KeyError, ValueError) as error:
            log.warning("leg %s of the previous run cannot go on: %s", leg_id, error)
            return
        if trunk is not None:
            self.use.enter(trunk, call)
        self._follow(leg_id, call)
        self._audio.signals_from(leg_id, host)
        self._bound(self._remember(leg_id, call, trunk, is_trusted=name is not None))

    def end(self, leg_id: str, dialog: Json) -> None:
        """End the dialog of a leg that a previous run of the gateway left behind."""
        if self.has(leg_id):
            self._part(leg_id)
            return
        try:
            self._shell.hang_up(self._shell.adopt(dialog))
        except (SipError, KeyError, ValueError) as error:
            log.warning("a call of the previous run cannot be ended: %s", error)

    def on_silence(self, silence: RtpSilent) -> None:
        """No RTP comes from a peer. Silence alone ends no call: it is asked whether it still lives."""
        leg = self._legs.get(silence.leg)
        if leg is None:
            return
        if not silence.heard:
            log.warning("leg %s: no RTP has come in %.0f s", silence.leg, silence.silent_s)
        try:
            self._shell.probe(leg.call)
        except SipError as error:
            log.info("leg %s is silent, and cannot be asked: %s", silence.leg, error)

    def on_keys_failed(self, failure: KeysFailed) -> None:
        """A stream that must be encrypted will have no keys: nothing is ever heard, so the call ends."""
        log.warning("leg %s: no keys with %s: %s", failure.leg, failure.host, failure.reason)
        if self._legs.get(failure.leg) is not None:
            self._cut(failure.leg, UNKEYED)

    def on_event(self, event: AnyCallEvent) -> None:
        """What the SIP endpoint tells."""
        if isinstance(event, IncomingCall):
            self._receive(event)
            return
        if isinstance(event, (CallFailed, CallCancelled, CallEnded)):
            self.use.leave(event.call)
            self._sight.over(event.call)
        if event.call in self._dialling:
            self._dialling.on_event(event)
            return
        leg = self._legs.of_call(event.call)
        if leg is not None and self.listener is not None:
            self._tell(leg, event, self.listener)

    def _receive(self, call: IncomingCall) -> None:
        if self.reception is None:
            # The gateway is starting, or stopping.
            self._shell.reject(call.call, SERVICE_UNAVAILABLE)
            return
        try:
            arrival = self._take(call)
        except SipError as error:
            # No leg and no webhook will tell of it.
            source, called, code = call.flow.remote[0], call.to_user, error.status_code
            log.warning("a call from %s to %r is refused with %d: %s", source, called, code, error)
            self._shell.reject(call.call, code)
        else:
            self.reception.incoming(arrival)

    def _take(self, call: IncomingCall) -> Arrival:
        """Make the call a leg's. Raises SipError with the status code that refuses it."""
        replaced = self._leg_of(call.replaces)
        if call.replaces is not None and not replaced:
            raise LocalSipError("the call whose place it is to take is no leg's", NO_SUCH_CALL)
        trunk = None if call.domain else self._trunks.of_source(call.flow.remote[0], call.account)
        if trunk is not None:
            if not self.use.may_come(trunk):
                raise LocalSipError(f"trunk {trunk.name} has as many calls as it may", SERVICE_UNAVAILABLE)
            self.use.enter(trunk, call.call)
        leg_id = self._ids.uuid()
        self._follow(leg_id, call.call)
        self._check_offer(leg_id, call, trunk)
        self._remember(leg_id, call.call, trunk, is_trusted=not call.domain)
        arrival = arrival_of(leg_id, call, trunk or ANY)
        return msgspec.structs.replace(arrival, replaces=replaced, is_party=call.is_party)

    def _check_offer(self, leg_id: str, call: IncomingCall, trunk: TrunkSettings | None) -> None:
        """Raise SipError for an offer that does not suit the caller's trunk or domain."""
        try:
            self._shell.check(call.call, self._audio.expect(leg_id, call, trunk))
        except SipError:
            self._audio.forget(leg_id)
            raise

    def dial_tries(self, leg_id: str, call: CallHandle) -> None:
        """A leg that is dialled calls somewhere."""
        self._follow(leg_id, call)

    def dial_rings(self, leg_id: str, early: StreamSpec | None) -> None:
        """A leg that is dialled rings somewhere (`Outcome` of the dialling)."""
        if early is not None:
            self._audio.start(leg_id, early)
        if self.listener is not None:
            self.listener.ringing(leg_id, early_media=early is not None)

    def dial_won(self, leg_id: str, event: CallAnswered, way: Way) -> None:
        """A leg that is dialled is answered: this call is its own."""
        self._bound(self._remember(leg_id, event.call, way.trunk))
        self._audio.signals_from(leg_id, way.invitation.flow.remote[0])
        self._audio.start(leg_id, event.stream)
        if self.listener is not None:
            self.listener.answered(leg_id, self._shell.dialog_state(event.call))

    def dial_lost(self, leg_id: str, status_code: int) -> None:
        """A leg that is dialled is answered nowhere."""
        self._forget(leg_id)
        if self.listener is not None:
            self.listener.ended(leg_id, end_of(status_code))

    def _follow(self, leg_id: str, call: CallHandle) -> None:
        self._sight.follow(leg_id, call, self._shell.call_id(call))

    def _bound(self, leg: SipLeg) -> None:
        """End the call when it lasts longer than its trunk allows."""
        trunk = self._trunks.find(leg.trunk) if leg.trunk else None
        if trunk is not None and trunk.max_duration_s:
            loop = asyncio.get_running_loop()
            leg.limit = loop.call_later(trunk.max_duration_s, self._cut, leg.leg_id)

    def _cut(self, leg_id: str, end: End = COMPLETED) -> None:
        self._part(leg_id)
        if self.listener is not None:
            self.listener.ended(leg_id, end)

    def _tell(self, leg: SipLeg, event: CallEvent, listener: LineListener) -> None:
        match event:
            case CallEstablished(stream=stream):
                self._audio.start(leg.leg_id, stream)
                self._bound(leg)
            case StreamChanged(stream=stream):
                self._audio.start(leg.leg_id, stream)
                listener.changed(leg.leg_id)
            case DigitPressed(digit=digit, duration_ms=duration_ms):
                listener.digit_signalled(leg.leg_id, digit, duration_ms)
            case TransferRequested():
                referral = self._transfers.read(event)
                if referral is not None:
                    listener.referred(leg.leg_id, referral)
            case CallFailed() | CallCancelled() | CallEnded():
                self._forget(leg.leg_id)
                listener.ended(leg.leg_id, end_by(event))
            case _:
                return

    def _press(self, call: CallHandle, digits: str) -> None:
        """Tell keys by INFO. Raises Unavailable."""
        try:
            self._shell.press(call, digits)
        except SipError as error:
            raise Unavailable(error.reason) from None

    def _leg_of(self, call: CallHandle | None) -> str:
        """The leg whose call it is, or one of those that it is dialled by; empty for none."""
        if call is None:
            return ""
        leg = self._legs.of_call(call)
        return self._dialling.leg_of(call) if leg is None else leg.leg_id

    def _part(self, leg_id: str, sip_code: int | None = None) -> None:
        leg = self._forget(leg_id)
        if self._dialling.give_up(leg_id) or leg is None:
            return
        try:
            if sip_code is not None and sip_code >= 300:
                self._shell.reject(leg.call, sip_code)
            else:
                self._shell.hang_up(leg.call)
        except SipError as error:
            log.info("a call ended while it was hung up: %s", error)

    def _call_of(self, leg_id: str) -> CallHandle:
        leg = self._legs.get(leg_id)
        if leg is None:
            self._audio.forget(leg_id)
            raise Unavailable("the caller has gone")
        return leg.call

    def _remember(
        self, leg_id: str, call: CallHandle, trunk: TrunkSettings | None, *, is_trusted: bool = False
    ) -> SipLeg:
        """This call is the leg's own from now on; `is_trusted`: where it is from is, though by no trunk."""
        leg = SipLeg(leg_id, call, trunk.name if trunk else "" if is_trusted else None)
        self._legs.add(leg)
        if leg.trunk is not None:
            self._audio.trust(leg_id)
        if trunk is not None and trunk.dtmf == "info":
            self.keypads.signal(leg_id, partial(self._press, call))
        return leg

    def _forget(self, leg_id: str) -> SipLeg | None:
        """Let go of all that is kept of a leg."""
        self.keypads.forget(leg_id)
        self._audio.forget(leg_id)
        return self._legs.remove(leg_id)
