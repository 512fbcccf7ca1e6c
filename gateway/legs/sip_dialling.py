"""Legs that are being dialled: each hunts, over INVITEs, until one of them is the leg's call.

What a leg's hunt orders is done with the shell here, and what the shell tells of its calls is told to the
hunt. The line above sees one call that rings, answers or fails.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.config import TrunkSettings
from gateway.legs.hunting import Hunt, Invite, Lost, Order, Round, Withdraw, Won
from gateway.legs.sip_status import REQUEST_TERMINATED, SERVICE_UNAVAILABLE
from gateway.routing.trunk_use import TrunkUse
from signalling.io.shell import SipShell
from signalling.sdp.stream import StreamSpec
from signalling.sip.calls import (
    CallAnswered,
    CallEnded,
    CallEvent,
    CallFailed,
    CallHandle,
    CallRinging,
)
from signalling.sip.config import Invitation
from signalling.sip.errors import SipError

log = logging.getLogger(__name__)

ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'
"""The Reason of a CANCEL to who lost (RFC 3326): a phone does not show it as a missed call."""


@dataclass(frozen=True, slots=True)
class Way:
    """One place that a leg is called at."""

    invitation: Invitation
    trunk: TrunkSettings | None = None
    """Whose limits count."""


class Outcome(Protocol):
    """Who is told what becomes of a leg that is dialled."""

    def dial_tries(self, leg_id: str, call: CallHandle) -> None:
        """A place is called."""
        ...

    def dial_rings(self, leg_id: str, early: StreamSpec | None) -> None:
        """Somebody rings; `early` where they can be heard already."""
        ...

    def dial_won(self, leg_id: str, event: CallAnswered, way: Way) -> None:
        """This call is the leg's from now on."""
        ...

    def dial_lost(self, leg_id: str, status_code: int) -> None:
        """Nobody answered."""
        ...


@dataclass(slots=True, eq=False)
class _Dialled:
    """A leg that is dialled, until its last attempt is over."""

    leg_id: str
    hunt: Hunt[Way]
    ways: dict[int, Way] = field(default_factory=dict)
    calls: dict[int, CallHandle] = field(default_factory=dict)
    timer: asyncio.TimerHandle | None = None
    won: CallAnswered | None = None


