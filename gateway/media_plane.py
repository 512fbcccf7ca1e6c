"""The media plane as the rest of the gateway sees it: verbs that wait for their outcome.

Behind it stand media workers, the speech process and, while something is listened to, the hearing process.
Notices that answer a verb complete it; what is heard goes to whoever listens; the others go to `listener`.
When the speech or the hearing process dies, every verb that waits for it fails with Unavailable. A media
worker that dies is replaced by one that goes on where it stopped; only if that cannot be is the listener told
that all audio is lost.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Protocol

import msgspec

from gateway.clock import Clock
from gateway.config import MediaSettings
from gateway.errors import GatewayError, Unavailable
from gateway.ids import Ids
from gateway.occasional import Occasional
from gateway.supervisor import Child
from gateway.workers.crew import Crew
from gateway.workers.post import Post
from media.control import (
    AnyNotice,
    BeepHeard,
    CloseLeg,
    Command,
    Dtmf,
    KeysFailed,
    LegQuality,
    ListenForMachine,
    ListenForSpeech,
    ListeningFailed,
    MachineHeard,
    OpenRtp,
    OpenWebsocket,
    Play,
    PlayDone,
    RecordingDone,
    Refused,
    RtpOpened,
    RtpSilent,
    Speak,
    Speaking,
    SpeechBegan,
    SpeechFailed,
    SpeechHeard,
    SpeechPartial,
    Spoken,
    StartRecording,
    StopListening,
    StopPlay,
    StopRecording,
    Transcribe,
    Transcribed,
    TranscriptionFailed,
    WebsocketClosed,
    WebsocketFailed,
    WebsocketOpened,
)
from media.control.remote_speech import VARIABLE, RemoteSpeech

ANSWER_DEADLINE_S = 5.0
"""For verbs that the worker does at once."""
CONNECT_DEADLINE_S = 10.0
"""For websockets: above the worker's own limit on the handshake."""
SPEECH_DEADLINE_S = 30.0
TRANSCRIPT_DEADLINE_S = 7200.0
"""For recordings of two hours by a recogniser that is as fast as life, others before them included."""

ABNORMAL = 1006
"""RFC 6455 section 7.4.1: the connection went without a closing handshake."""

ONE_HEAP = {"MALLOC_ARENA_MAX": "1"}
"""glibc's malloc(3): its threads speak in turn, and a heap for each would keep ten megabytes of holes."""

_VERBS = {"OpenRtp": "leg", "OpenWebsocket": "leg", "CloseLeg": "quality", "Play": "play"}
"""What waits for the outcome of a command, by the command's name."""


Heard = SpeechBegan | SpeechPartial | SpeechHeard | MachineHeard | BeepHeard | ListeningFailed
"""What is told of a file that is listened to."""


class CannotSpeak(GatewayError):
    """The text cannot be spoken; the reason is the speech process's own."""


class CannotTranscribe(GatewayError):
    """The file cannot be transcribed; the reason is the hearing process's own."""


class MediaListener(Protocol):
    """Who hears of what nobody waits for."""

    def digit(self, leg_id: str, digit: str, duration_ms: int) -> None:
        """A leg pressed a key."""
        ...

    def speaking(self, leg_id: str, *, speaks: bool, level_dbov: int) -> None:
        """A leg has begun to speak, or has ended; how loud it is at that moment, -127 to 0."""
        ...

    def websocket_closed(self, leg_id: str, code: int, reason: str) -> None:
        """A websocket application went away."""
        ...

    def recording_done(self, notice: RecordingDone) -> None:
        """A recording is complete on disk; or it was refused, and has no path."""
        ...

    def media_lost(self, names: frozenset[str]) -> None:
        """Workers died one after the other; the legs, plays and recordings of these names are over."""
        ...


