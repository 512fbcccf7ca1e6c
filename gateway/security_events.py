"""Security events, one JSON object a line, for people and for tools that ban addresses.

    {"time":"2026-01-31T12:00:00.000Z","event":"InvalidPassword","source":"203.0.113.7","transport":"udp",...}

`time`, `event` and `source` come first, in this order, and nobody outside writes what stands before them: a
pattern of a ban tool that begins at the line's beginning cannot be tricked. docs/security-events.md has one.
"""

import logging
from pathlib import Path

import msgspec

from gateway.clock import Clock, iso
from gateway.errors import Throttled
from gateway.limits import RateLimit
from gateway.private import private_file

OF_SOURCE, OF_SOURCE_S = 20, 20
"""Events of one kind from one source in so many seconds: a ban tool needs no more of them."""

OF_ALL, OF_ALL_S = 1000, 10
"""Events of everybody in so many seconds: a flood shall not fill the disk."""

MAX_FILE = 16 * 2**20
"""Octets; then the file becomes `*.1` in place of the one before, and a new one begins."""

log = logging.getLogger(__name__)


class SecurityEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line. What is empty is left out."""

    time: str = ""
    """Set when it is written."""
    event: str
    source: str
    transport: str = ""
    method: str = ""
    account: str = ""
    detail: str = ""
    unwritten: int = 0
    """Events before this one that were too many to be written; set when it is written."""


class SecurityLog:
    """Writes security events. A file that cannot be written costs the events, never a call."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._of_source = RateLimit(OF_SOURCE, window_s=OF_SOURCE_S)
        self._of_all = RateLimit(OF_ALL, window_s=OF_ALL_S)
        self._unwritten = 0
        self._has_failed = False

    def write(self, event: SecurityEvent) -> None:
        """Write a line, unless there were too many like it just now."""
        now = self._clock.monotonic()
        try:
            self._of_source.take(f"{event.event} {event.source}", now)
            self._of_all.take("", now)
        except Throttled:
            self._unwritten += 1
            return
        time = iso(self._clock.wall())
        line = msgspec.structs.replace(event, time=time, unwritten=self._unwritten)
        self._unwritten = 0
        try:
            self._append(msgspec.json.encode(line) + b"\n")
        except OSError as error:
            if not self._has_failed:
                log.warning("security events cannot be written to %s: %s", self._path, error)
            self._has_failed = True
        else:
            self._has_failed = False

    def _append(self, line: bytes) -> None:
        # Opened for each line: whoever rotates log files need not tell us.
        private_file(self._path)
        with self._path.open("ab") as file:
            file.write(line)
            is_full = file.tell() >= MAX_FILE
        if is_full:
            self._path.replace(self._path.with_name(self._path.name + ".1"))
