"""What a websocket application and we say to each other: Vonage's websocket endpoint, without the socket.

Binary messages are audio, both ways: mono 16-bit little-endian linear PCM, 20 ms a message from us, any size
from the application. Text messages are JSON:

    from us     {"event": "websocket:dtmf", "digit": "5", "duration": 260}
    to us       {"action": "clear"}                    drop the audio that waits to be played
    answered    {"event": "websocket:cleared"}
    to us       {"action": "notify", "payload": {...}}  tell when the audio sent so far has been played
    answered    {"event": "websocket:notify", "payload": {...}}

`clear` answers the notifications that wait as well, before its own answer: the audio they waited for is gone,
and an application that counts them gets each one back. `cordboard:report` is ours, see `media.legs.reports`.
Any other text is counted and ignored.

Source: Vonage Voice API guide "WebSockets".
"""

from collections import deque
from typing import Literal, NamedTuple

import msgspec

from media.legs.playout import Playout
from media.legs.port import FramePort
from media.legs.reports import FRAME_MS, Reports

MAX_OUTGOING = 85
"""Messages waiting for an application that reads slowly: 1.7 s of audio, then the oldest are dropped. With
what is behind this queue (`media.legs.websocket_sending`) it is less than 2 s: later audio is of no use."""
MAX_NOTIFICATIONS = 128
"""Notifications waiting for their audio. With 64 KiB a message, 8 MiB."""

_SAMPLE_OCTETS = 2


class _FromApplication(msgspec.Struct):
    action: str = ""
    event: str = ""
    payload: msgspec.Raw = msgspec.Raw(b"{}")
    interval: object = None


class _Dtmf(msgspec.Struct):
    digit: str
    duration: int
    event: Literal["websocket:dtmf"] = "websocket:dtmf"


class _Notification(NamedTuple):
    due: int
    """Sent when this many frames have been played."""
    payload: msgspec.Raw


class WebsocketProtocol:
    """One leg's conversation: what arrives goes in, what is to be sent is in `outgoing`.

    `rate` is in Hz. Nothing here blocks or knows of time, but `tick` and `hear` want to be called about every
    20 ms.
    """

    def __init__(self, port: FramePort, rate: int) -> None:
        self._port = port
        self._playout = Playout(port, rate * FRAME_MS // 1000 * _SAMPLE_OCTETS)
        self._reports = Reports(self._playout, self._send)
        self._notifications: deque[_Notification] = deque()
        self.outgoing: deque[bytes | str] = deque()
        """Messages to send: bytes as binary, str as text. The sender takes from the left."""
        self.dropped_outgoing = 0
        """Messages that were too old when the application got round to reading."""
        self.ignored_texts = 0
        """Texts that meant nothing to us."""

    def receive_binary(self, data: bytes) -> None:
        """Audio from the application."""
        self._playout.feed(data)

    def receive_text(self, text: str) -> None:
        """A text from the application. Whatever it is, it raises nothing."""
        try:
            message = msgspec.json.decode(text, type=_FromApplication)
        except (ValueError, RecursionError):
            self.ignored_texts += 1
            return
        if message.action == "clear":
            self._clear()
            self._send('{"event":"websocket:cleared"}')
            self._reports.tell()
        elif message.action == "notify" and len(self._notifications) < MAX_NOTIFICATIONS:
            self._playout.fill_up()
            self._notifications.append(_Notification(self._playout.end, message.payload.copy()))
        elif message.event == "websocket:cleared":
            # The audio connector server's flush says this in place of "clear"; it wants no answer.
            self._clear()
        elif message.action != "cordboard:report" or not self._reports.ask(message.interval):
            self.ignored_texts += 1

    def send_dtmf(self, digit: str, duration_ms: int) -> None:
        """Tell the application of a key press."""
        self._send(msgspec.json.encode(_Dtmf(digit, duration_ms)).decode())

    def tick(self) -> None:
        """Move the application's audio, and send the notifications that are due."""
        self._playout.tick()
        while self._notifications and self._notifications[0].due <= self._port.played:
            self._notify(self._notifications.popleft())
        self._reports.tick()

    def hear(self) -> None:
        """Queue what the leg hears."""
        while (frame := self._port.pop()) is not None:
            self._send(frame)

    def _clear(self) -> None:
        self._playout.clear()
        while self._notifications:
            self._notify(self._notifications.popleft())

    def _notify(self, notification: _Notification) -> None:
        self._send(f'{{"event":"websocket:notify","payload":{bytes(notification.payload).decode()}}}')

    def _send(self, message: bytes | str) -> None:
        self.outgoing.append(message)
        if len(self.outgoing) > MAX_OUTGOING:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        """Audio first: a late key press still has its meaning, late audio has none."""
        audio = (index for index, message in enumerate(self.outgoing) if isinstance(message, bytes))
        del self.outgoing[next(audio, 0)]
        self.dropped_outgoing += 1
