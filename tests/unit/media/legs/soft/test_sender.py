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
from media.rtp import latch
from media.rtp.srtp import Keyring

pytestmark = pytest.mark.unit

VICTIM = ("192.0.2.1", 4000)


class Wire:
    """Stands in for the leg's socket."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []

    def sendto(self, _: bytes, where: tuple[str, int]) -> None:
        self.sent.append(where)


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
        sender.send(frame)
    assert len(wire.sent) == latch.MOST_UNHEARD + 100 * is_listener
    latch.follow(state.stream, 0, endpoint(*VICTIM))
    sender.send(frame)
    assert len(wire.sent) == latch.MOST_UNHEARD + 100 * is_listener + 1
