"""Several soft legs in one tick: the same kind of work for all of them, what goes out before what came in."""

import socket
from typing import cast

import pytest

from media.control import StartRtp
from media.engine.memory import make_state
from media.engine.syscalls import endpoint
from media.legs.soft.chorus import Chorus
from media.legs.soft.leg import SoftLeg
from media.legs.soft.path import Path, PathListener, Trust
from media.legs.soft.receiver import Listener
from media.rtp import latch
from media.rtp.dtls import Identity
from media.rtp.kept_keys import KeptKeys
from tests.support.frame_port import FakePort

pytestmark = pytest.mark.unit

PEER = ("192.0.2.1", 4000)
IDENTITY = Identity()
FRAME = 320
"""Samples of 20 ms, at 16 kHz."""


class Port(FakePort):
    """Notes in `order` what it is given."""

    def __init__(self, row: int, order: list[str]) -> None:
        super().__init__(2 * FRAME)
        self._row, self._order = row, order

    def push(self, frame: bytes) -> bool:
        self._order.append(f"{self._row} decoded")
        return super().push(frame)


class Wire:
    """Stands in for a leg's socket, and notes in `order` what is done with it."""

    def __init__(self, row: int, order: list[str]) -> None:
        self._row, self._order = row, order

    def connect(self, where: tuple[str, int]) -> None:
        pass

    def recvfrom_into(self, _: bytearray) -> tuple[int, tuple[str, int]]:
        self._order.append(f"{self._row} received")
        raise BlockingIOError

    def sendto(self, data: bytes, _: tuple[str, int]) -> None:
        self._order.append(f"{self._row} sent")


class Ensemble:
    """Legs of one worker that send and are sent L16."""

    def __init__(self, legs: int) -> None:
        self.state = make_state(legs, 1, 1)
        self.order: list[str] = []
        self.ports = [Port(row, self.order) for row in range(legs)]
        self.legs = [self._leg(row) for row in range(legs)]
        self.chorus = Chorus()

    def tick(self, *members: SoftLeg) -> list[str]:
        """What is done, in order, when these do their 20 ms and each hears a frame."""
        self.order.clear()
        for port in self.ports:
            port.heard.append(bytes(2 * FRAME))
            port.play()
        for member in members:
            self.chorus.add(member)
        self.chorus.tick()
        return self.order

    def _leg(self, row: int) -> SoftLeg:
        state = self.state
        sock = cast("socket.socket", Wire(row, self.order))
        path = Path(
            state, row, sock, Trust(IDENTITY, KeptKeys()), PathListener(lambda _: None, lambda *_: None)
        )
        listener = Listener(lambda _: None, lambda *_: None, lambda *_: None)
        leg = SoftLeg(state, row, sock, path, listener)
        latch.follow(state.stream, row, endpoint(*PEER))
        state.stream.sends[row] = 1
        command = StartRtp(
            leg=str(row),
            remote_host=PEER[0],
            remote_port=PEER[1],
            codec="L16",
            payload_type=96,
            dtmf_payload_type=None,
        )
        leg.resume(command, self.ports[row])
        return leg


def test_one_kind_of_work_is_done_for_all_and_what_goes_out_goes_first() -> None:
    ensemble = Ensemble(2)
    ensemble.tick(*ensemble.legs)
    assert ensemble.tick(*ensemble.legs) == [
        f"{row} {done}" for done in ("received", "sent", "decoded") for row in (0, 1)
    ]


def test_only_those_who_were_added_do_anything_and_only_once() -> None:
    ensemble = Ensemble(2)
    assert {done.split()[0] for done in ensemble.tick(ensemble.legs[1])} == {"1"}
    assert ensemble.tick() == []


def test_who_is_not_carried_any_more_does_nothing() -> None:
    ensemble = Ensemble(1)
    ensemble.legs[0].pause()
    assert ensemble.tick(ensemble.legs[0]) == []
