"""How an answered leg goes on in another run of the gateway: what is kept of it, and what is made of that.

What is kept lies where the leg's audio does, in its media worker (`Remember`): it lasts as long as there is
something to go on with, and no longer. The facts are in the log, as always.
"""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from gateway.calls.audience import EVERYBODY
from gateway.calls.handlers import take
from gateway.calls.messages import Fetch, Given, LastedTooLong, Transfer
from gateway.calls.rooms import stop_waiting
from gateway.errors import Unavailable
from gateway.legs.line import Line
from gateway.ncco.effects import Conceal, Enter
from gateway.ncco.happenings import LegEnded, RecordingEnded
from gateway.ncco.schema import read_ncco, write_ncco
from gateway.ncco.script import KeptScript, Script
from gateway.store.records import Json, Webhook
from media.control import MAX_MEMO, Remember

if TYPE_CHECKING:
    from gateway.calls.live_leg import LiveLeg

log = logging.getLogger(__name__)


class KeptTransfer(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer that is not carried out."""

    conversation_id: str
    muted: bool = False
    actions: list[Json] | None = None
    answer: Webhook | None = None

    @classmethod
    def of(cls, message: Transfer) -> "KeptTransfer":
        """As octets can hold it."""
        return cls(
            conversation_id=message.conversation_id,
            muted=message.muted,
            actions=None if message.ncco is None else write_ncco(message.ncco),
            answer=message.answer,
        )

    @property
    def message(self) -> Transfer:
        """As a leg is told."""
        return Transfer(
            conversation_id=self.conversation_id,
            muted=self.muted,
            ncco=None if self.actions is None else read_ncco(self.actions),
            answer=self.answer,
        )


class Memo(msgspec.Struct, frozen=True, kw_only=True):
    """What a leg needs besides its facts."""

    line: Json
    """What its line needs."""
    conversation_id: str
    """Where it was. What is said of its place holds there alone."""
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
    transfers: list[KeptTransfer] = []
    """What it has been told to do then, in that order."""


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
        self.kept: Memo | None = None
        """As it was between two messages; None where there is nothing to go on with."""
        self._last = b""

    def update(self, leg: "LiveLeg", line: Line, script: KeptScript | None = None) -> None:
        """Say how the leg is now, if that is other than it was; `script`: where its script is to begin."""
        kept = line.keep(leg.record.id)
        if kept is not None:
            self.kept = _memo(leg, kept, script or leg.script.kept)
            self._say(leg, self.kept)

    def owes(self, leg: "LiveLeg") -> None:
        """Say what transfers there are, and nothing else: the leg may be in the middle of something."""
        if self.kept is not None:
            self.kept = replace(self.kept, transfers=[KeptTransfer.of(each) for each in leg.transfers])
            self._say(leg, self.kept)

    def _say(self, leg: "LiveLeg", memo: Memo) -> None:
        what = msgspec.json.encode(memo)
        if len(what) > MAX_MEMO:
            log.warning("leg %s has too much to do to go on in another run of the gateway", leg.record.id)
            what = b""  # better than what it was before
        if what == self._last:
            return
        self._last = what
        try:
            leg.equipment.media.send(Remember(leg=leg.record.id, what=what))
        except Unavailable as error:
            log.warning("leg %s is not remembered: %s", leg.record.id, error)


def _memo(leg: "LiveLeg", line: Json, script: KeptScript) -> Memo:
    if isinstance(leg.begins, Given):
        script = KeptScript(actions=leg.begins.ncco)
    return Memo(
        line=line,
        conversation_id=leg.record.conversation_id,
        until=leg.until,
        actions=None if script.actions is None else write_ncco(script.actions),
        lasts=script.lasts,
        asked=leg.begins.webhook if isinstance(leg.begins, Fetch) else leg.asked,
        entered=leg.entered,
        waits=leg.equipment.lobby.waits(leg.record.conversation_id, leg.record.id),
        parent=None if leg.parent is None else leg.parent.heir.record.id,
        apart=leg.apart,
        concealed=leg.concealed,
        digits_to=leg.digits_to,
        headers=leg.plan.headers,
        hops=leg.hops,
        transfers=[KeptTransfer.of(each) for each in leg.transfers],
    )


def restore(leg: "LiveLeg", memo: Memo) -> None:
    """Give a leg what it had, before it or any other leg goes on."""
    leg.until = memo.until
    leg.concealed = memo.concealed
    leg.digits_to = memo.digits_to
    leg.parent = None if memo.parent is None else leg.legs.find(memo.parent)
    leg.transfers.extend(each.message for each in memo.transfers)
    if _has_moved(leg, memo):
        return
    leg.entered = memo.entered
    leg.apart = memo.apart
    if memo.waits:
        leg.equipment.lobby.wait(leg.record.conversation_id, leg.record.id)


async def go_on(leg: "LiveLeg", memo: Memo) -> None:
    """Let a leg do what it was doing. Raises GatewayError when it cannot."""
    await leg.do()  # its conversation is in memory from now on
    leg.pending.set_timer("length", max(0.0, memo.until - leg.equipment.clock.wall()), LastedTooLong())
    if _has_moved(leg, memo):
        leg.tell_parent("transferred")
        leg.equipment.media.send(EVERYBODY.command(leg.record.id))
    elif memo.parent is not None and leg.parent is None:
        leg.hang_up()  # who called it is gone
        return
    leg.enter_room()
    leg.script = Script(leg.equipment.ids.uuid, answered=True)
    if memo.transfers and memo.lasts is None:
        await _leave(leg)
    else:
        await _wait_on(leg)
        await _take_up_script(leg, memo)
    for _ in memo.transfers:  # others may have come since, and are in its inbox
        await take(leg.transfers[0], leg)


def _has_moved(leg: "LiveLeg", memo: Memo) -> bool:
    """Whether the gateway died between the fact that the leg went elsewhere and all that goes with it."""
    return memo.conversation_id != leg.record.conversation_id


async def _leave(leg: "LiveLeg") -> None:
    """What would begin again ends at once: a transfer comes next."""
    if leg.concealed:
        await leg.perform([Conceal(concealed=False)])


async def _wait_on(leg: "LiveLeg") -> None:
    """Where the leg waits in a lobby, wait on with music, unless the conversation has started."""
    lobby, room = leg.equipment.lobby, leg.record.conversation_id
    if not lobby.waits(room, leg.record.id):
        return
    if any(not lobby.waits(room, each.record.id) for each in leg.companions()):
        await stop_waiting(leg)
    elif leg.entered is not None and leg.entered.music is not None:
        # By another name: the end of what sounded until now is still to be told.
        music = replace(leg.entered.music, play=leg.equipment.ids.uuid())
        leg.entered = replace(leg.entered, music=music)
        await leg.perform([music])


async def _take_up_script(leg: "LiveLeg", memo: Memo) -> None:
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
