"""The hearing process's conversation with the gateway."""

import os
import socket

from media.control import (
    AnyCommand,
    Drain,
    Framer,
    ListenForMachine,
    ListenForSpeech,
    ListeningFailed,
    Notice,
    Ping,
    Pong,
    Ready,
    decode_command,
    encode,
)

_READ = 65_536


class HearingProcess:
    """Reads commands from a connected socket and writes notices to it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def run(self) -> None:
        """Serve until the gateway goes or drains us."""
        self._tell(Ready(pid=os.getpid()))
        framer = Framer()
        while data := self._connection.recv(_READ):
            for body in framer.feed(data):
                command = decode_command(body)
                if isinstance(command, Drain):
                    return
                self._handle(command)

    def _handle(self, command: AnyCommand) -> None:
        match command:
            case Ping():
                self._tell(
                    Pong(
                        nonce=command.nonce,
                        legs=0,
                        ticks=0,
                        late_p99_us=0,
                        busy_p99_us=0,
                        dropped_packets=0,
                    )
                )
            case ListenForSpeech() | ListenForMachine():
                self._tell(ListeningFailed(listening=command.listening, reason="there is no recogniser"))
            case _:
                return

    def _tell(self, notice: Notice) -> None:
        self._connection.sendall(encode(notice))
