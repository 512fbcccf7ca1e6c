"""To whom reports go: no longer to who is never heard than audio does. And what a flood of them costs."""

import socket
import struct
import time
from typing import cast

import pytest

from media.engine.memory import make_state
from media.engine.syscalls import endpoint
from media.rtp import latch, reception, rtcp
from media.worker.rtcp import INTERVAL_S, MOST_READ, MOST_UNHEARD, Reporter, RtcpSession

pytestmark = pytest.mark.unit

VICTIM = ("192.0.2.1", 4000)
TURNS = 4 * MOST_UNHEARD
SO_TIMESTAMPNS = 35


Note = tuple[int, int, bytes]


class Wire:
    """Stands in for the session's socket. What waits is a packet and when it came, since 1970."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []
        self.packets: list[bytes] = []
        self.waiting: list[tuple[bytes, float]] = []

    def recvmsg(self, _size: int, _notes: int) -> tuple[bytes, list[Note], int, tuple[str, int]]:
        if not self.waiting:
            raise BlockingIOError
        data, arrived = self.waiting.pop(0)
        stamp = struct.pack("@ll", int(arrived), round(arrived % 1 * 1e9))
        return data, [(socket.SOL_SOCKET, SO_TIMESTAMPNS, stamp)], 0, VICTIM

    def sendto(self, data: bytes, where: tuple[str, int]) -> None:
        self.sent.append(where)
        self.packets.append(data)


class Leg:
    """A session, and where its reports go."""

    def __init__(self) -> None:
        self.wire = Wire()
        state = make_state(1, 1, 1)
        self.stream, self.reception = state.stream, state.reception
        reception.clear(state.reception, 0)
        latch.describe(self.stream, 0, endpoint(*VICTIM))
        self.sender = state.sender
        self.session = RtcpSession(state, 0, cast("socket.socket", self.wire), Reporter(1))

    def believe(self) -> None:
        latch.admit(self.stream, 0, endpoint(*VICTIM), 1, False)

    def run(self) -> int:
        """Reports that go out in a while."""
        before = len(self.wire.sent)
        for _ in range(TURNS):
            self.session.report()
        return len(self.wire.sent) - before


class Reporting(RtcpSession):
    """Notes that it is asked to report."""

    def __init__(self, row: int, reported: list[int]) -> None:
        self._row, self._reported = row, reported

    def report(self) -> None:
        self._reported.append(self._row)


def test_who_is_silent_gets_a_few_reports_whatever_ports_are_described() -> None:
    leg = Leg()
    assert leg.run() == MOST_UNHEARD
    assert set(leg.wire.sent) == {(VICTIM[0], VICTIM[1] + 1)}
    latch.describe(leg.stream, 0, endpoint(VICTIM[0], 5000))
    assert leg.run() == 0


def test_who_is_heard_gets_all_reports() -> None:
    leg = Leg()
    leg.run()
    leg.believe()
    assert leg.run() == TURNS


def test_an_operators_listener_gets_all_reports() -> None:
    leg = Leg()
    leg.stream.listens[0] = 1
    assert leg.run() == TURNS


def test_a_flood_waits_and_costs_a_few_packets_for_each_report() -> None:
    leg = Leg()
    leg.wire.waiting = [(b"noise", 0.0)] * (2 * MOST_READ + 1)
    for left in (MOST_READ + 1, 1, 0, 0):
        leg.session.report()
        assert len(leg.wire.waiting) == left


def test_how_long_a_report_has_waited_for_us_is_no_part_of_the_round_trip() -> None:
    leg = Leg()
    leg.believe()
    sent = time.time() - 7.0
    block = rtcp.ReportBlock(int(leg.sender.ssrc[0]), 0, 5, 0, 0, rtcp.middle(rtcp.ntp(sent)), 65536 // 2)
    report = rtcp.Report(9, rtcp.SenderInfo(rtcp.ntp(sent + 1), 0, 0, 0), (block,))
    leg.wire.waiting = [(rtcp.write(report, "peer"), sent + 0.625)]
    leg.session.report()
    assert leg.session.quality("a").round_trip_ms == pytest.approx(125, abs=0.1)


def test_the_peer_is_told_how_long_its_report_has_been_here() -> None:
    leg = Leg()
    leg.believe()
    leg.reception.ssrc[0] = 9
    arrived = time.time() - 7.0
    report = rtcp.Report(9, rtcp.SenderInfo(rtcp.ntp(1000.0), 0, 0, 0), ())
    leg.wire.waiting = [(rtcp.write(report, "peer"), arrived)]
    before = time.time() - arrived
    leg.session.report()
    after = time.time() - arrived
    ((block,),) = [each.blocks for each in rtcp.parse(leg.wire.packets[-1])]
    assert block.last_report == rtcp.middle(rtcp.ntp(1000.0))
    assert before - 0.001 <= block.delay / 65536 <= after + 0.001


def test_what_came_last_counts_in_the_figures_of_a_life() -> None:
    leg = Leg()
    leg.believe()
    leg.sender.packets[0] = 100
    block = rtcp.ReportBlock(int(leg.sender.ssrc[0]), 0, 5, 0, 80, 0, 0)
    leg.wire.waiting = [(rtcp.write(rtcp.Report(9, None, (block,)), "peer"), time.time())]
    quality = leg.session.quality("a")
    assert (quality.peer_lost, quality.peer_jitter_ms) == (5, 10.0)


async def test_each_session_reports_at_its_own_time() -> None:
    reporter = Reporter(3)
    reported: list[int] = []
    began = time.monotonic()
    for row in (0, 2):
        reporter.add(row, Reporting(row, reported))
    reporter.report(began)
    assert reported == []
    reporter.report(began + 2 * INTERVAL_S)
    assert sorted(reported) == [0, 2]
    reporter.remove(0)
    reporter.report(began + 2 * INTERVAL_S)
    assert len(reported) == 2, "none is due at once again"
    reporter.report(began + 4 * INTERVAL_S)
    assert reported[2:] == [2]
    reporter.remove(2)
