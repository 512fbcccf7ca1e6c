"""Messages as they leave: the package websockets reads them, and a transport that is behind gets no more."""

import asyncio
from collections import deque

import pytest
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, Protocol, Side

from media.legs.websocket_sending import Outlet, frame

pytestmark = pytest.mark.unit


def read(data: bytes) -> list[Frame]:
    """What a server makes of the octets of an open connection; unmasked ones are an error to it."""
    server = Protocol(Side.SERVER, state=OPEN, max_size=1 << 20)
    server.receive_data(data)
    assert server.parser_exc is None
    return [event for event in server.events_received() if isinstance(event, Frame)]


@pytest.mark.parametrize("length", [0, 1, 3, 125, 126, 127, 640, 65_535, 65_536])
@pytest.mark.parametrize("kind", [Opcode.BINARY, Opcode.TEXT])
def test_a_server_reads_what_was_written(length: int, kind: Opcode) -> None:
    payload = bytes(97 + k % 26 for k in range(length))
    (got,) = read(frame(payload if kind is Opcode.BINARY else payload.decode()))
    assert (got.opcode, got.fin, bytes(got.data)) == (kind, True, payload)


def test_no_message_is_masked_as_the_one_before() -> None:
    assert len({frame(bytes(40)) for _ in range(20)}) == 20


class Slow(asyncio.Transport):
    """A transport whose application reads `reads` octets and no more."""

    def __init__(self, reads: int) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.reads = reads
        self.closing = False

    def write(self, data: object) -> None:
        assert isinstance(data, bytes)
        self.written.append(data)

    def get_write_buffer_size(self) -> int:
        return max(sum(map(len, self.written)) - self.reads, 0)

    def is_closing(self) -> bool:
        return self.closing


def test_messages_go_one_by_one_until_one_is_held_back() -> None:
    transport, queue = Slow(3 * 328), deque[bytes | str](bytes(320) for _ in range(10))
    outlet = Outlet(transport, queue)
    outlet.flush()
    assert (len(transport.written), len(queue)) == (4, 6)
    outlet.flush()
    assert len(queue) == 6, "behind what is held back nothing follows"
    transport.reads = 4 * 328
    outlet.flush()
    assert len(queue) == 5


def test_nothing_is_written_to_a_connection_that_goes() -> None:
    transport, queue = Slow(1000), deque[bytes | str](["x"])
    transport.closing = True
    Outlet(transport, queue).flush()
    assert (transport.written, list(queue)) == ([], ["x"])
