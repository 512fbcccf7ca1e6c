"""The speech process's conversation with the gateway.

What has been said before is answered at once; the rest is made by a few threads, so that a text which waits
for a server does not hold up the others. The process ends when the gateway goes, or when it says Drain and
the texts that wait have been made.
"""

import os
import queue
import socket
import threading

from media.child import Line, pong
from media.control import AnyCommand, Command, Notice, Ping, Ready, Refused, Speak, SpeechFailed
from media.errors import MediaError
from media.speech.speaker import Speaker

MAX_WAITING = 64
"""Texts that may wait: after so many sentences the last is some ten seconds late, too late for a caller."""
VOICES = 4
"""Texts that are made at a time. The embedded voice speaks a sentence of each in turn."""


class SpeechProcess:
    """Reads commands from a connected socket and writes notices to it."""

    def __init__(self, connection: socket.socket, speaker: Speaker) -> None:
        self._line = Line(connection)
        self._speaker = speaker
        self._waiting: queue.Queue[Speak | None] = queue.Queue(MAX_WAITING)

    def run(self) -> None:
        """Serve until the gateway goes or drains us."""
        self._line.tell(Ready(pid=os.getpid()))
        voices = [threading.Thread(target=self._speak_all, name=f"voice {nth}") for nth in range(VOICES)]
        for voice in voices:
            voice.start()
        try:
            for command in self._line.commands():
                self._handle(command)
        finally:
            for voice in voices:
                if voice.is_alive():
                    self._waiting.put(None)
            for voice in voices:
                voice.join()

    def _handle(self, command: AnyCommand) -> None:
        match command:
            case Speak():
                self._accept(command)
            case Ping():
                self._line.tell(pong(command.nonce))
            case _:
                self._line.tell(_refusal(command))

    def _accept(self, command: Speak) -> None:
        if spoken := self._speaker.find(command):
            self._line.tell(spoken)
            return
        try:
            self._waiting.put_nowait(command)
        except queue.Full:
            reason = f"{MAX_WAITING} texts are waiting already"
            self._line.tell(SpeechFailed(speech=command.speech, reason=reason))

    def _speak_all(self) -> None:
        """A voice's thread. Should it die, the process ends: the gateway starts another."""
        try:
            while command := self._waiting.get():
                if not self._line.alone.is_set():
                    self._line.tell(self._outcome(command))
        finally:
            self._line.end()

    def _outcome(self, command: Speak) -> Notice:
        # The same text may have waited twice.
        try:
            return self._speaker.find(command) or self._speaker.speak(command)
        except MediaError as error:
            return SpeechFailed(speech=command.speech, reason=str(error))


def _refusal(command: Command) -> Refused:
    return Refused(command=type(command).__name__, subject="", reason="the speech process only speaks")
