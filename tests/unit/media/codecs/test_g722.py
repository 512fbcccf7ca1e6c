"""G.722 against FFmpeg's, which shares nothing with the one we use."""

import av
import numpy as np
import pytest

from media.codecs.g722 import G722Codec
from tests.support.soft_phone import ffmpeg

pytestmark = pytest.mark.unit

TONE = (8000 * np.sin(2 * np.pi * 3000 * np.arange(16_000) / 16_000)).astype(np.int16)


def snr_db(audio: bytes) -> float:
    samples = np.frombuffer(audio, "<i2")[1600:14_400].astype(float)
    phase = np.exp(-2j * np.pi * 3000 * np.arange(len(samples)) / 16_000)
    tone = 2 * abs(np.vdot(phase, samples) / len(samples)) ** 2
    assert tone == pytest.approx(8000**2 / 2, rel=0.05)
    return float(10 * np.log10(tone / (np.mean(samples**2) - tone)))


def test_ffmpeg_understands_what_we_say() -> None:
    codec, judge = G722Codec(), ffmpeg("g722", "r", 16_000)
    heard = b""
    for frame in TONE.reshape(-1, 320):
        for decoded in judge.decode(av.Packet(codec.encode(frame.astype("<i2").tobytes()))):
            heard += decoded.to_ndarray().tobytes()
    assert snr_db(heard) > 30


def test_we_understand_ffmpeg() -> None:
    encoder = ffmpeg("g722", "w", 16_000)
    frame = av.AudioFrame.from_ndarray(TONE.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = 16_000
    payload = b"".join(bytes(packet) for packet in encoder.encode(frame))
    codec = G722Codec()
    assert codec.span(payload) == 8000
    assert snr_db(codec.decode(payload)) > 30
