"""Transfers: one leg takes another's place, with its script and whom that has called.

    blind       a peer says whom to call instead of itself. The leg that is called takes its place when it
                answers, or at once when the peer hangs up before that. If it cannot be had, nothing changes.
    attended    a peer has two calls, and wants whom it talks to in the one to take its place in the other.
    replaced    a call comes in to take the place of a leg: picked up elsewhere, or transferred by others.

Everything that a leg holds it hands over in its own task, between two messages.
"""

import logging
from typing import TYPE_CHECKING

import msgspec

from gateway.calls.endings import own_end
from gateway.calls.handlers import take
from gateway.calls.messages import Changed, Joined, Left, NotReplaced, Referred, Replaced, Succeed, Transfer
from gateway.calls.rooms import move
from gateway.calls.scripting import report
from gateway.errors import GatewayError
from gateway.legs.line import End, Referral
from gateway.legs.sip_status import FORBIDDEN, NO_SUCH_CALL, OK, REQUEST_PENDING, TEMPORARILY_UNAVAILABLE
from gateway.ncco.happenings import LegAnswered, LegReplaced
from gateway.ncco.script import Script

if TYPE_CHECKING:
    from gateway.calls.live_leg import LiveLeg

log = logging.getLogger(__name__)


@take.register(Referred)
async def _referred(message: Referred, leg: "LiveLeg") -> None:
    referral = message.referral
    if leg.record.status != "answered" or leg.apart:
        referral.report(TEMPORARILY_UNAVAILABLE)
    elif leg.successor is not None:
        referral.report(REQUEST_PENDING)
    elif referral.endpoint is None:
        _attended(leg, referral)
    else:
        try:
            leg.successor = await leg.legs.call_successor(leg, referral.endpoint)
            leg.referral = referral
        except GatewayError as error:
            await report(leg.equipment, leg.application, leg.record, f"transfer: {error.detail}")
            referral.report(FORBIDDEN if error.status < 500 else TEMPORARILY_UNAVAILABLE)


def _attended(leg: "LiveLeg", referral: Referral) -> None:
    """Ask the other call of the transferor, which may be about to make a fact of its answer."""
    other = leg.legs.find(referral.leg_id)
    if other is None or other.application.id != leg.application.id:
        referral.report(NO_SUCH_CALL)
    else:
        other.tell(Joined(wisher=leg, referral=referral))


@take.register(Joined)
async def _joined(message: Joined, leg: "LiveLeg") -> None:
    """Have the party come here; who else is there goes along."""
    if leg.record.status != "answered":
        message.referral.report(NO_SUCH_CALL)
        return
    companions = message.wisher.companions()
    party = [each for each in companions if each is not leg and each.record.status == "answered"]
    if not party:
        message.referral.report(TEMPORARILY_UNAVAILABLE)
        return
    first, *others = party
    for each in others:
        each.tell(Transfer(conversation_id=leg.record.conversation_id))
    first.tell(Succeed(other=leg, wisher=message.wisher, referral=message.referral))


@take.register(Succeed)
async def _succeed(message: Succeed, leg: "LiveLeg") -> None:
    other, wisher = message.other, message.wisher
    if other.is_ending or leg.record.status != "answered":
        message.referral.report(TEMPORARILY_UNAVAILABLE)
        return
    if leg.parent is wisher:
        leg.parent = None  # its script is over with it, and must not take the leg along
    try:
        await move(leg, other.record.conversation_id)
    except GatewayError:
        message.referral.report(TEMPORARILY_UNAVAILABLE)
        raise
    # Told before anything is hung up: the asker may be a leg that this one's script has called.
    message.referral.report(OK)
    await leg.recall_script()
    other.tell(Replaced(by=leg))
    wisher.tell(Left())


@take.register(Left)
async def _left(_message: Left, leg: "LiveLeg") -> None:
    leg.script = _nothing_to_do(leg)
    await leg.end(_moved_on(leg))


@take.register(Replaced)
async def _replaced(message: Replaced, leg: "LiveLeg") -> None:
    if message.by.is_ending:
        return  # it tells that next
    if leg.referral is not None:
        leg.referral.report(OK)
    hand_over(leg, message.by)
    await leg.end(_moved_on(leg))


@take.register(NotReplaced)
async def _not_replaced(message: NotReplaced, leg: "LiveLeg") -> None:
    if leg.successor is not message.leg:
        return
    if leg.referral is not None:
        leg.referral.report(message.sip_code)
    leg.successor = leg.referral = None


def settle(leg: "LiveLeg", end: End) -> None:
    """The leg ends: who was to take its place does so now if its peer has left, or is not wanted any more."""
    if leg.predecessor is not None:
        code = end.sip_code or (FORBIDDEN if end.status == "rejected" else TEMPORARILY_UNAVAILABLE)
        leg.predecessor.tell(NotReplaced(leg=leg, sip_code=max(code, 400)))
    if leg.successor is None or leg.successor.is_ending:
        return
    if end.by_peer:
        hand_over(leg, leg.successor)
    else:
        leg.successor.hang_up()


def hand_over(leg: "LiveLeg", by: "LiveLeg") -> None:
    """Give everything to another leg: from now on it is the one that the script is about."""
    leg.successor = leg.referral = by.predecessor = None
    by.script, leg.script = leg.script, _nothing_to_do(leg)
    by.script_number = leg.script_number
    by.entered, leg.entered = leg.entered, None
    by.digits_to = leg.digits_to
    by.parent, leg.parent = leg.parent, None
    leg.pass_on(by)
    for each in (by, *by.companions()):
        each.tell(Changed())  # whose script it is, and who has dialled whom, is kept with them
    if by.parent is not None:
        by.parent.tell(LegReplaced(leg=leg.record.id, by=by.record.id))
        if by.record.status == "answered":
            by.parent.tell(LegAnswered(leg=by.record.id))


def _nothing_to_do(leg: "LiveLeg") -> Script:
    return Script(leg.equipment.ids.uuid, answered=True)


def _moved_on(leg: "LiveLeg") -> End:
    """The end of a leg whose place is taken: it was so wanted by who is at its other end."""
    return msgspec.structs.replace(own_end(leg.record), by_peer=leg.record.status == "answered")
