"""RTCP of one leg: a report every five seconds, the peer's reports, and the figures of a whole life.

What the peer sends waits in the socket until the leg reports itself: nobody has to wake up for it, and a
flood costs no more than a few packets. The system notes when each has come.
"""

import asyncio
import secrets
import socket
import struct
import time
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from media.control import LegQuality, Playing
from media.engine.state import RATE, State
from media.engine.syscalls import host_and_port
from media.errors import Malformed
from media.rtp import reception, rtcp
from media.rtp.latch import has_source
from media.rtp.srtp import Keyring

INTERVAL_S = 5.0
"""The least interval that RFC 3550 section 6.2 recommends; each is varied by half, as section 6.3.1 asks."""
BEAT_S = 0.25
"""How often the sessions whose report is due send it: together, since waking up costs more than a report."""
PER_MS = RATE // 1000
"""Samples of the jitter buffer in a millisecond, whatever the codec."""
MOST_READ = 8
"""Packets between two reports of ours: more than an honest peer sends."""
MOST_UNHEARD = 4
"""Reports, over ten seconds and more, that go to where nobody is believed to be."""
_SO_TIMESTAMPNS = 35
"""Of Linux, socket(7): each packet comes with when it came, as a message of the same number."""
_TIMESPEC = struct.Struct("@ll")


class Reporter:
    """Lets the sessions of a worker report in time, a row for each."""

    def __init__(self, rows: int) -> None:
        self._due = np.full(rows, np.inf)
        """When, in seconds of the monotonic clock."""
        self._sessions: dict[int, RtcpSession] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, row: int, session: "RtcpSession") -> None:
        """This session reports from now on."""
        self._sessions[row] = session
        self._due[row] = time.monotonic() + _interval()
        if self._timer is None:
            self._beat()

    def remove(self, row: int) -> None:
        """This session does not report any more; nothing happens when it never did."""
        self._sessions.pop(row, None)
        self._due[row] = np.inf

    def report(self, now: float) -> None:
        """Let those report for whom it is time."""
        for row in np.flatnonzero(self._due <= now).tolist():
            self._due[row] = now + _interval()
            self._sessions[row].report()

    def _beat(self) -> None:
        self._timer = None
        if self._sessions:
            self.report(time.monotonic())
            self._timer = asyncio.get_running_loop().call_later(BEAT_S, self._beat)


class Way(NamedTuple):
    """How the reports of a leg travel."""

    keys: Keyring
    """SRTCP where it has keys."""
    shared: socket.socket | None = None
    """The RTP socket, where RTCP goes through the same port (RFC 5761)."""
    clock: int = RATE
    """Of the stream's timestamps, in Hz."""


