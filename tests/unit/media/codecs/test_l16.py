"""L16 against FFmpeg's big-endian samples."""

import av
import numpy as np
import pytest

from media.codecs.l16 import LONGEST_MS, L16Codec
from tests.support.soft_phone import ffmpeg

pytestmark = pytest.mark.unit

NOISE = np.random.default_rng(1).integers(-32768, 32767, 3200).astype(np.int16)


def test_ffmpeg_understands_what_we_say_to_the_bit() -> None:
    codec, judge = L16Codec(), ffmpeg("pcm_s16be", "r", 16_000)
    heard = b""
    for frame in NOISE.reshape(-1, 320):
        for decoded in judge.decode(av.Packet(codec.encode(frame.astype("<i2").tobytes()))):
            heard += decoded.to_ndarray().tobytes()
    assert heard == NOISE.tobytes()


def test_we_understand_ffmpeg_to_the_bit() -> None:
    encoder = ffmpeg("pcm_s16be", "w", 16_000)
    frame = av.AudioFrame.from_ndarray(NOISE.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = 16_000
    payload = b"".join(bytes(packet) for packet in encoder.encode(frame))
    codec = L16Codec()
    assert codec.span(payload) == 3200
    assert codec.decode(payload) == NOISE.tobytes()


def test_half_a_sample_is_no_payload() -> None:
    assert L16Codec().span(bytes(641)) == 0


def test_a_loss_is_filled_with_what_was_heard() -> None:
    codec = L16Codec()
    tone = (8000 * np.sin(2 * np.pi * 200 * np.arange(640) / 16_000)).astype(">i2").tobytes()
    codec.decode(tone)
    made = np.frombuffer(codec.conceal(320, None), "<i2")
    assert made.size == 320
    assert np.abs(made).max() > 4000


def test_packets_fit_into_an_ethernet_frame() -> None:
    codec = L16Codec()
    assert [codec.packet_ms(asked) for asked in (10, 20, 60)] == [10, 20, LONGEST_MS]
    assert len(codec.encode(bytes(2 * 16 * LONGEST_MS))) + 12 + 20 <= 1472
