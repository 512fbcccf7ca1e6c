"""The call service on a real store and switchboard, with a line, a media plane and an outbox that are played.

A test is the peer of all three: it says what lines do, when prompts end, and what customers' hosts reply.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import msgspec

from gateway.calls.ears import Ears
from gateway.calls.equipment import Equipment
from gateway.calls.listening import Listenings
from gateway.calls.live_leg import LENGTH, LiveLeg
from gateway.calls.prompts import Prompts
from gateway.calls.recordings import Recordings
from gateway.calls.recovery import Recovery
from gateway.calls.service import CallService
from gateway.calls.transcripts import Transcripts
from gateway.clock import SystemClock
from gateway.config import LimitSettings
from gateway.conversation import events
from gateway.conversation.commands import EndLeg
from gateway.conversation.leg import ENDS
from gateway.files.door import Files
from gateway.legs.app import AppLine
from gateway.legs.line import Arrival, End
from gateway.legs.sip import SipLine
from gateway.limits import RateLimit
from gateway.media_plane import MediaPlane
from gateway.store.queries import MAX_PAGE, LegFilter, Window
from gateway.store.records import EventRecord, Json, LegRecord, Webhook
from gateway.switchboard import Switchboard
from gateway.webhooks.downloads import Downloads
from gateway.webhooks.egress import Egress
from gateway.webhooks.outbox import Outbox
from tests.support import records, webhook_fields
from tests.support.played import (
    ANSWER,
    CALLER,
    EVENT,
    FALLBACK,
    NUMBER,
    PlayedLine,
    PlayedMedia,
    PlayedOutbox,
    Shelf,
    ncco,
)
from tests.support.switchboard import Board, open_board
from tests.support.waiting import until


class WatchedCalls(CallService):
    """Keeps the legs that are gone, to look at what they left behind."""

    def __init__(self, equipment: Equipment, line: PlayedLine) -> None:
        app = AppLine(equipment.switchboard)
        super().__init__(equipment, {"phone": line, "sip": line, "websocket": line, "app": app})
        app.listener = self
        self.past: list[LiveLeg] = []

    def gone(self, leg: LiveLeg) -> None:
        """The leg is over."""
        self.past.append(leg)
        super().gone(leg)


class Exchange:
    """Everything that a call needs."""

    def __init__(self, board: Board, directory: Path) -> None:
        self.line, self.media, self.outbox = PlayedLine(), PlayedMedia(), PlayedOutbox()
        self.store, self.ids = board.store, board.ids
        webhooks = {
            "answer_url": {"address": ANSWER},
            "event_url": {"address": EVENT},
            "fallback_answer_url": {"address": FALLBACK},
        }
        self.application = msgspec.structs.replace(
            board.application, capabilities={"voice": {"webhooks": webhooks}}
        )
        self.switchboard = Switchboard(board.store, self.outbox, SystemClock(), board.ids)
        media = cast("MediaPlane", self.media)
        listening = directory / "listening"
        listening.mkdir(exist_ok=True)
        self.transcripts = Transcripts(
            board.store, self.switchboard, media, Files(directory), "http://gateway.example", listening
        )
        self.recordings = Recordings(
            self.switchboard, media, directory, "http://gateway.example", self.transcripts
        )
        self.ears = Ears(media, listening)
        self.listenings = Listenings(self.switchboard, self.ears, directory, "http://gateway.example")
        self.files: dict[str, bytes] = {}
        """What can be played, by URL."""
        downloads = directory / "downloads"
        downloads.mkdir(exist_ok=True)
        shelf = cast("Egress", Shelf(self.files))
        self.prompts = Prompts(self.switchboard, media, Downloads(shelf, downloads, SystemClock()))
        self.equipment = Equipment(
            store=board.store,
            switchboard=self.switchboard,
            media=media,
            outbox=cast("Outbox", self.outbox),
            prompts=self.prompts,
            recordings=self.recordings,
            ears=self.ears,
            listenings=self.listenings,
            clock=SystemClock(),
            ids=board.ids,
            public_url="http://gateway.example",
            call_limit=RateLimit(LimitSettings().calls_per_second),
            dial_limit=RateLimit(LimitSettings().dials_per_minute, window_s=60),
        )
        self.calls = WatchedCalls(self.equipment, self.line)
        self.media.recorded = self.calls.recording_done

    # What the outside does

    def call_in(self, called: str = NUMBER) -> str:
        """Somebody calls; the id of the leg."""
        leg_id = self.ids.uuid()
        self.line.up.add(leg_id)
        headers = {"X-Shop": "7"}
        self.calls.incoming(Arrival(leg_id=leg_id, called=called, caller=CALLER, headers=headers))
        return leg_id

    def peer_ends(self, leg_id: str, end: End | None = None) -> None:
        """The other side of a leg hangs up, refuses or gives up."""
        if leg_id in self.line.up:
            self.line.up.discard(leg_id)
            ok = End(status="completed", reason="ok", sip_code=200, by_peer=True)
            self.calls.ended(leg_id, end or ok)

    async def answered_call_in(self, *actions: Json) -> str:
        """Somebody calls, hears an answer, and is at the end of these actions or at the first that waits."""
        self.outbox.hosts[ANSWER] = ncco(*actions)
        leg_id = self.call_in()
        await self.until_told(leg_id, "answered")
        # The webhook leaves as soon as the fact is durable, before the leg itself knows.
        await until(lambda: self._is_answered(leg_id), f"{leg_id} to know that it is answered")
        return leg_id

    def _is_answered(self, leg_id: str) -> bool:
        """Or over by now."""
        leg = self.calls.find(leg_id)
        return leg is None or leg.record.status == "answered"

    # What is to be seen

    async def until_told(self, leg_id: str, status: str) -> None:
        """Wait until a webhook tells a status of the leg."""
        await until(lambda: status in self.outbox.statuses(leg_id), f"{status} of {leg_id}")

    async def until_gone(self, leg_id: str) -> None:
        """Wait until the leg is over."""
        await until(lambda: any(leg.record.id == leg_id for leg in self.calls.past), f"the end of {leg_id}")

    async def dialled(self, count: int = 1) -> str:
        """Wait until so many legs were dialled; the last of them."""
        await until(lambda: len(self.line.dialled) >= count, f"dialling number {count}")
        return self.line.dialled[count - 1].leg_id

    async def playing(self, text: str) -> None:
        """Wait until a text is being played."""
        await until(lambda: text in self.media.spoken and self.media.playing, f"the text {text!r}")

    async def listening(self, leg_id: str) -> None:
        """Wait until the leg's input action counts its silence: digits from before are nobody's."""
        leg = self.calls.find(leg_id)
        assert leg is not None
        await until(lambda: set(leg.pending.timers) - {LENGTH}, "the clock of the input action")

    async def leg(self, leg_id: str) -> LegRecord:
        """The leg as the store has it."""
        leg = await self.store.leg(self.application.id, leg_id)
        assert leg is not None
        return leg

    async def all_legs(self) -> list[LegRecord]:
        """Every leg of the application."""
        return (await self.store.legs(self.application.id, Window(limit=MAX_PAGE), LegFilter())).rows

    async def logs(self) -> list[list[EventRecord]]:
        """The log of every conversation."""
        page = await self.store.conversations(self.application.id, Window(limit=MAX_PAGE))
        deleted = {leg.conversation_id for leg in await self.all_legs()}
        return [await self.store.log(id_) for id_ in sorted(deleted | {record.id for record in page.rows})]

    async def fact_types(self, leg_id: str) -> list[str]:
        """The types of the facts of the conversation that the leg is in."""
        return [fact.type for fact in await self.store.log((await self.leg(leg_id)).conversation_id)]

    async def close_in_store(self, leg: LegRecord) -> None:
        """End a leg that has no life any more, as the next start of the gateway does."""
        end = EndLeg(leg_id=leg.id, status="failed", reason="restart")
        await self.switchboard.do(self.application, leg.conversation_id, end)

    async def recover(self) -> list[Json]:
        """Start where another run has left its log and nothing else: the dialogs that are ended."""
        ended: list[Json] = []
        sip = SimpleNamespace(end=lambda _, dialog: ended.append(dialog))
        media = SimpleNamespace(remembered=dict, recorded=dict, give_up=lambda *_: None)
        recovery = Recovery(self.store, self.switchboard, self.recordings, self.calls, cast("SipLine", sip))
        await recovery.recover(cast("MediaPlane", media))
        return ended

    async def check_nothing_is_left(self) -> None:
        """End the calls; then every leg has one end, and nothing of any call is left anywhere."""
        await self.calls.close()
        to_legs = [each for each in self.prompts._playing.values() if each.scene.leg is not None]
        assert not to_legs, "nothing sounds for a leg that is over"
        await self.prompts.close()
        await self.recordings.close()
        await self.transcripts.close()
        await self.ears.close()
        assert not self.media.listening, "nothing is listened to"
        assert not self.listenings, "no script listens"
        assert not self.ears, "no file of a leg is left"
        assert self.line.up == set(), "the line was told every end"
        for leg in self.calls.past:
            assert not leg.pending.timers, "no timer is left"
            assert not leg.pending.tasks, "nothing runs beside a leg that is over"
        assert not self.prompts._playing
        assert not self.equipment.lobby, "nobody waits"
        legs = await self.all_legs()
        assert all(leg.status in ENDS for leg in legs)
        assert set(self.media.closed) >= {leg.id for leg in legs}
        _check_facts([fact for log in await self.logs() for fact in log], {leg.id for leg in legs})
        # Events of conversations are told in a form of their own, and judged where they are tested.
        told = [payload for payload in self.outbox.payloads() if "conversation_id" not in payload]
        for payload in (*told, *(each.payload for each in self.outbox.asked)):
            webhook_fields.judge(payload)
        webhook_fields.judge_lives(told)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not [task for task in others if _ours(task)], "no task is left"


def _check_facts(facts: list[EventRecord], legs: set[str]) -> None:
    statuses = [fact.body for fact in facts if fact.type == events.LEG_STATUS]
    ends = [body["leg_id"] for body in statuses if body["status"] in ENDS]
    assert sorted(ends) == sorted(legs), "each leg has exactly one end"
    came = {fact.from_ for fact in facts if fact.type in (events.MEMBER_INVITED, events.MEMBER_JOINED)}
    left = [fact.from_ for fact in facts if fact.type == events.MEMBER_LEFT]
    assert sorted(left, key=str) == sorted(came, key=str), "each member that came left once"


def _ours(task: "asyncio.Task[object]") -> bool:
    return task.get_name().startswith(("leg ", "beside ", "prompt ", "incoming "))


@asynccontextmanager
async def open_exchange(directory: Path) -> AsyncIterator[Exchange]:
    """An exchange whose application rents NUMBER; what it leaves behind is checked at the end."""
    async with open_board(directory) as board:
        exchange = Exchange(board, directory)
        await board.store.save_application(exchange.application)
        await board.store.rent_number(records.number(NUMBER, app_id=board.application.id))
        yield exchange
        await exchange.check_nothing_is_left()


def webhook(address: str) -> Webhook:
    """A webhook with the usual limits."""
    return Webhook(address=address)
