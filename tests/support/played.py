"""A line, a media plane, customers' hosts and files that are played: a test says what each does."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from gateway.calls.scripting import ncco_trouble
from gateway.errors import GatewayError, Unavailable
from gateway.legs.line import Summons
from gateway.media_plane import CannotSpeak, Heard
from gateway.store.records import Delivery, Json
from gateway.webhooks.delivery import Answer, Attempt, DeliveryMachine, Failure, Outcome, RequestType
from gateway.webhooks.download import Fetched
from gateway.webhooks.exchange import Reply
from media.control import (
    Command,
    LegQuality,
    ListenForMachine,
    ListenForSpeech,
    Play,
    PlayDone,
    RecordingDone,
    RecordLeg,
    SalvageRecording,
    Spoken,
    StartRecording,
    StopRecording,
    Transcribe,
    Transcribed,
)
from tests.support.fake_child import quality_of

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

    def keep(self, _leg_id: str) -> Json | None:
        """See `Line.keep`: none of these legs outlives its gateway."""
        return None

    def has(self, _leg_id: str) -> bool:
        """See `Line.has`."""
        return False


async def _nothing(_command: Transcribe) -> str:
    return "{}"


class Everything(frozenset[str]):
    """All names that there may be."""

    def __contains__(self, _name: object) -> bool:
        return True


class PlayedMedia:
    """A media plane whose prompts last until the test ends them."""

    def __init__(self) -> None:
        self.sent: list[Command] = []
        self.playing: dict[str, asyncio.Future[PlayDone]] = {}
        self.spoken: list[str] = []
        self.closed: list[str] = []
        self.recording: dict[str, StartRecording] = {}
        self.salvaging: list[SalvageRecording] = []
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
        self.draining = False
        """New conversations are not wanted any more."""
        self.full_about = ""
        """Why there can be no new legs, when there can be none."""
        self.mute_about = ""
        """Why nothing can be spoken, when nothing can."""

    def admit(self, conversation_id: str = "") -> None:
        """See `MediaPlane.admit`."""
        if self.draining and not conversation_id:
            raise Unavailable("the gateway is being stopped")
        if self.full_about:
            raise Unavailable(self.full_about)

    def drain(self) -> None:
        """See `MediaPlane.drain`."""
        self.draining = True

    def expect(self, leg_id: str, conversation_id: str) -> None:
        """See `MediaPlane.expect`."""

    def send(self, command: Command) -> None:
        """See `MediaPlane.send`."""
        if self.dead:
            raise Unavailable("the media worker is dead")
        self.sent.append(command)
        if isinstance(command, SalvageRecording):
            self.recording.pop(command.recording, None)
            self.salvaging.append(command)
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

    def will_listen(self) -> None:
        """See `MediaPlane.will_listen`."""

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

    def finish_salvage(self) -> None:
        """The worker has completed what another left, the oldest first."""
        command = self.salvaging.pop(0)
        path = Path(command.path).with_suffix(f".{command.format}")
        self.recorded(
            RecordingDone(
                recording=command.recording,
                path=str(path),
                size=100,
                duration_s=1.5,
                channels=1,
                sha256=SHA256,
                failed=command.reason,
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
