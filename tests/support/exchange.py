"""The call service on a real store and switchboard, with a line, a media plane and an outbox that are played.

A test is the peer of all three: it says what lines do, when prompts end, and what customers' hosts reply.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import msgspec

from gateway.calls.ears import Ears
from gateway.calls.equipment import Equipment
from gateway.calls.listening import Listenings
from gateway.calls.live_leg import LENGTH, LiveLeg
from gateway.calls.prompts import Prompts
from gateway.calls.recordings import Recordings
from gateway.calls.scripting import ncco_trouble
from gateway.calls.service import CallService
from gateway.calls.transcripts import Transcripts
from gateway.clock import SystemClock
from gateway.config import LimitSettings
from gateway.conversation import events
from gateway.conversation.commands import EndLeg
from gateway.conversation.leg import ENDS
from gateway.errors import GatewayError, Unavailable
from gateway.files.door import Files
from gateway.legs.app import AppLine
from gateway.legs.line import Arrival, End, Summons
from gateway.limits import RateLimit
from gateway.media_plane import CannotSpeak, Heard, MediaPlane
from gateway.store.queries import MAX_PAGE, LegFilter, Window
from gateway.store.records import Delivery, EventRecord, Json, LegRecord, Webhook
from gateway.switchboard import Switchboard
from gateway.webhooks.delivery import Answer, Attempt, DeliveryMachine, Failure, Outcome, RequestType
from gateway.webhooks.download import Fetched
from gateway.webhooks.downloads import Downloads
from gateway.webhooks.egress import Egress
from gateway.webhooks.exchange import Reply
from gateway.webhooks.outbox import Outbox
from media.control import (
    Command,
    LegQuality,
    ListenForMachine,
    ListenForSpeech,
    Play,
    PlayDone,
    RecordingDone,
    RecordLeg,
    Spoken,
    StartRecording,
    StopRecording,
    Transcribe,
    Transcribed,
)
from tests.support import records, webhook_fields
from tests.support.fake_child import quality_of
from tests.support.switchboard import Board, open_board
from tests.support.waiting import until

ANSWER, EVENT, FALLBACK = (f"http://shop.example/{name}" for name in ("answer", "event", "fallback"))
CALLER, NUMBER = "447700900001", "447700900002"
SHA256 = "9f" * 32
"""Of every recording."""
MOST_ATTEMPTS = 4
"""At a webhook whose reply is wanted: two at each of its URLs."""


class PlayedLine:
    """A line of every kind. The test calls the service's listener methods for what peers do."""

    def __init__(self) -> None:
        self.up: set[str] = set()
        """Legs that somebody outside still has to be told the end of."""
        self.dialled: list[Summons] = []
        self.verbs: list[tuple[str, str]] = []
        self.codes: dict[str, int | None] = {}
        """With what each leg was hung up."""
        self.refusal: GatewayError | None = None
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def dial(self, summons: Summons) -> None:
        """See `Line.dial`."""
        if self.refusal is not None:
            raise self.refusal
        self.up.add(summons.leg_id)
        self.dialled.append(summons)

    async def ring(self, leg_id: str) -> None:
        """See `Line.ring`."""
        self.verbs.append(("ring", leg_id))

    async def progress(self, leg_id: str) -> None:
        """See `Line.progress`."""
        self.verbs.append(("progress", leg_id))

    async def answer(self, leg_id: str) -> Json | None:
        """See `Line.answer`."""
        await self.may_answer.wait()
        if leg_id not in self.up:
            raise Unavailable("the caller has gone")
        self.verbs.append(("answer", leg_id))
        return {"call_id": leg_id}

    async def hang_up(self, leg_id: str, sip_code: int | None = None) -> None:
        """See `Line.hang_up`."""
        if leg_id in self.up:
            self.up.discard(leg_id)
            self.codes[leg_id] = sip_code


async def _nothing(_command: Transcribe) -> str:
    return "{}"