class Dialling:
    """All legs that are dialled, and the calls of theirs that are being given up."""

    def __init__(self, shell: SipShell, use: TrunkUse, outcome: Outcome) -> None:
        self._shell = shell
        self._use = use
        self._outcome = outcome
        self._dialled: dict[str, _Dialled] = {}
        self._attempts: dict[CallHandle, tuple[_Dialled, int]] = {}

    def __len__(self) -> int:
        """How many attempts have not ended."""
        return len(self._attempts)

    def leg_of(self, call: CallHandle) -> str:
        """The leg that a call is an attempt of; empty for none."""
        attempt = self._attempts.get(call)
        return "" if attempt is None else attempt[0].leg_id

    def __contains__(self, call: CallHandle) -> bool:
        return call in self._attempts

    def dial(self, leg_id: str, rounds: Sequence[Round[Way]]) -> None:
        """Begin to hunt. Raises SipError when the only attempt there is cannot even be sent."""
        hunt = Hunt(rounds)
        dialled = self._dialled[leg_id] = _Dialled(leg_id, hunt)
        orders = hunt.begin(self._now())
        if len(rounds) == 1 and len(orders) == 1 and isinstance(orders[0], Invite):
            self._send_only(dialled, orders[0])
        else:
            self._carry_out(dialled, orders)

    def give_up(self, leg_id: str) -> bool:
        """Nobody wants the leg answered any more; nothing more is told of it. False: it is not dialled."""
        dialled = self._dialled.pop(leg_id, None)
        if dialled is None:
            return False
        self._carry_out(dialled, dialled.hunt.give_up())
        return True

    def on_event(self, event: CallEvent) -> None:
        """What the shell tells of one of our attempts."""
        dialled, attempt = self._attempts[event.call]
        hunt = dialled.hunt
        match event:
            case CallRinging(early=early):
                hunt.ringing(attempt)
                self._arm(dialled)
                if not hunt.is_decided:
                    self._outcome.dial_rings(dialled.leg_id, early if hunt.is_alone else None)
            case CallAnswered():
                dialled.won = event
                self._carry_out(dialled, hunt.answered(attempt))
            case CallFailed(status_code=status_code):
                self._over(dialled, attempt, status_code)
            case CallEnded():
                self._over(dialled, attempt, REQUEST_TERMINATED)
            case _:
                return

    def _over(self, dialled: _Dialled, attempt: int, status_code: int) -> None:
        self._attempts.pop(dialled.calls[attempt], None)
        self._carry_out(dialled, dialled.hunt.refused(attempt, status_code, self._now()))

    def _carry_out(self, dialled: _Dialled, orders: Sequence[Order[Way]]) -> None:
        for order in orders:
            match order:
                case Invite(attempt=attempt, target=way):
                    self._invite(dialled, attempt, way)
                case Withdraw(attempt=attempt, elsewhere=elsewhere):
                    self._withdraw(dialled.calls.get(attempt), elsewhere=elsewhere)
                case Won(attempt=attempt):
                    self._win(dialled, attempt)
                case Lost(status_code=status_code):
                    if self._dialled.pop(dialled.leg_id, None) is not None:
                        self._outcome.dial_lost(dialled.leg_id, status_code)
        self._arm(dialled)

    def _invite(self, dialled: _Dialled, attempt: int, way: Way) -> None:
        try:
            self._send(dialled, attempt, way)
        except SipError as error:
            log.info("an attempt of leg %s is not made: %s", dialled.leg_id, error)
            self._fail(dialled, attempt)

    def _send_only(self, dialled: _Dialled, order: Invite[Way]) -> None:
        try:
            self._send(dialled, order.attempt, order.target)
        except SipError:
            del self._dialled[dialled.leg_id]
            raise
        self._arm(dialled)

    def _send(self, dialled: _Dialled, attempt: int, way: Way) -> None:
        """Raises SipError when the trunk has enough calls, or the shell cannot send it."""
        if way.trunk is not None and not self._use.may_start(way.trunk, self._now()):
            raise SipError(f"trunk {way.trunk.name} has as many calls as it may", SERVICE_UNAVAILABLE)
        call = self._shell.invite(way.invitation)
        if way.trunk is not None:
            self._use.start(way.trunk, call, self._now())
        dialled.ways[attempt] = way
        dialled.calls[attempt] = call
        self._attempts[call] = (dialled, attempt)
        self._outcome.dial_tries(dialled.leg_id, call)

    def _fail(self, dialled: _Dialled, attempt: int) -> None:
        self._carry_out(dialled, dialled.hunt.refused(attempt, SERVICE_UNAVAILABLE, self._now()))

    def _withdraw(self, call: CallHandle | None, *, elsewhere: bool) -> None:
        if call is None:
            return
        try:
            self._shell.hang_up(call, ELSEWHERE if elsewhere else "")
        except SipError as error:
            log.info("an attempt was over when it was withdrawn: %s", error)

    def _win(self, dialled: _Dialled, attempt: int) -> None:
        self._dialled.pop(dialled.leg_id, None)
        self._attempts.pop(dialled.calls[attempt], None)
        if dialled.won is not None:
            self._outcome.dial_won(dialled.leg_id, dialled.won, dialled.ways[attempt])

    def _arm(self, dialled: _Dialled) -> None:
        """Set the one timer of the hunt to what is due."""
        if dialled.timer is not None:
            dialled.timer.cancel()
            dialled.timer = None
        if dialled.hunt.due is not None:
            loop = asyncio.get_running_loop()
            dialled.timer = loop.call_at(dialled.hunt.due, self._expire, dialled)

    def _expire(self, dialled: _Dialled) -> None:
        dialled.timer = None
        self._carry_out(dialled, dialled.hunt.expire(max(self._now(), dialled.hunt.due or 0.0)))

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
