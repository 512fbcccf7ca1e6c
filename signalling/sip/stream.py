"""Cut a connection's octets into SIP messages (RFC 3261 section 18.3, RFC 5626 section 4.4.1)."""

import re

from signalling.sip.errors import RemoteSipError
from signalling.sip.reading import MAX_MESSAGE, read_head

MAX_HEAD = 16 * 1024
"""Octets of start line and headers. Ten times what real ones take; a dripping peer holds no more."""

_EMPTY_LINE = re.compile(rb"\n\r?\n")
_LINE_ENDS = re.compile(rb"(?:\r?\n)*")


class StreamFramer:
    """Collects what one connection sends and gives back whole messages.

    How the octets are cut into `feed` calls makes no difference. `pings` counts the double CRLFs seen between
    messages: each asks for a CRLF in return.
    """

    def __init__(self) -> None:
        self.pings = 0
        self._buffer = bytearray()
        self._scanned = 0
        self._line_ends = 0
        self._head_end: int | None = None
        self._message_end = 0
        self._fault: tuple[str, int] | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next octets and return the messages that they complete, possibly none.

        Raises RemoteSipError when the stream cannot be cut any further; the connection is then to be closed,
        for every later call raises too. Messages that were complete before the fault are returned first.
        """
        messages: list[bytes] = []
        if self._fault is None:
            self._buffer += data
            try:
                while (message := self._next()) is not None:
                    messages.append(message)
            except RemoteSipError as error:
                self._fault = (error.reason, error.status_code)
                self._buffer.clear()
        if self._fault is not None and not messages:
            raise RemoteSipError(*self._fault)
        return messages

    @property
    def broken(self) -> bool:
        """Whether the next `feed` raises."""
        return self._fault is not None

    @property
    def is_partial(self) -> bool:
        """Whether the beginning of a message waits for its rest."""
        return bool(self._buffer)

    def _next(self) -> bytes | None:
        if self._head_end is None:
            self._swallow_line_ends()
            self._head_end = self._find_head()
            if self._head_end is None:
                return None
            self._message_end = _message_end(bytes(self._buffer[: self._head_end]))
        if len(self._buffer) < self._message_end:
            return None
        message = bytes(self._buffer[: self._message_end])
        del self._buffer[: self._message_end]
        self._head_end = None
        self._scanned = 0
        self._line_ends = 0
        return message

    def _swallow_line_ends(self) -> None:
        """Drop the line ends before a message; every second CRLF in a row makes a ping."""
        if self._scanned:
            return
        found = _LINE_ENDS.match(self._buffer)
        if found is None or not found.group():
            return
        before = self._line_ends
        self._line_ends += found.group().count(b"\r\n")
        self.pings += self._line_ends // 2 - before // 2
        del self._buffer[: found.end()]

    def _find_head(self) -> int | None:
        """Find the end of the head, looking at no octet more than a few times."""
        found = _EMPTY_LINE.search(self._buffer, self._scanned)
        end = found.end() if found else None
        if (end or len(self._buffer)) > MAX_HEAD:
            raise RemoteSipError(f"headers are longer than {MAX_HEAD}", 513)
        # The mark is three octets at most, so two of it may already be here.
        self._scanned = max(0, len(self._buffer) - 2)
        return end


def _message_end(head: bytes) -> int:
    length = read_head(head).content_length
    if length is None:
        raise RemoteSipError("Content-Length is missing on a stream")
    if len(head) + length > MAX_MESSAGE:
        raise RemoteSipError(f"message is longer than {MAX_MESSAGE}", 513)
    return len(head) + length