class MediaPlane:
    """The worker, the speech process, and what is asked of them."""

    def __init__(
        self,
        settings: MediaSettings,
        cache: Path,
        clock: Clock,
        ids: Ids,
        remote: RemoteSpeech | None = None,
        doors: Path | None = None,
    ) -> None:
        """`cache`: the folder for finished speech. `remote`: a server that speaks as well.

        `doors`: the folder where workers wait for the next gateway; they end with this one when None.
        """
        self.listener: MediaListener | None = None
        self.on_silence: Callable[[RtpSilent], None] = lambda _: None
        """Is told of peers from whom nothing comes."""
        self.on_keys_failed: Callable[[KeysFailed], None] = lambda _: None
        """Is told of streams that cannot be encrypted."""
        self._ids = ids
        self._waiting: dict[tuple[str, str], asyncio.Future[AnyNotice]] = {}
        self._listeners: dict[str, Callable[[Heard], None]] = {}
        self._max_legs = settings.max_legs
        worker = ["media.worker", "--max-legs", str(settings.max_legs)]
        ports = range(settings.port_min, settings.port_max + 1)
        places = [doors and doors / f"worker-{number}" for number in range(how_many_workers(settings))]
        posts = [Post(settings.host, ports, place) for place in places]
        self.workers = Crew(worker, posts, clock, self._heard, self._lost, forks=True)
        speech = ["media.speech", "--cache", str(cache)]
        told = {VARIABLE: msgspec.json.encode(remote or RemoteSpeech()).decode()}
        self.speech = Child("speech", speech, clock, self._heard, self._speech_lost, told | ONE_HEAP)
        self.hearing = Occasional(
            lambda on_death: Child("hearing", ["media.hearing"], clock, self._heard, on_death),
            self._is_listening,
            self._hearing_lost,
        )

    async def start(self) -> None:
        """Start the processes, but the one that hears. Raises Unavailable."""
        await asyncio.gather(self.workers.start(self._max_legs), self.speech.start())

    async def close(self) -> None:
        """Finish the recordings and end the processes."""
        await asyncio.gather(self.workers.close(), self.speech.close(), self.hearing.close())

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the workers' certificate for DTLS-SRTP; empty before there is a worker."""
        return self.workers.fingerprint

    def admit(self, conversation_id: str = "") -> None:
        """Raise Unavailable while media can take no new leg, before anybody is called or answered.

        `conversation_id`: that of the leg, where it is to join others.
        """
        self.workers.admit(conversation_id)

    def drain(self) -> None:
        """Take no new conversations; legs for those that there are remain welcome."""
        self.workers.drain()

    def expect(self, leg_id: str, conversation_id: str) -> None:
        """The leg will be in that conversation: its worker should be, too. It is forgotten as it closes."""
        with contextlib.suppress(Unavailable):
            self.workers.expect(leg_id, conversation_id)

    def send(self, command: Command) -> None:
        """A command that has no outcome to wait for. Raises Unavailable."""
        self.workers.send(command)

    def remembered(self) -> dict[str, bytes]:
        """What is to be remembered of each leg; right after a start, of what an earlier gateway left."""
        return {leg: what for orders in self.workers.standing for leg, what in orders.remembered().items()}

    def has(self, leg_id: str) -> bool:
        """Whether there is such a leg, which is not about to be closed."""
        return any(orders.has(leg_id) for orders in self.workers.standing)

    def recorded(self) -> dict[str, Command]:
        """What began each recording that there is, by its name."""
        return {
            name: begun for orders in self.workers.standing for name, begun in orders.recordings().items()
        }

    def give_up(self, legs: Collection[str], recordings: Collection[str]) -> None:
        """End what an earlier gateway has left, all plays and all but these legs and recordings."""
        for orders in self.workers.standing:
            ends: list[Command] = [StopPlay(play=play) for play in orders.plays()]
            ends += [StopRecording(recording=each) for each in orders.recordings() if each not in recordings]
            ends += [CloseLeg(leg=leg) for leg in orders.names if leg not in legs]
            for end in ends:
                with contextlib.suppress(Unavailable):
                    self.send(end)

    async def open_rtp(self, leg_id: str) -> int:
        """Bind a port for the leg. Raises Unavailable."""
        command = OpenRtp(leg=leg_id)
        notice = await self._ask(self.workers, command, ("leg", leg_id), ANSWER_DEADLINE_S)
        if not isinstance(notice, RtpOpened):
            raise Unavailable(f"no media for the leg: {_reason(notice)}")
        return notice.port

    async def open_websocket(self, command: OpenWebsocket) -> WebsocketFailed | None:
        """Connect the leg; None when it is up. Raises Unavailable."""
        notice = await self._ask(self.workers, command, ("leg", command.leg), CONNECT_DEADLINE_S)
        if isinstance(notice, WebsocketOpened):
            return None
        if isinstance(notice, WebsocketFailed):
            return notice
        raise Unavailable(f"no media for the leg: {_reason(notice)}")

    async def close_leg(self, leg_id: str) -> LegQuality | None:
        """Close the leg's sockets; what it counted, or None when the worker cannot say any more."""
        try:
            command = CloseLeg(leg=leg_id)
            notice = await self._ask(self.workers, command, ("quality", leg_id), ANSWER_DEADLINE_S)
        except Unavailable:
            return None
        finally:
            with contextlib.suppress(Unavailable):
                self.workers.forget(leg_id)
        return notice if isinstance(notice, LegQuality) else None

    async def play(self, command: Play) -> PlayDone:
        """Play to the end. A play that cannot start, or whose worker died, has the outcome "failed"."""
        try:
            notice = await self._ask(self.workers, command, ("play", command.play), None)
        except Unavailable as error:
            return PlayDone(play=command.play, outcome="failed", reason=error.detail)
        except asyncio.CancelledError:
            with contextlib.suppress(Unavailable):
                self.send(StopPlay(play=command.play))
            raise
        if isinstance(notice, PlayDone):
            return notice
        return PlayDone(play=command.play, outcome="failed", reason=_reason(notice))

    async def speak(self, text: str, language: str, style: int, provider: str = "") -> Spoken:
        """Turn text into a file, by the engine of that name if there is one.

        Raises CannotSpeak and Unavailable.
        """
        speech = self._ids.uuid()
        command = Speak(speech=speech, text=text, language=language, style=style, provider=provider)
        notice = await self._ask(self.speech, command, ("speech", speech), SPEECH_DEADLINE_S)
        if isinstance(notice, Spoken):
            return notice
        raise CannotSpeak(_reason(notice))

    def record(self, command: StartRecording) -> None:
        """Start a recording; its end comes to the listener. Raises Unavailable."""
        self.send(command)

    def will_listen(self) -> None:
        """Something will soon be listened to: what hears should be there by then."""
        self.hearing.wake()

    def listen(self, command: ListenForSpeech | ListenForMachine, told: Callable[[Heard], None]) -> None:
        """Have a file listened to; `told` gets what is heard, until `stop_listening`. Raises Unavailable."""
        self.hearing.send(command)
        self._listeners[command.listening] = told

    def stop_listening(self, listening: str) -> None:
        """Listen no more; one that is over already is left alone."""
        if self._listeners.pop(listening, None) is not None:
            with contextlib.suppress(Unavailable):
                self.hearing.send(StopListening(listening=listening))

    async def transcribe(self, command: Transcribe) -> Transcribed:
        """Write what is said in a file. Raises CannotTranscribe and Unavailable."""
        key = ("transcription", command.transcription)
        notice = await self._ask(self.hearing, command, key, TRANSCRIPT_DEADLINE_S)
        if isinstance(notice, Transcribed):
            return notice
        raise CannotTranscribe(_reason(notice))

    async def _ask(
        self,
        child: Child | Occasional | Crew,
        command: Command,
        key: tuple[str, str],
        deadline_s: float | None,
    ) -> AnyNotice:
        future: asyncio.Future[AnyNotice] = asyncio.get_running_loop().create_future()
        self._waiting[key] = future
        try:
            child.send(command)
            return await asyncio.wait_for(future, deadline_s)
        except TimeoutError:
            raise Unavailable(f"the {child.name} process does not answer") from None
        finally:
            self._waiting.pop(key, None)

    def _heard(self, notice: AnyNotice) -> None:
        if isinstance(notice, Heard):
            told = self._listeners.get(notice.listening)
            if told is not None:
                told(notice)
            return
        key = _key(notice)
        future = self._waiting.get(key) if key is not None else None
        if future is None:
            self._tell(notice)
        elif not future.done():
            future.set_result(notice)

    def _tell(self, notice: AnyNotice) -> None:
        if isinstance(notice, RtpSilent):
            self.on_silence(notice)
            return
        if isinstance(notice, KeysFailed):
            self.on_keys_failed(notice)
            return
        if self.listener is None:
            return
        match notice:
            case Dtmf():
                self.listener.digit(notice.leg, notice.digit, notice.duration_ms)
            case Speaking():
                self.listener.speaking(notice.leg, speaks=notice.speaks, level_dbov=notice.level_dbov)
            case WebsocketFailed():
                # Nobody waits: a worker that took over could not connect again.
                self.listener.websocket_closed(notice.leg, ABNORMAL, notice.reason)
            case WebsocketClosed():
                self.listener.websocket_closed(notice.leg, notice.code, notice.reason)
            case RecordingDone():
                self.listener.recording_done(notice)
            case Refused(command="StartRecording" | "RecordLeg"):
                self.listener.recording_done(_never_begun(notice))
            case _:
                return

    def _lost(self, names: frozenset[str]) -> None:
        self._fail("the media worker died", lambda key: key[1] in names)
        if self.listener is not None:
            self.listener.media_lost(names)

    def _speech_lost(self) -> None:
        self._fail("the speech process died", lambda key: key[0] == "speech")

    def _is_listening(self) -> bool:
        return bool(self._listeners) or any(verb == "transcription" for verb, _ in self._waiting)

    def _hearing_lost(self) -> None:
        reason = "the hearing process died"
        self._fail(reason, lambda key: key[0] == "transcription")
        listeners, self._listeners = self._listeners, {}
        for listening, told in listeners.items():
            told(ListeningFailed(listening=listening, reason=reason))

    def _fail(self, reason: str, concerned: "_Concerned") -> None:
        for key, future in self._waiting.items():
            if concerned(key) and not future.done():
                future.set_exception(Unavailable(reason))


