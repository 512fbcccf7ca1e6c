"""To whom reports go: no longer to who is never heard than audio does. And what a flood of them costs."""

import socket
from typing import cast

import pytest

from media.engine.memory import make_state
from media.engine.syscalls import endpoint
from media.rtp import latch, reception
from media.worker.rtcp import MOST_UNHEARD, Reporter, RtcpSession

pytestmark = pytest.mark.unit

VICTIM = ("192.0.2.1", 4000)
TURNS = 4 * MOST_UNHEARD
"""Ten seconds each: one report is due in each, whatever its interval."""


class Wire:
    """Stands in for the session's socket."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []
        self.waiting: list[bytes] = []

    def recvfrom(self, _size: int) -> tuple[bytes, tuple[str, int]]:
        if not self.waiting:
            raise BlockingIOError
        return self.waiting.pop(0), VICTIM

    def sendto(self, _data: bytes, where: tuple[str, int]) -> None:
        self.sent.append(where)


class Leg:
    """A session, and where its reports go."""

    def __init__(self) -> None:
        self.wire = Wire()
        state = make_state(1, 1, 1)
        self.stream = state.stream
        reception.clear(state.reception, 0)
        latch.describe(self.stream, 0, endpoint(*VICTIM))
        self.session = RtcpSession(state, 0, cast("socket.socket", self.wire), Reporter())
        self._now = 0.0

    def run(self) -> int:
        """Reports that go out in a while."""
        before = len(self.wire.sent)
        for _ in range(TURNS):
            self._now += 10
            self.session.report_if_due(self._now)
        return len(self.wire.sent) - before


def test_who_is_silent_gets_a_few_reports_whatever_ports_are_described() -> None:
    leg = Leg()
    assert leg.run() == MOST_UNHEARD
    assert set(leg.wire.sent) == {(VICTIM[0], VICTIM[1] + 1)}
    latch.describe(leg.stream, 0, endpoint(VICTIM[0], 5000))
    assert leg.run() == 0


def test_who_is_heard_gets_all_reports() -> None:
    leg = Leg()
    leg.run()
    latch.admit(leg.stream, 0, endpoint(*VICTIM), 1, False)
    assert leg.run() == TURNS


def test_an_operators_listener_gets_all_reports() -> None:
    leg = Leg()
    leg.stream.listens[0] = 1
    assert leg.run() == TURNS


def test_a_flood_waits_for_the_loop_to_do_something_else() -> None:
    leg = Leg()
    leg.wire.waiting = [b"noise"] * 5
    for left in (4, 3, 2, 1, 0, 0):
        leg.session._read()
        assert len(leg.wire.waiting) == left
