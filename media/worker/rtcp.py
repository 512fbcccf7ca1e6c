"""RTCP of one leg: a report every five seconds, the peer's reports, and the figures of a whole life."""

import asyncio
import secrets
import socket
import time
from contextlib import suppress
from typing import NamedTuple

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
MOST_UNHEARD = 4
"""Reports, over ten seconds and more, that go to where nobody is believed to be."""


class Reporter:
    """Lets all sessions of a worker report in time."""

    def __init__(self) -> None:
        self._sessions: set[RtcpSession] = set()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, session: "RtcpSession") -> None:
        """This session reports from now on; nothing happens when it does already."""
        self._sessions.add(session)
        if self._timer is None:
            self._beat()

    def remove(self, session: "RtcpSession") -> None:
        """This session does not report any more."""
        self._sessions.discard(session)

    def _beat(self) -> None:
        self._timer = None
        if not self._sessions:
            return
        now = time.monotonic()
        for session in self._sessions:
            session.report_if_due(now)
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
        self._due = 0.0
        self._unheard = 0
        """Reports since a source was believed."""
        self._cname = secrets.token_hex(8)
        self._heard_report = 0
        self._heard_at = 0.0
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
        if not self._due:
            asyncio.get_running_loop().add_reader(self._socket.fileno(), self._read)
            self._due = time.monotonic() + _interval()
            self._reporter.add(self)

    def close(self, *, goodbye: bool = True) -> None:
        """Say BYE, unless somebody else goes on, and stop. The socket stays open."""
        if self._due:
            if goodbye:
                self._send(goodbye=True)
            self._reporter.remove(self)
            asyncio.get_running_loop().remove_reader(self._socket.fileno())

    def report_if_due(self, now: float) -> None:
        """Send a report when it is time."""
        if now >= self._due:
            self._due = now + _interval()
            self._send(goodbye=False)

    def quality(self, name: str) -> LegQuality:
        """What was counted over the leg's life."""
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
        delay = time.monotonic() - self._heard_at if self._heard_report else 0.0
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
        """One packet: there is seldom a second. The rest of a flood waits behind all else that there is."""
        try:
            data, source = self._socket.recvfrom(rtcp.MAX_PACKET + 1)
        except OSError:
            return
        self.hear(data, source[0])

    def hear(self, data: bytes, host: str) -> None:
        """What came from a host, on whatever port."""
        opener = self._way.keys.opener
        if opener is not None:
            with suppress(Malformed):
                self._take(opener.rtcp(data))
        elif self._believes(host):
            self._take(data)

    def _believes(self, host: str) -> bool:
        stream, leg = self._state.stream, self._leg
        return has_source(stream, leg) and host_and_port(int(stream.remote[leg]))[0] == host

    def _take(self, data: bytes) -> None:
        try:
            reports = rtcp.parse(data)
        except Malformed:
            return
        for report in reports:
            if report.sender is not None:
                self._heard_report = rtcp.middle(report.sender.ntp)
                self._heard_at = time.monotonic()
            for block in report.blocks:
                if block.ssrc == self._state.sender.ssrc[self._leg]:
                    self._told = block
                    measured = rtcp.round_trip_ms(block, rtcp.ntp(time.time()))
                    self._round_trip_ms = measured if measured is not None else self._round_trip_ms


def _interval() -> float:
    return INTERVAL_S * (0.5 + secrets.randbelow(1000) / 1000)
