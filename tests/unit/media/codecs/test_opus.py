"""What Opus does for a packet that is lost."""

import numpy as np
import pytest
from numpy.typing import NDArray
from opuslib_next import Encoder

from media.codecs.opus import OpusCodec
from media.errors import Malformed
from media.rtp.ordering import PacketBuffer

pytestmark = pytest.mark.unit

FRAME = 960

Heard = NDArray[np.float64]


def voice(seconds: float) -> NDArray[np.int16]:
    """Something like a vowel whose pitch and loudness move, at 48 kHz."""
    at = np.arange(int(48_000 * seconds)) / 48_000
    phase = 2 * np.pi * np.cumsum(140 + 60 * np.sin(2 * np.pi * 1.7 * at)) / 48_000
    partials = [np.sin(k * phase) / (1 + abs(k * 140 - 600) / 200) for k in range(1, 20)]
    loudness = 2500 * (1.2 + np.sin(2 * np.pi * 3.1 * at))
    spoken: NDArray[np.int16] = (loudness * np.sum(partials, axis=0)).astype(np.int16)
    return spoken


def payloads_of_a_peer(packet_ms: int) -> list[bytes]:
    """At 16 kHz, where a packet of up to 60 ms is one frame: its copy is of as much."""
    encoder, size = Encoder(16_000, 1, "voip"), 16 * packet_ms
    encoder.bitrate, encoder.inband_fec, encoder.packet_loss_perc = 24_000, 1, 20
    return [encoder.encode(each.tobytes(), size) for each in voice(6.0)[::3].copy().reshape(-1, size)]


def heard(packets: dict[int, bytes], span: int, *, repaired: bool) -> Heard:
    """What is played of packets by their numbers."""
    codec, buffer = OpusCodec(), PacketBuffer(48_000)
    buffer.start(0)
    frames = []
    for number, payload in packets.items():
        buffer.insert(number * span, span, payload)
        while (due := buffer.take()) is not None:
            if due.payload is not None:
                frames.append(codec.decode(due.payload))
            else:
                frames.append(codec.conceal(due.span, due.following if repaired else None))
    return np.frombuffer(b"".join(frames), "<i2").astype(float)


def error_db(payloads: list[bytes], packet_ms: int, *, repaired: bool) -> float:
    """How far what is heard is from what was sent when one in ten is lost."""
    span, sent = 48 * packet_ms, dict(enumerate(payloads))
    whole = heard(sent, span, repaired=True)
    arrived = {number: payload for number, payload in sent.items() if number % 10 != 4}
    error = heard(arrived, span, repaired=repaired) - whole
    return float(10 * np.log10(np.mean(error**2) / np.mean(whole**2)))


@pytest.mark.parametrize("packet_ms", [20, 40, 60])
def test_the_copy_in_the_next_packet_is_better_than_a_guess(packet_ms: int) -> None:
    payloads = payloads_of_a_peer(packet_ms)
    repaired, guessed = (error_db(payloads, packet_ms, repaired=each) for each in (True, False))
    assert repaired < guessed - 5


def test_our_own_packets_carry_copies() -> None:
    encoder = OpusCodec()
    payloads = [encoder.encode(frame.tobytes()) for frame in voice(6.0).reshape(-1, FRAME)]
    assert error_db(payloads, 20, repaired=True) < error_db(payloads, 20, repaired=False) - 3


def test_a_copy_that_is_none_gives_silence() -> None:
    assert OpusCodec().conceal(FRAME, b"\xff" * 9) == bytes(2 * FRAME)


@pytest.mark.parametrize(("asked", "used"), [(10, 10), (20, 20), (30, 20), (40, 40), (50, 40), (60, 60)])
def test_frames_have_the_lengths_that_opus_knows(asked: int, used: int) -> None:
    codec = OpusCodec()
    assert codec.packet_ms(asked) == used
    assert codec.span(codec.encode(bytes(96 * used))) == 48 * used


@pytest.mark.parametrize("payload", [b"", b"\xff" * 9, b"\x03\xff\xff", b"\x03"])
def test_what_is_no_packet_has_no_length(payload: bytes) -> None:
    assert OpusCodec().span(payload) == 0
    with pytest.raises(Malformed):
        OpusCodec().decode(payload)