class PlayedMedia:
    """A media plane whose prompts last until the test ends them."""

    def __init__(self) -> None:
        self.sent: list[Command] = []
        self.playing: dict[str, asyncio.Future[PlayDone]] = {}
        self.spoken: list[str] = []
        self.closed: list[str] = []
        self.recording: dict[str, StartRecording] = {}
        self.recorded: Callable[[RecordingDone], None] = lambda _: None
        self.ears: dict[str, RecordLeg] = {}
        """Which legs are written alone."""
        self.listening: dict[str, tuple[ListenForSpeech | ListenForMachine, Callable[[Heard], None]]] = {}
        """What is listened to, and who is told what is heard."""
        self.transcribing: list[Transcribe] = []
        """Every transcript that was asked for."""
        self.understands: Callable[[Transcribe], Awaitable[str | GatewayError]] = _nothing
        """What becomes of one: its text, or why there is none."""
        self.deaf_about = ""
        """Why nothing can be listened to, when nothing can."""
        self.dead = False
        self.mute_about = ""
        """Why nothing can be spoken, when nothing can."""

    def send(self, command: Command) -> None:
        """See `MediaPlane.send`."""
        if self.dead:
            raise Unavailable("the media worker is dead")
        self.sent.append(command)
        if isinstance(command, StopRecording) and command.recording in self.recording:
            asyncio.get_running_loop().call_soon(self.finish_recording, command.recording)
        if isinstance(command, RecordLeg):
            self.ears[command.recording] = command
            Path(command.path).write_bytes(b"what the leg says")
        if isinstance(command, StopRecording) and command.recording in self.ears:
            asyncio.get_running_loop().call_soon(self.finish_ear, command.recording)

    def finish_ear(self, recording: str) -> None:
        """The worker has written what a leg says."""
        command = self.ears.pop(recording, None)
        if command is not None:
            self.recorded(
                RecordingDone(recording=recording, path=command.path, size=17, duration_s=1.0, channels=1)
            )

    def listen(self, command: ListenForSpeech | ListenForMachine, told: Callable[[Heard], None]) -> None:
        """See `MediaPlane.listen`."""
        if self.deaf_about:
            raise Unavailable(self.deaf_about)
        self.listening[command.listening] = (command, told)

    def stop_listening(self, listening: str) -> None:
        """See `MediaPlane.stop_listening`."""
        self.listening.pop(listening, None)

    def hears(self, heard: Heard) -> None:
        """The hearing process tells something."""
        _, told = self.listening[heard.listening]
        told(heard)

    def record(self, command: StartRecording) -> None:
        """See `MediaPlane.record`."""
        self.send(command)
        self.recording[command.recording] = command

    def finish_recording(self, recording: str) -> None:
        """The worker has written it."""
        command = self.recording.pop(recording, None)
        if command is None:
            return
        path = Path(command.path).with_suffix(f".{command.format}")
        self.recorded(
            RecordingDone(
                recording=recording, path=str(path), size=320, duration_s=1.0, channels=1, sha256=SHA256
            )
        )

    async def transcribe(self, command: Transcribe) -> Transcribed:
        """See `MediaPlane.transcribe`."""
        self.transcribing.append(command)
        outcome = await self.understands(command)
        if isinstance(outcome, GatewayError):
            raise outcome
        await asyncio.to_thread(Path(command.target).write_text, outcome)
        return Transcribed(transcription=command.transcription, size=len(outcome))

    async def speak(self, text: str, language: str, style: int, provider: str = "") -> Spoken:
        """See `MediaPlane.speak`."""
        if self.mute_about:
            raise CannotSpeak(self.mute_about)
        self.spoken.append(text)
        return Spoken(speech="s", path=f"/speech/{text}.wav", duration_s=1.0, voice=f"{language}/{style}")

    async def play(self, command: Play) -> PlayDone:
        """See `MediaPlane.play`."""
        if self.dead:
            return PlayDone(play=command.play, outcome="failed", reason="the media worker is dead")
        future: asyncio.Future[PlayDone] = asyncio.get_running_loop().create_future()
        self.playing[command.play] = future
        try:
            return await future
        finally:
            del self.playing[command.play]

    def end_plays(self) -> None:
        """Every prompt has been played to its end."""
        for play, future in self.playing.items():
            if not future.done():
                future.set_result(PlayDone(play=play, outcome="played"))

    async def close_leg(self, leg_id: str) -> LegQuality | None:
        """See `MediaPlane.close_leg`."""
        self.closed.append(leg_id)
        for command in list(self.ears.values()):
            if command.leg == leg_id:
                self.finish_ear(command.recording)
        return None if self.dead else quality_of(leg_id)


