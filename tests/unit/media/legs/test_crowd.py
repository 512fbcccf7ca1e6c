"""Many applications sent to at once: each gets its own frames, and who is behind loses nothing but time."""

import asyncio
import errno
from collections import deque

import numpy as np
import pytest

from media.engine import standin
from media.engine.compile import COMPILED
from media.engine.kernels import streaming
from media.engine.memory import make_state
from media.engine.ports import EnginePort
from media.engine.state import OUTBOUND_RING, Octets, State
from media.legs.crowd import Crowd
from media.legs.port import OUTBOUND_FRAMES
from media.legs.websocket_sending import Outlet
from tests.unit.media.legs.test_websocket_sending import read

pytestmark = pytest.mark.unit

FD = 40


class Wire(asyncio.Transport):
    """The transport over a socket of the stand-in; it holds what it is given."""

    def __init__(self, leg: int, *, is_tls: bool = False) -> None:
        super().__init__({"socket": self, "sslcontext": is_tls or None})
        self.held = b""
        self._fd = FD + leg
        standin.machine.connected[self._fd] = 1

    def fileno(self) -> int:
        return self._fd

    def write(self, data: object) -> None:
        assert isinstance(data, bytes)
        self.held += data

    def get_write_buffer_size(self) -> int:
        return len(self.held)

    def is_closing(self) -> bool:
        return False

    def sent(self) -> list[bytes]:
        """What a server reads of what was sent, and of what is held."""
        octets = b"".join(data for _, data in standin.machine.sent[self._fd]) + self.held
        return [bytes(frame.data) for frame in read(octets)]


@pytest.fixture
def state() -> State:
    if COMPILED:
        pytest.skip("a compiled kernel makes true system calls; the contract tests do that")
    standin.machine.__init__()  # type: ignore[misc]
    return make_state(4, 1, 1)


def hear(state: State, leg: int, number: int, samples: int) -> bytes:
    """The engine gives a port a frame."""
    heard = int(state.ports.heard[leg])
    frame = np.arange(number, number + samples, dtype=np.int16) * 77
    at = heard % OUTBOUND_RING * samples
    state.frames.outbound[leg, at : at + samples] = frame
    state.ports.heard[leg] = heard + 1
    return frame.astype("<i2").tobytes()


def test_each_is_sent_what_its_port_hears(state: State) -> None:
    crowd = Crowd(state)
    legs = [(0, 8000, 160), (2, 16_000, 320), (3, 24_000, 480)]
    wires = [Wire(leg) for leg, _, _ in legs]
    ports = [EnginePort(state, leg, rate) for leg, rate, _ in legs]
    outlets = [Outlet(wire, deque()) for wire in wires]
    said: list[list[bytes]] = [[], [], []]
    for tick in range(3):
        for k, (leg, _, samples) in enumerate(legs):
            said[k].append(hear(state, leg, 1000 * tick + leg, samples))
            crowd.add(ports[k], outlets[k])
        crowd.send()
    crowd.send()
    assert [wire.sent() for wire in wires] == said
    assert all(port.pop() is None for port in ports)


def test_a_port_that_has_heard_nothing_is_sent_nothing(state: State) -> None:
    crowd, wire = Crowd(state), Wire(0)
    crowd.add(EnginePort(state, 0, 8000), Outlet(wire, deque()))
    crowd.send()
    assert wire.sent() == []


@pytest.mark.parametrize("taken", [-errno.EAGAIN, -errno.EPIPE, 0, 1, 8, 100, 327])
def test_what_the_system_does_not_take_is_held(
    state: State, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    crowd, wire = Crowd(state), Wire(0)
    port, outlet = EnginePort(state, 0, 8000), Outlet(wire, deque())
    said = hear(state, 0, 5, 160)

    def send(fd: int, packet: Octets, _length: int) -> int:
        standin.machine.sent[fd].append((1, packet[: max(taken, 0)].tobytes()))
        return taken

    monkeypatch.setattr(streaming, "send", send)
    crowd.add(port, outlet)
    crowd.send()
    assert len(wire.held) == 328 - max(taken, 0)
    assert wire.sent() == [said]
    assert not outlet.is_idle


def test_frames_that_are_too_old_are_left_out(state: State) -> None:
    crowd, wire = Crowd(state), Wire(0)
    port = EnginePort(state, 0, 8000)
    said = [hear(state, 0, number, 160) for number in range(OUTBOUND_FRAMES + 7)]
    crowd.add(port, Outlet(wire, deque()))
    crowd.send()
    assert wire.sent() == said[7:]
    assert not port.is_behind


def test_under_tls_nothing_is_sent_beside_the_transport(state: State) -> None:
    assert Outlet(Wire(0, is_tls=True), deque()).fd == -1
    assert Outlet(Wire(1), deque()).fd == FD + 1


def test_no_message_is_masked_as_the_one_before(state: State) -> None:
    crowd, wire = Crowd(state), Wire(0)
    port, outlet = EnginePort(state, 0, 8000), Outlet(wire, deque())
    for _ in range(10):
        hear(state, 0, 1, 160)
        crowd.add(port, outlet)
        crowd.send()
    assert len({data for _, data in standin.machine.sent[FD]}) == 10