class RtcpSession:
    """Reports of one RTP leg. RTCP is believed from the host that RTP is believed from, or by its key."""

    def __init__(self, state: State, leg: int, sock: socket.socket, reporter: Reporter) -> None:
        self._state = state
        self._leg = leg
        self._socket = sock
        self._reporter = reporter
        self._reports = False
        self._unheard = 0
        """Reports since a source was believed."""
        self._cname = secrets.token_hex(8)
        self._heard_report = 0
        self._heard_at = 0.0
        """By the clock of the wall, as the system notes it."""
        self._expected_before = 0
        self._received_before = 0
        self._round_trip_ms: float | None = None
        self._told: rtcp.ReportBlock | None = None
        """The last of the peer's reports about what we send."""
        self._way = Way(Keyring())

    def travel(self, way: Way) -> None:
        """Send and take reports this way from now on."""
        if way.clock != self._way.clock:
            # It was measured in units of the other clock.
            self._state.reception.jitter[self._leg] = 0
        self._way = way

    def start(self) -> None:
        """Report from now on."""
        if not self._reports:
            self._reports = True
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            self._reporter.add(self._leg, self)

    def close(self, *, goodbye: bool = True) -> None:
        """Say BYE, unless somebody else goes on, and stop. The socket stays open."""
        if self._reports:
            if goodbye:
                self._send(goodbye=True)
            self._reporter.remove(self._leg)

    def report(self) -> None:
        """Hear what the peer has reported, and send a report."""
        self._read()
        self._send(goodbye=False)

    def quality(self, name: str) -> LegQuality:
        """What was counted over the leg's life, and what the peer has said of it until now."""
        self._read()
        state, leg, told = self._state, self._leg, self._told
        # A peer cannot miss more than there was, nor less than nothing, which duplicates come to.
        missed = None if told is None else min(max(told.lost, 0), int(state.sender.packets[leg]))
        return LegQuality(
            leg=name,
            packets_received=int(state.reception.packets[leg]),
            packets_lost=self._lost(),
            packets_sent=int(state.sender.packets[leg]),
            octets_received=int(state.reception.octets[leg]),
            octets_sent=int(state.sender.octets[leg]),
            jitter_ms=int(state.reception.jitter[leg]) / 16 * 1000 / self._way.clock,
            round_trip_ms=self._round_trip_ms,
            peer_lost=missed,
            peer_jitter_ms=None if told is None else told.jitter * 1000 / self._way.clock,
            playing=self._playing(),
        )

    def _playing(self) -> Playing:
        row, leg = self._state.jitter, self._leg
        quickest = min(int(row.least[leg]), int(row.least_before[leg]))
        return Playing(
            late=int(row.late[leg]),
            duplicates=int(row.duplicates[leg]),
            concealed_ms=int(row.concealed[leg]) / PER_MS,
            inserted_ms=int(row.inserted[leg]) / PER_MS,
            removed_ms=int(row.removed[leg]) / PER_MS,
            delay_ms=(int(row.playing[leg]) - quickest) / PER_MS,
            wanted_ms=(int(row.wanted[leg]) - quickest) / PER_MS,
        )

    def _may_send(self) -> bool:
        """Whether it may go out: who is silent may be a victim, as for RTP (`media.rtp.latch`)."""
        stream, leg = self._state.stream, self._leg
        if has_source(stream, leg) or stream.listens[leg]:
            self._unheard = 0
            return True
        self._unheard += 1
        return self._unheard <= MOST_UNHEARD

    def _send(self, *, goodbye: bool) -> None:
        if not self._may_send():
            return
        host, port = host_and_port(int(self._state.stream.remote[self._leg]))
        data = rtcp.write(self._make(), self._cname, goodbye=goodbye)
        keys, shared, _ = self._way
        # A peer without RTCP is no fault: whether it is there, RTP tells.
        with suppress(OSError, Malformed):
            sealed = data if keys.sealer is None else keys.sealer.rtcp(data)
            if shared is None:
                self._socket.sendto(sealed, (host, port + 1))
            else:
                shared.sendto(sealed, (host, port))

    def _make(self) -> rtcp.Report:
        sender, leg = self._state.sender, self._leg
        info = None
        if sender.packets[leg]:
            info = rtcp.SenderInfo(
                ntp=rtcp.ntp(time.time()),
                timestamp=int(sender.timestamp[leg]),
                packets=int(sender.packets[leg]),
                octets=int(sender.octets[leg]),
            )
        heard = self._state.reception.ssrc[leg] != reception.NO_STREAM
        return rtcp.Report(int(sender.ssrc[leg]), info, (self._block(),) if heard else ())

    def _block(self) -> rtcp.ReportBlock:
        counted, leg = self._state.reception, self._leg
        expected, received = self._expected(), int(counted.received[leg])
        due = max(expected - self._expected_before, 0)
        missing = max(due - (received - self._received_before), 0)
        self._expected_before, self._received_before = expected, received
        delay = max(time.time() - self._heard_at, 0.0) if self._heard_report else 0.0
        return rtcp.ReportBlock(
            ssrc=int(counted.ssrc[leg]),
            fraction=missing * 256 // due if due else 0,
            lost=self._lost(),
            highest=int(counted.highest[leg]),
            jitter=int(counted.jitter[leg]) >> 4,
            last_report=self._heard_report,
            delay=int(delay * 65536),
        )

    def _expected(self) -> int:
        counted, leg = self._state.reception, self._leg
        return int(counted.highest[leg]) - int(counted.first[leg]) + 1

    def _lost(self) -> int:
        """As `reception.lost`, which is slow to call from here."""
        counted, leg = self._state.reception, self._leg
        if counted.ssrc[leg] == reception.NO_STREAM:
            return 0
        return int(counted.lost[leg]) + max(self._expected() - int(counted.received[leg]), 0)

    def _read(self) -> None:
        """What has come. The rest of a flood waits, and the system drops what there is no room for."""
        for _ in range(MOST_READ):
            try:
                data, notes, _, source = self._socket.recvmsg(
                    rtcp.MAX_PACKET + 1, socket.CMSG_SPACE(_TIMESPEC.size)
                )
            except OSError:
                return
            self._hear(data, source[0], _stamp(notes))

    def hear(self, data: bytes, host: str) -> None:
        """What has just come from a host, on whatever port."""
        self._hear(data, host, time.time())

    def _hear(self, data: bytes, host: str, arrived: float) -> None:
        opener = self._way.keys.opener
        if opener is not None:
            with suppress(Malformed):
                self._take(opener.rtcp(data), arrived)
        elif self._believes(host):
            self._take(data, arrived)

    def _believes(self, host: str) -> bool:
        stream, leg = self._state.stream, self._leg
        return has_source(stream, leg) and host_and_port(int(stream.remote[leg]))[0] == host

    def _take(self, data: bytes, arrived: float) -> None:
        try:
            reports = rtcp.parse(data)
        except Malformed:
            return
        for report in reports:
            if report.sender is not None:
                self._heard_report = rtcp.middle(report.sender.ntp)
                self._heard_at = arrived
            for block in report.blocks:
                if block.ssrc == self._state.sender.ssrc[self._leg]:
                    self._told = block
                    measured = rtcp.round_trip_ms(block, rtcp.ntp(arrived))
                    self._round_trip_ms = measured if measured is not None else self._round_trip_ms


def _stamp(notes: list[tuple[int, int, bytes]]) -> float:
    """When a packet came, by what the system notes of it, in seconds since 1970."""
    for level, kind, data in notes:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            return float(seconds) + float(nanoseconds) / 1e9
    return time.time()


def _interval() -> float:
    return INTERVAL_S * (0.5 + secrets.randbelow(1000) / 1000)
