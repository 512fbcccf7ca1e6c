"""How an answered leg goes on in another run of the gateway: what is kept of it, and what is made of that.

What is kept lies where the leg's audio does, in its media worker (`Remember`): it lasts as long as there is
something to go on with, and no longer. The facts are in the log, as always.
"""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from gateway.calls.messages import Fetch, LastedTooLong
from gateway.errors import Unavailable
from gateway.legs.line import Line
from gateway.ncco.effects import Enter
from gateway.ncco.happenings import LegEnded, RecordingEnded
from gateway.ncco.schema import read_ncco, write_ncco
from gateway.ncco.script import KeptScript, Script
from gateway.store.records import Json, Webhook
from media.control import MAX_MEMO, Remember

if TYPE_CHECKING:
    from gateway.calls.live_leg import LiveLeg

log = logging.getLogger(__name__)


class Memo(msgspec.Struct, frozen=True, kw_only=True):
    """What a leg needs besides its facts."""

    line: Json
    """What its line needs."""
    until: float
    """Seconds since 1970, when it has lasted too long."""
    actions: list[Json] | None = None
    """What its script has to do, the action that runs first; None while it waits for an NCCO."""
    lasts: Json | None = None
    """What keeps that action going."""
    asked: Webhook | None = None
    """Where the NCCO comes from that it waits for."""
    entered: Enter | None = None
    waits: bool = False
    """In the lobby of its conversation."""
    parent: str | None = None
    """The leg whose script dialled it."""
    apart: bool = False
    concealed: bool = False
    digits_to: Webhook | None = None
    headers: Json = {}
    hops: int = 0


def remembered(what: Mapping[str, bytes]) -> dict[str, Memo]:
    """The memos of legs. What is none is left out, and its leg is ended."""
    memos = {}
    for leg_id, octets in what.items():
        try:
            memos[leg_id] = msgspec.json.decode(octets, type=Memo)
        except msgspec.DecodeError as error:
            log.warning("leg %s cannot go on: %s", leg_id, error)
    return memos


class Remembering:
    """Keeps the memo of one leg as it is, where it outlives the gateway."""

    def __init__(self) -> None:
        self._last = b""

    def update(self, leg: "LiveLeg", line: Line) -> None:
        """Say how the leg is now, if that is other than it was."""
        kept = line.keep(leg.record.id)
        if kept is None:
            return
        what = msgspec.json.encode(_memo(leg, kept))
        if what == self._last:
            return
        self._last = what
        if len(what) > MAX_MEMO:
            log.warning("leg %s has too much to do to go on in another run of the gateway", leg.record.id)
            return
        try:
            leg.equipment.media.send(Remember(leg=leg.record.id, what=what))
        except Unavailable as error:
            log.warning("leg %s is not remembered: %s", leg.record.id, error)


def _memo(leg: "LiveLeg", line: Json) -> Memo:
    script = leg.script.kept
    return Memo(
        line=line,
        until=leg.until,
        actions=None if script.actions is None else write_ncco(script.actions),
        lasts=script.lasts,
        asked=leg.asked,
        entered=leg.entered,
        waits=leg.equipment.lobby.waits(leg.record.conversation_id, leg.record.id),
        parent=None if leg.parent is None else leg.parent.record.id,
        apart=leg.apart,
        concealed=leg.concealed,
        digits_to=leg.digits_to,
        headers=leg.plan.headers,
        hops=leg.hops,
    )


def restore(leg: "LiveLeg", memo: Memo) -> None:
    """Give a leg what it had, before it or any other leg goes on."""
    leg.until = memo.until
    leg.entered = memo.entered
    leg.apart = memo.apart
    leg.concealed = memo.concealed
    leg.digits_to = memo.digits_to
    leg.parent = None if memo.parent is None else leg.legs.find(memo.parent)
    if memo.waits:
        leg.equipment.lobby.wait(leg.record.conversation_id, leg.record.id)


async def go_on(leg: "LiveLeg", memo: Memo) -> None:
    """Let a leg do what it was doing. Raises GatewayError when it cannot."""
    await leg.do()  # its conversation is in memory from now on
    leg.set_timer("length", max(0.0, memo.until - leg.equipment.clock.wall()), LastedTooLong())
    if memo.parent is not None and leg.parent is None:
        leg.hang_up()  # who called it is gone
        return
    leg.enter_room()
    if memo.waits and memo.entered is not None and memo.entered.music is not None:
        # By another name: the end of what sounded until now is still to be told.
        music = replace(memo.entered.music, play=leg.equipment.ids.uuid())
        leg.entered = replace(memo.entered, music=music)
        await leg.perform([music])
    leg.script = Script(leg.equipment.ids.uuid, answered=True)
    if memo.asked is not None:
        leg.tell(Fetch(webhook=memo.asked))
    elif memo.actions is not None:
        kept = KeptScript(actions=read_ncco(memo.actions), lasts=memo.lasts)
        await leg.perform(leg.script.go_on(kept))
        _tell_ends(leg, memo.lasts or {})


def _tell_ends(leg: "LiveLeg", lasts: Json) -> None:
    """What the script waits for may have ended with the gateway."""
    called, recording = lasts.get("leg"), lasts.get("recording")
    if called is not None and leg.legs.find(called) is None:
        leg.tell(LegEnded(leg=called, status="failed"))
    if recording is not None and not leg.equipment.recordings.runs(recording):
        leg.tell(RecordingEnded(recording=recording))
