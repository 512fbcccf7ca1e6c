"""SIP legs: the endpoint's calls on one side, RTP streams in the media worker on the other.

A final status becomes how the leg ended here, and a call's stream the leg's audio in `sip_media`. How a leg
that calls finds its one call is in `sip_dialling`, and whom it calls in `ways`.
"""

import asyncio
import logging
from functools import partial
from typing import Protocol

import msgspec

from gateway.config import TrunkSettings
from gateway.errors import Invalid, Unavailable
from gateway.ids import Ids
from gateway.legs.keypads import Keypads
from gateway.legs.line import Arrival, End, LineListener, Referral, Summons
from gateway.legs.phones import NotRegistered
from gateway.legs.sip_codes import end_of
from gateway.legs.sip_dialling import Dialling, Way
from gateway.legs.sip_media import SipMedia
from gateway.legs.sip_sight import SipSight
from gateway.legs.sip_transfer import endpoint_of
from gateway.legs.trunk_ways import CannotDial, passed
from gateway.legs.ways import Ways
from gateway.routing.number_format import read
from gateway.routing.trunk_use import TrunkUse
from gateway.routing.trunks import Trunks
from gateway.store.records import Json
from media.control import RtpSilent
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
from signalling.sip.errors import SipError

log = logging.getLogger(__name__)

NOT_FOUND = 404
NO_DIALOG = 481
UNAVAILABLE = 503

