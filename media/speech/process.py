"""The speech process's conversation with the gateway.

What has been said before is answered at once; the rest is made by a few threads, so that a text which waits
for a server does not hold up the others. The process ends when the gateway goes, or when it says Drain and
the texts that wait have been made.
"""

import logging
import os
import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import msgspec

from media.control import (
    AnyCommand,
    Command,
    Drain,
    Framer,
    Notice,
    Ping,
    Pong,
    Ready,
    Refused,
    Speak,
    SpeechFailed,
    decode_command,
    encode,
)
from media.errors import MediaError
from media.speech.speaker import Speaker

MAX_WAITING = 64
"""Texts that may wait for the voice: the last would be some ten seconds late, too late for a caller."""
VOICES = 4
"""Texts that are made at a time. The embedded voice speaks one after the other."""
_READ = 65_536

_log = logging.getLogger(__name__)


class SpeechProcess:
    """Reads commands from a connected socket and writes notices to it."""

    def __init__(self, connection: socket.socket, speaker: Speaker) -> None:
        self._connection = connection
        self._speaker = speaker
        self._waiting: queue.Queue[Speak | None] = queue.Queue(MAX_WAITING)
        self._writing = threading.Lock()
        self._alone = threading.Event()

    def run(self) -> None:
        """Serve until the gateway goes or drains us."""
        self._tell(Ready(pid=os.getpid()))
        voices = [threading.Thread(target=self._speak_all, name=f"voice {nth}") for nth in range(VOICES)]
        for voice in voices:
            voice.start()
        try:
            for command in self._commands():
                self._handle(command)
        finally:
            for voice in voices:
                if voice.is_alive():
                    self._waiting.put(None)
            for voice in voices:
                voice.join()

    def _commands(self) -> Iterator[AnyCommand]:
        """Commands until Drain, the end of the stream, or one that cannot be read."""
        framer = Framer()
        try:
            while data := self._connection.recv(_READ):
                for body in framer.feed(data):
                    command = decode_command(body)
                    if isinstance(command, Drain):
                        return
                    yield command
        except (OSError, ValueError, msgspec.DecodeError) as error:
            _log.error("speech_control_lost", extra={"reason": str(error)})
        self._alone.set()

    def _handle(self, command: AnyCommand) -> None:
        match command:
            case Speak():
                self._accept(command)
            case Ping():
                self._tell(_pong(command.nonce))
            case _:
                self._tell(_refusal(command))

    def _accept(self, command: Speak) -> None:
        if spoken := self._speaker.find(command):
            self._tell(spoken)
            return
        try:
            self._waiting.put_nowait(command)
        except queue.Full:
            self._tell(SpeechFailed(speech=command.speech, reason=f"{MAX_WAITING} texts are waiting already"))

    def _speak_all(self) -> None:
        """A voice's thread. Should it die, the process ends: the gateway starts another."""
        try:
            while command := self._waiting.get():
                if not self._alone.is_set():
                    self._tell(self._outcome(command))
        finally:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RD)

    def _outcome(self, command: Speak) -> Notice:
        # The same text may have waited twice.
        try:
            return self._speaker.find(command) or self._speaker.speak(command)
        except MediaError as error:
            return SpeechFailed(speech=command.speech, reason=str(error))

    def _tell(self, notice: Notice) -> None:
        try:
            with self._writing:
                self._connection.sendall(encode(notice))
        except OSError:
            self._alone.set()


def _pong(nonce: int) -> Pong:
    return Pong(nonce=nonce, legs=0, ticks=0, late_p99_us=0.0, busy_p99_us=0.0, dropped_packets=0)


def _refusal(command: Command) -> Refused:
    return Refused(command=type(command).__name__, subject="", reason="the speech process only speaks")
