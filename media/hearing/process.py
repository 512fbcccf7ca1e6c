"""The hearing process's conversation with the gateway.

Three kinds of threads: this one reads commands; the ears follow the files and tell when somebody begins and
ends to speak; the others recognise. Transcripts have a thread with the lowest priority.
"""

import logging
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

from media.child import Line, pong
from media.control import (
    AnyCommand,
    ListenForMachine,
    ListenForSpeech,
    Notice,
    Ping,
    Ready,
    Refused,
    StopListening,
    Transcribe,
    TranscriptionFailed,
)
from media.errors import MediaError
from media.hearing.ears import Ears
from media.hearing.machine import MachineDetector
from media.hearing.recognisers.choice import Recognisers
from media.hearing.transcribe import Transcriber
from media.hearing.understanding import Understanding
from media.hearing.vad import best_vad

MAX_TRANSCRIPTIONS = 64
"""That wait or are being written: some hours of work; more would not be ready in time for anybody."""
LEAST_PRIORITY = 19
"""Nobody waits for a transcript as a caller waits for an answer."""

_log = logging.getLogger(__name__)


class HearingProcess:
    """Reads commands from a connected socket and writes notices to it."""

    def __init__(self, connection: socket.socket, recognisers: Recognisers) -> None:
        self._line = Line(connection)
        self._ended = threading.Event()
        self._understanding = Understanding(recognisers)
        self._ears = Ears(
            best_vad(), self._line.tell, self._understanding.ask, recognisers.refusal, MachineDetector
        )
        self._transcriber = Transcriber(recognisers, best_vad, lambda: not self._ended.is_set())
        self._scribe = ThreadPoolExecutor(1, "scribe", initializer=_be_patient)
        self._transcriptions = threading.Semaphore(MAX_TRANSCRIPTIONS)

    def run(self) -> None:
        """Serve until the gateway goes or drains us; what has not been told by then is not told."""
        self._line.tell(Ready(pid=os.getpid()))
        ears = threading.Thread(target=self._hear, name="ears")
        ears.start()
        try:
            for command in self._line.commands():
                self._handle(command)
        finally:
            self._ended.set()
            self._ears.put(None)
            ears.join()
            self._understanding.close()
            self._scribe.shutdown(cancel_futures=True)

    def _handle(self, command: AnyCommand) -> None:
        match command:
            case ListenForSpeech() | ListenForMachine() | StopListening():
                self._ears.put(command)
            case Transcribe():
                self._accept(command)
            case Ping():
                self._line.tell(pong(command.nonce))
            case _:
                reason = "the hearing process only listens"
                self._line.tell(Refused(command=type(command).__name__, subject="", reason=reason))

    def _hear(self) -> None:
        """The ears' thread. Should it die, the process ends: the gateway starts another."""
        try:
            self._ears.run()
        finally:
            self._line.end()

    def _accept(self, command: Transcribe) -> None:
        if self._transcriptions.acquire(blocking=False):
            self._scribe.submit(self._transcribe, command)
            return
        reason = f"{MAX_TRANSCRIPTIONS} transcriptions are waiting already"
        self._line.tell(TranscriptionFailed(transcription=command.transcription, reason=reason))

    def _transcribe(self, command: Transcribe) -> None:
        try:
            self._line.tell(self._outcome(command))
        finally:
            self._transcriptions.release()

    def _outcome(self, command: Transcribe) -> Notice:
        try:
            return self._transcriber.transcribe(command)
        except MediaError as error:
            return TranscriptionFailed(transcription=command.transcription, reason=str(error))
        except Exception:
            # The gateway waits for an answer, whatever happens in a library.
            _log.exception("transcription_broken")
            return TranscriptionFailed(transcription=command.transcription, reason="the transcriber failed")


def _be_patient() -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LEAST_PRIORITY)
