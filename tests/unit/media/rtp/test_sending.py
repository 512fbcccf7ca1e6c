"""What a leg sends, packet by packet."""

import struct

import numpy as np
import pytest

from media.engine.memory import make_state
from media.engine.state import FRAME, RTP_PACKET
from media.rtp import sending

pytestmark = pytest.mark.unit

AUDIO, EVENTS = 0, 101


class Mouth:
    """One leg's sender."""

    def __init__(self, sequence: int = 65534, timestamp: int = 2**32 - 320, frame: int = FRAME) -> None:
        self.frame = frame
        self.sender = make_state(1, 1, 1).sender
        sending.begin(self.sender, 0, 0xCAFE, sequence, timestamp)

    def type(self, *codes: int) -> None:
        for code in codes:
            put = int(self.sender.digits_put[0])
            self.sender.digits[0, put % 64] = code
            self.sender.digits_put[0] = put + 1

    def tick(self) -> bytes:
        packet = np.full(RTP_PACKET, 0xA5, np.uint8)
        length = sending.event(self.sender, 0, EVENTS, packet, self.frame)
        if not length:
            sending.audio(self.sender, 0, AUDIO, packet)
            length = RTP_PACKET
        sending.advance(self.sender, 0, 1)
        return packet[:length].tobytes()


def header(packet: bytes) -> tuple[int, int, int, int, int]:
    """Payload type, marker, sequence number, timestamp, SSRC."""
    first, second, sequence, timestamp, ssrc = struct.unpack("!BBHII", packet[:12])
    assert first == 0x80
    return second & 0x7F, second >> 7, sequence, timestamp, ssrc


def test_audio_counts_on_and_wraps() -> None:
    mouth = Mouth()
    headers = [header(mouth.tick()) for _ in range(4)]
    assert headers == [
        (AUDIO, 1, 65534, 2**32 - 320, 0xCAFE),
        (AUDIO, 0, 65535, 2**32 - 160, 0xCAFE),
        (AUDIO, 0, 0, 0, 0xCAFE),
        (AUDIO, 0, 1, 160, 0xCAFE),
    ]


def test_a_digit_is_five_updates_and_three_ends_with_one_timestamp() -> None:
    mouth = Mouth(0, 8000)
    mouth.type(9)
    packets = [mouth.tick() for _ in range(12)]
    events = [packet for packet in packets if header(packet)[0] == EVENTS]
    assert packets[:8] == events
    assert {header(packet)[3] for packet in events} == {8000}
    assert [header(packet)[1] for packet in events] == [1, 0, 0, 0, 0, 0, 0, 0]
    bodies = [struct.unpack("!BBH", packet[12:]) for packet in events]
    assert [code for code, _, _ in bodies] == [9] * 8
    assert [flags >> 7 for _, flags, _ in bodies] == [0] * 5 + [1] * 3
    assert [duration for _, _, duration in bodies] == [160, 320, 480, 640, 800, 800, 800, 800]
    assert [header(packet)[2] for packet in packets] == list(range(12))
    assert header(packets[8])[1:4:2] == (1, 8000 + 8 * FRAME)


def test_audio_after_a_digit_is_marked_as_a_beginning() -> None:
    mouth = Mouth()
    mouth.tick()
    mouth.type(9)
    packets = [header(mouth.tick()) for _ in range(12)]
    assert [marker for kind, marker, *_ in packets if kind == AUDIO] == [1, 0, 0, 0]


def test_digits_follow_each_other_with_a_gap() -> None:
    mouth = Mouth()
    mouth.type(1, 1)
    kinds = [header(mouth.tick())[0] for _ in range(24)]
    assert kinds == ([EVENTS] * 8 + [AUDIO] * 3) * 2 + [AUDIO] * 2


def test_a_pause_is_half_a_second_of_audio() -> None:
    mouth = Mouth()
    mouth.type(sending.PAUSE, 2)
    kinds = [header(mouth.tick())[0] for _ in range(30)]
    assert kinds == [AUDIO] * 25 + [EVENTS] * 5
