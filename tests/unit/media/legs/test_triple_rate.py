"""A leg at 24 kHz on a port at 8 kHz."""

import numpy as np
import pytest

from media.legs.port import INBOUND_FRAMES
from media.legs.triple_rate import TripleRatePort
from tests.support.frame_port import FakePort

pytestmark = pytest.mark.unit

FRAMES = 30
AT_24 = (9000 * np.sin(2 * np.pi * 440 * np.arange(FRAMES * 480) / 24000)).astype("<i2")
AT_8 = (9000 * np.sin(2 * np.pi * 440 * np.arange(FRAMES * 160) / 8000)).astype("<i2")
DELAY = 13
"""Samples at 8 kHz."""


def test_what_is_pushed_is_played_at_8_khz_whole_and_in_order() -> None:
    engine = FakePort()
    port = TripleRatePort(engine)
    for frame in AT_24.reshape(-1, 480):
        while not port.push(frame.tobytes()):
            engine.play()
    engine.play(INBOUND_FRAMES)
    played = np.frombuffer(b"".join(engine.mixed), "<i2").astype(int)
    assert np.abs(played[DELAY * 4 :] - AT_8[DELAY * 3 : -DELAY]).max() < 100
    assert (port.pushed, port.played) == (FRAMES, FRAMES)


def test_what_is_heard_comes_at_24_khz() -> None:
    engine = FakePort()
    engine.heard.extend(frame.tobytes() for frame in AT_8.reshape(-1, 160))
    port = TripleRatePort(engine)
    frames = [port.pop() for _ in range(FRAMES)]
    assert port.pop() is None
    assert {len(frame or b"") for frame in frames} == {960}
    heard = np.frombuffer(b"".join(frame or b"" for frame in frames), "<i2").astype(int)
    assert np.abs(heard[DELAY * 12 :] - AT_24[DELAY * 9 : -DELAY * 3]).max() < 100


def test_a_frame_that_found_no_room_is_forgotten_by_clear() -> None:
    engine = FakePort()
    port = TripleRatePort(engine)
    while port.push(b"\1" * 960):
        pass
    port.clear()
    assert port.push(bytes(960))
    engine.play()
    assert engine.mixed == [bytes(320)]
