"""The way out of a soft leg: where it stops sending."""

import socket
from typing import cast

import numpy as np
import pytest

from media.codecs.codec import FORMATS
from media.control import StartRtp
from media.engine.memory import make_state
from media.engine.syscalls import endpoint
from media.legs.soft.outbound import Outbound
from media.legs.soft.sender import Sender
from media.rtp import latch, sending
from media.rtp.packet import FIXED
from media.rtp.srtp import Keyring

pytestmark = pytest.mark.unit

VICTIM = ("192.0.2.1", 4000)


class Wire:
    """Stands in for the leg's socket."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []
        self.packets: list[bytes] = []

    def sendto(self, data: bytes, where: tuple[str, int]) -> None:
        self.sent.append(where)
        self.packets.append(data)


@pytest.mark.parametrize("is_listener", [False, True])
def test_nobody_is_sent_to_for_long_who_was_never_heard(*, is_listener: bool) -> None:
    state, wire, keys = make_state(1, 1, 1), Wire(), Keyring()
    keys.go_plain()
    sender = Sender(state, 0, cast("socket.socket", wire), keys)
    state.stream.sends[0], state.stream.listens[0] = 1, is_listener
    latch.describe(state.stream, 0, endpoint(*VICTIM))
    command = StartRtp(
        leg="a",
        remote_host=VICTIM[0],
        remote_port=VICTIM[1],
        codec="G722",
        payload_type=9,
        dtmf_payload_type=None,
    )
    codec = FORMATS["G722"].make()
    sender.start(command, codec, Outbound(codec, 20))
    frame = np.zeros(codec.rate // 50, np.int16).tobytes()
    for _ in range(latch.MOST_UNHEARD + 100):
        sender.make(frame)
        sender.send()
    assert len(wire.sent) == latch.MOST_UNHEARD + 100 * is_listener
    latch.follow(state.stream, 0, endpoint(*VICTIM))
    sender.make(frame)
    sender.send()
    assert len(wire.sent) == latch.MOST_UNHEARD + 100 * is_listener + 1


def test_what_waited_for_its_packet_when_a_digit_came_is_not_sent_after_it() -> None:
    """It would be heard as late as the digit was long."""
    state, wire, keys = make_state(1, 1, 1), Wire(), Keyring()
    keys.go_plain()
    sender = Sender(state, 0, cast("socket.socket", wire), keys)
    state.stream.sends[0] = 1
    latch.follow(state.stream, 0, endpoint(*VICTIM))
    command = StartRtp(
        leg="a",
        remote_host=VICTIM[0],
        remote_port=VICTIM[1],
        codec="L16",
        payload_type=96,
        dtmf_payload_type=101,
        ptime_ms=40,
    )
    codec = FORMATS["L16"].make()
    sender.start(command, codec, Outbound(codec, 40))
    before, after = (np.full(codec.rate // 50, value, "<i2").tobytes() for value in (1000, 2000))
    sender.make(before)
    sender.send()
    state.sender.digits[0, 0], state.sender.digits_put[0] = 5, 1
    for _ in range(sending.TONE_TICKS + sending.END_TICKS):
        sender.make(before)
        sender.send()
    for _ in range(4):
        sender.make(after)
        sender.send()
    audio = [packet[FIXED:] for packet in wire.packets if packet[1] & 0x7F == 96]
    assert [set(np.frombuffer(payload, ">i2").tolist()) for payload in audio] == [{2000}, {2000}]