def how_many_workers(settings: MediaSettings) -> int:
    """As many as are wanted; where that is not said, one for each core but that of the gateway itself."""
    return settings.workers or max(len(os.sched_getaffinity(0)) - 1, 1)


class _Concerned(Protocol):
    def __call__(self, key: tuple[str, str], /) -> bool: ...


def _key(notice: AnyNotice) -> tuple[str, str] | None:
    """Which verb a notice may answer."""
    match notice:
        case RtpOpened(leg=leg) | WebsocketOpened(leg=leg) | WebsocketFailed(leg=leg):
            return ("leg", leg)
        case LegQuality(leg=leg):
            return ("quality", leg)
        case PlayDone(play=play):
            return ("play", play)
        case Spoken(speech=speech) | SpeechFailed(speech=speech):
            return ("speech", speech)
        case Transcribed(transcription=transcription) | TranscriptionFailed(transcription=transcription):
            return ("transcription", transcription)
        case Refused(command=command, subject=subject) if command in _VERBS:
            return (_VERBS[command], subject)
        case _:
            return None


def _never_begun(refused: Refused) -> RecordingDone:
    return RecordingDone(
        recording=refused.subject, path="", size=0, duration_s=0.0, channels=1, failed=refused.reason
    )


def _reason(notice: AnyNotice) -> str:
    return getattr(notice, "reason", "") or type(notice).__name__
