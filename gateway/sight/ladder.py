"""The SIP messages of one leg, as far as they are kept; and the ladder that is drawn of them. Pure."""

import re
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime

from gateway.store.records import LegTraceRecord, SipAddress, SipMessage

MAX_MESSAGES = 64
"""Messages of a leg: a call with everything has a dozen, retransmissions and refreshes aside."""
MAX_OCTETS = 64 * 1024
"""Characters of all messages of a leg."""
MAX_TEXT = 16 * 1024
"""Characters of one message: half of what the first, and the last, messages may have together."""

WIDTH = 44
"""Characters between the two lines of a ladder."""

_CSEQ = re.compile(r"^cseq[ \t]*:[ \t]*(\d+)", re.IGNORECASE | re.MULTILINE)


class Ladder:
    """Keeps messages: the first half of what fits, and the last half, which tells how it ended."""

    def __init__(self) -> None:
        self._first: list[SipMessage] = []
        self._last: deque[SipMessage] = deque()
        self._room = MAX_OCTETS // 2
        """Characters that the first messages may still have."""
        self._octets = 0
        """Characters of the last messages."""
        self._left_out = 0

    def add(self, message: SipMessage) -> None:
        """Keep a message, its text at most MAX_TEXT long."""
        size = len(message.text)
        if not self._last and len(self._first) < MAX_MESSAGES // 2 and size <= self._room:
            self._first.append(message)
            self._room -= size
            return
        self._last.append(message)
        self._octets += size
        while len(self._last) > MAX_MESSAGES // 2 or self._octets > MAX_OCTETS // 2:
            self._octets -= len(self._last.popleft().text)
            self._left_out += 1

    def record(self, leg_id: str) -> LegTraceRecord:
        """What is kept."""
        return LegTraceRecord(leg_id=leg_id, messages=(*self._first, *self._last), left_out=self._left_out)


def label(message: SipMessage) -> str:
    """The message in a few words: `INVITE (1)`, `200 OK (1)`; the number is that of CSeq."""
    start = message.text.partition("\n")[0].strip()
    words = start.removeprefix("SIP/2.0 ") if start.startswith("SIP/2.0 ") else start.partition(" ")[0]
    number = _CSEQ.search(message.text)
    return words if number is None else f"{words} ({number[1]})"


def drawn(record: LegTraceRecord) -> Iterator[str]:
    """The ladder in lines: us on the left, the peers on the right, with times of day in UTC."""
    pause = len(record.messages) - MAX_MESSAGES // 2 if record.left_out else -1
    peer: SipAddress | None = None
    for index, message in enumerate(record.messages):
        if index == max(pause, 0) and record.left_out:
            yield f"{'':<16}({record.left_out} messages are not kept)"
        if message.remote != peer:
            peer = message.remote
            yield f"{'':<16}{message.local!s:<{WIDTH}}{message.transport} {peer}"
        yield f"{_time(message.time)}  {_arrow(label(message), message.direction == 'out')}"


def _arrow(words: str, goes_out: bool) -> str:
    line = f" {words[: WIDTH - 8]} ".center(WIDTH - 3, "─")
    return f"│{line}>│" if goes_out else f"│<{line}│"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S.%f")[:12] + "  "