Host = Callable[[Delivery], Awaitable[Reply | None]]


class PlayedOutbox:
    """An outbox whose hosts are the test's: by URL, what they reply. One that gives None has no server."""

    def __init__(self) -> None:
        self.submitted: list[Delivery] = []
        self.asked: list[Delivery] = []
        """Every request that somebody waited for, with the URL and the payload that it really had."""
        self.hosts: dict[str, Host] = {}

    def submit(self, deliveries: Iterable[Delivery]) -> None:
        """See `Outbox.submit`."""
        self.submitted += deliveries

    def mention(self, deliveries: Iterable[Delivery]) -> None:
        """Nobody listens."""

    def revise(self, deliveries: Iterable[Delivery]) -> None:
        """Nothing is held."""

    async def ask(self, delivery: Delivery) -> Answer:
        """See `Outbox.ask`."""
        return await self._answer(delivery, "answer")

    async def reply(self, delivery_id: str) -> Answer:
        """See `Outbox.reply`."""
        delivery = next((each for each in self.submitted if each.id == delivery_id), None)
        return Answer() if delivery is None else await self._answer(delivery, "event")

    async def _answer(self, delivery: Delivery, request_type: RequestType) -> Answer:
        """What the real rule makes of the hosts' replies, in no time."""
        machine = DeliveryMachine(delivery, request_type)
        while isinstance(step := machine.next, Attempt):
            assert machine.record.attempts < MOST_ATTEMPTS, "it is given up in the end"
            machine.sent()
            request = msgspec.structs.replace(delivery, webhook=step.webhook, payload=step.payload)
            machine.finished(await self._send(request, request_type), now=0.0)
        return step

    async def _send(self, request: Delivery, request_type: RequestType) -> Outcome:
        self.asked.append(request)
        host = self.hosts.get(request.webhook.address)
        reply = await host(request) if host is not None else None
        if reply is None:
            return Failure("Host not found.", retryable=False)
        trouble = ncco_trouble(reply, request_type)
        return reply if trouble is None else Failure(trouble, retryable=False)

    def payloads(self, leg_id: str | None = None) -> list[Json]:
        """What webhooks told, of one leg or of all."""
        told = [delivery.payload for delivery in self.submitted]
        return [each for each in told if leg_id is None or each.get("uuid") == leg_id]

    def statuses(self, leg_id: str) -> list[str]:
        """The statuses that webhooks told of a leg."""
        return [payload["status"] for payload in self.payloads(leg_id) if "status" in payload]


def reply(value: object) -> Reply:
    """A JSON reply."""
    return Reply(200, "application/json", json.dumps(value).encode())


def ncco(*actions: Json) -> Host:
    """A host that always replies with these actions."""

    async def answer(_delivery: Delivery) -> Reply:
        return reply(list(actions))

    return answer


async def empty(_delivery: Delivery) -> Reply:
    """A host that has nothing to say."""
    return Reply(200, "application/json", b"{}")


class Shelf:
    """An egress door behind which lie files, by URL."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    async def fetch(self, url: str, path: Path, *, known: Mapping[str, str]) -> Fetched:
        """See `Egress.fetch`."""
        await asyncio.to_thread(path.write_bytes, self._files[url])
        return Fetched("wav", {})


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
        self.salvaged: list[Path] = []
        listening = directory / "listening"
        listening.mkdir(exist_ok=True)
        self.transcripts = Transcripts(
            board.store, self.switchboard, media, Files(directory), "http://gateway.example", listening
        )
        self.recordings = Recordings(
            self.switchboard, media, directory, "http://gateway.example", self._salvage, self.transcripts
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

    def _salvage(self, path: Path) -> float:
        self.salvaged.append(path)
        return 1.5

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
        return leg_id

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
        await until(lambda: set(leg._timers) - {LENGTH}, "the clock of the input action")

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
            assert not leg._timers, "no timer is left"
            assert not leg._beside, "nothing runs beside a leg that is over"
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