ANY = TrunkSettings(name="any")
"""What holds for calls that come by no trunk."""


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
        audio: SipMedia,
        trunks: Trunks,
        ways: Ways,
        ids: Ids,
        sight: SipSight,
    ) -> None:
        self.listener: LineListener | None = None
        self.reception: Reception | None = None
        self.keypads = Keypads()
        self._shell = shell
        self._audio = audio
        self._trunks = trunks
        self._ways = ways
        self._ids = ids
        self._sight = sight
        self.use = TrunkUse()
        self._dialling = Dialling(shell, self.use, self)
        self._legs: dict[CallHandle, str] = {}
        self._calls: dict[str, CallHandle] = {}
        self._trunk_of: dict[str, str] = {}
        """The trunk of a leg by its name; empty for one that came from a trusted network."""
        self._limits: dict[str, asyncio.TimerHandle] = {}
        """The ends of calls that their trunk bounds."""

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
        if leg_id in self._calls:
            self._shell.ring(self._calls[leg_id])

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

    def adopt(self, dialog: Json) -> None:
        """End the dialog of a leg that a previous run of the gateway left behind."""
        try:
            self._shell.hang_up(self._shell.adopt(dialog))
        except (SipError, KeyError, ValueError) as error:
            log.warning("a call of the previous run cannot be ended: %s", error)

    def on_silence(self, silence: RtpSilent) -> None:
        """No RTP comes from a peer. Silence alone ends no call: it is asked whether it still lives."""
        call = self._calls.get(silence.leg)
        if call is None:
            return
        if not silence.heard:
            log.warning("leg %s: no RTP has come in %.0f s", silence.leg, silence.silent_s)
        try:
            self._shell.probe(call)
        except SipError as error:
            log.info("leg %s is silent, and cannot be asked: %s", silence.leg, error)

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
        leg_id = self._legs.get(event.call, "")
        if leg_id and self.listener is not None:
            self._tell(leg_id, event, self.listener)

    def _receive(self, call: IncomingCall) -> None:
        if self.reception is None:
            # The gateway is starting, or stopping.
            self._shell.reject(call.call, UNAVAILABLE)
            return
        replaced = self._leg_of(call.replaces)
        if call.replaces is not None and not replaced:
            self._shell.reject(call.call, NO_DIALOG)
            return
        trunk = None if call.domain else self._trunks.of_source(call.flow.remote[0], call.account)
        if trunk is not None:
            if not self.use.may_come(trunk):
                self._shell.reject(call.call, UNAVAILABLE)
                return
            self.use.enter(trunk, call.call)
        leg_id = self._ids.uuid()
        self._follow(leg_id, call.call)
        if not self._can_speak(leg_id, call, trunk):
            return
        self._remember(call.call, leg_id)
        if trunk is not None:
            self._runs_through(trunk, leg_id, call.call)
        elif not call.domain:
            self._trunk_of[leg_id] = ""
        arrival = _arrival(leg_id, call, trunk or ANY)
        shares = not call.domain and self._trunk_of.get(replaced) == self._trunk_of[leg_id]
        self.reception.incoming(msgspec.structs.replace(arrival, replaces=replaced, shares_trunk=shares))

    def _can_speak(self, leg_id: str, call: IncomingCall, trunk: TrunkSettings | None) -> bool:
        """Whether the caller's offer suits its trunk or domain; it is refused at once if not."""
        try:
            self._shell.check(call.call, self._audio.expect(leg_id, call, trunk))
        except SipError as error:
            log.info("a call is refused: %s", error)
            self._audio.forget(leg_id)
            self._shell.reject(call.call, error.status_code)
            return False
        return True

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
        self._remember(event.call, leg_id)
        if way.trunk is not None:
            self._runs_through(way.trunk, leg_id, event.call)
            self._bound(leg_id)
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

    def _runs_through(self, trunk: TrunkSettings, leg_id: str, call: CallHandle) -> None:
        self._trunk_of[leg_id] = trunk.name
        if trunk.dtmf == "info":
            self.keypads.signal(leg_id, partial(self._press, call))

    def _bound(self, leg_id: str) -> None:
        """End the call when it lasts longer than its trunk allows."""
        trunk = self._trunks.find(self._trunk_of.get(leg_id, ""))
        if trunk is not None and trunk.max_duration_s:
            loop = asyncio.get_running_loop()
            self._limits[leg_id] = loop.call_later(trunk.max_duration_s, self._cut, leg_id)

    def _cut(self, leg_id: str) -> None:
        self._part(leg_id)
        if self.listener is not None:
            self.listener.ended(leg_id, End(status="completed", reason="ok", sip_code=200))

    def _tell(self, leg_id: str, event: CallEvent, listener: LineListener) -> None:
        match event:
            case CallEstablished(stream=stream):
                self._audio.start(leg_id, stream)
                self._bound(leg_id)
            case StreamChanged(stream=stream):
                self._audio.start(leg_id, stream)
            case DigitPressed(digit=digit, duration_ms=duration_ms):
                listener.digit_signalled(leg_id, digit, duration_ms)
            case TransferRequested():
                self._refer(leg_id, event, listener)
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

    def _refer(self, leg_id: str, wish: TransferRequested, listener: LineListener) -> None:
        """The peer wants somebody else to be called in its place."""
        report = partial(self._report_transfer, wish.call)
        if wish.replaces is not None:
            other = self._leg_of(wish.replaces)
            listener.referred(leg_id, Referral(endpoint=None, leg_id=other, report=report))
            return
        try:
            endpoint = endpoint_of(wish, self._trunks.places())
        except Invalid as error:
            log.info("a transfer is refused: %s", error)
            report(NOT_FOUND)
        else:
            listener.referred(leg_id, Referral(endpoint=endpoint, report=report))

    def _press(self, call: CallHandle, digits: str) -> None:
        """Tell keys by INFO. Raises Unavailable."""
        try:
            self._shell.press(call, digits)
        except SipError as error:
            raise Unavailable(error.reason) from None

    def _leg_of(self, call: CallHandle | None) -> str:
        """The leg whose call it is, or one of those that it is dialled by; empty for none."""
        return "" if call is None else self._legs.get(call) or self._dialling.leg_of(call)

    def _report_transfer(self, call: CallHandle, sip_code: int) -> None:
        try:
            self._shell.report_transfer(call, sip_code)
        except SipError as error:
            log.info("nobody is told of a transfer any more: %s", error)

    def _part(self, leg_id: str, sip_code: int | None = None) -> None:
        self._forget(leg_id)
        handle = self._calls.pop(leg_id, None)
        if self._dialling.give_up(leg_id) or handle is None:
            return
        del self._legs[handle]
        try:
            if sip_code is not None and sip_code >= 300:
                self._shell.reject(handle, sip_code)
            else:
                self._shell.hang_up(handle)
        except SipError as error:
            log.info("a call ended while it was hung up: %s", error)

    def _end(self, leg_id: str, handle: CallHandle, end: End) -> None:
        del self._legs[handle]
        del self._calls[leg_id]
        self._forget(leg_id)
        if self.listener is not None:
            self.listener.ended(leg_id, end)

    def _call_of(self, leg_id: str) -> CallHandle:
        handle = self._calls.get(leg_id)
        if handle is None:
            self._audio.forget(leg_id)
            raise Unavailable("the caller has gone")
        return handle

    def _remember(self, handle: CallHandle, leg_id: str) -> None:
        self._legs[handle] = leg_id
        self._calls[leg_id] = handle

    def _forget(self, leg_id: str) -> None:
        """Let go of what is kept of a leg besides its call."""
        self.keypads.forget(leg_id)
        self._audio.forget(leg_id)
        self._trunk_of.pop(leg_id, None)
        limit = self._limits.pop(leg_id, None)
        if limit is not None:
            limit.cancel()


def is_believed(call: IncomingCall, trunk: TrunkSettings) -> bool:
    """Whether who sent the call may say who calls (RFC 3325): the operator's trunks and networks."""
    if trunk is ANY:
        return not (call.domain or call.account)
    return trunk.believe_identity


def _arrival(leg_id: str, call: IncomingCall, trunk: TrunkSettings) -> Arrival:
    shown = call.asserted_user if is_believed(call, trunk) else call.from_user
    caller = read(shown, trunk.caller) or "Unknown"
    called = read(call.to_user, trunk.called)
    return Arrival(
        leg_id=leg_id,
        called=called,
        caller=caller,
        headers=passed(trunk, call.headers),
        domain=call.domain,
        login=call.account,
    )
