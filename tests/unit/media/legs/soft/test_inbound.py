"""From packets to frames, in every codec."""

import numpy as np
import pytest

from media.codecs.codec import FORMATS
from media.codecs.repeating import REPEATS
from media.legs.soft.inbound import Inbound

pytestmark = pytest.mark.unit

TONE_HZ = 440


def tone(rate: int, seconds: float) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    at = np.arange(int(rate * seconds)) / rate
    return (6000 * np.sin(2 * np.pi * TONE_HZ * at)).astype(np.int16)


def share_db(frames: list[bytes], rate: int) -> float:
    """The power of the tone against that of all else."""
    audio = np.frombuffer(b"".join(frames), "<i2").astype(float)
    phase = np.exp(-2j * np.pi * TONE_HZ * np.arange(len(audio)) / rate)
    of_tone = 2 * abs(np.vdot(phase, audio) / len(audio)) ** 2
    return float(10 * np.log10(of_tone / max(np.mean(audio**2) - of_tone, 1e-9)))


class Talk:
    """Packets of a tone that arrive at their time."""

    def __init__(self, codec: str, packet_ms: int = 20) -> None:
        self.codec = FORMATS[codec].make()
        self.inbound = Inbound(FORMATS[codec].make())
        samples = tone(self.codec.rate, 2.0)
        size = self.codec.rate * packet_ms // 1000
        self.payloads = [
            self.codec.encode(samples[k : k + size].astype("<i2").tobytes())
            for k in range(0, len(samples), size)
        ]
        self.per_packet = packet_ms
        self._given = 0

    def run(self, ticks: int, lost: set[int] | None = None) -> list[bytes]:
        frames = []
        for tick in range(ticks):
            while self._given * self.per_packet < (tick + 1) * 20 and self._given < len(self.payloads):
                if self._given not in (lost or set()):
                    stamp = self._given * self.per_packet * self.codec.clock // 1000
                    self.inbound.put(stamp, self.payloads[self._given])
                self._given += 1
            frames.append(self.inbound.take())
        return frames


@pytest.mark.parametrize(
    ("codec", "least_db"), [("PCMU", 30.0), ("PCMA", 30.0), ("G722", 25.0), ("opus", 12.0)]
)
@pytest.mark.parametrize("packet_ms", [10, 20, 40, 60])
def test_what_is_said_is_heard(codec: str, least_db: float, packet_ms: int) -> None:
    talk = Talk(codec, packet_ms)
    frames = talk.run(90)
    assert {len(frame) for frame in frames} == {2 * talk.codec.rate // 50}
    assert share_db(frames[15:80], talk.codec.rate) > least_db
    assert talk.inbound.take_refused() == 0


@pytest.mark.parametrize(("codec", "least_db"), [("PCMU", 8.0), ("G722", 8.0), ("opus", 8.0)])
def test_losses_are_made_up_for(codec: str, least_db: float) -> None:
    """One packet in twelve; silence in its place would leave 10 dB too, but gaps."""
    talk = Talk(codec)
    frames = talk.run(90, lost=set(range(18, 90, 12)))
    rate = talk.codec.rate
    assert share_db(frames[15:80], rate) > least_db
    quietest = min(np.abs(np.frombuffer(frame, "<i2")).max() for frame in frames[15:80])
    assert quietest > 1000


def test_a_pause_fades_and_is_silent() -> None:
    talk = Talk("G722")
    talk.payloads = talk.payloads[:20]
    peaks = [int(np.abs(np.frombuffer(frame, "<i2")).max()) for frame in talk.run(40)]
    assert peaks[20] > 5000
    assert 0 < peaks[20 + REPEATS] < 4000
    assert peaks[30:] == [0] * 10


def test_comfort_noise_fills_a_pause_until_somebody_speaks() -> None:
    talk = Talk("PCMU")
    talk.payloads = talk.payloads[:10]
    talk.run(12)
    talk.inbound.rest(bytes([50]))
    frames = [np.frombuffer(talk.inbound.take(), "<i2").astype(float) for _ in range(20)]
    level = 10 * np.log10(np.mean(np.concatenate(frames) ** 2)) - 20 * np.log10(32768)
    assert level == pytest.approx(-50, abs=1)
    assert len(set(map(bytes, frames))) == len(frames), "the same noise again and again would hum"
    talk.inbound.rest(b"")
    assert not np.frombuffer(talk.inbound.take(), "<i2").any()


def test_between_words_and_words_there_is_nothing_but_noise() -> None:
    """It begins behind what still waits to be played, and goes on until the next words are due."""
    talk = Talk("PCMU")
    words, talk.payloads = talk.payloads, talk.payloads[:4]
    talk.run(4)
    talk.inbound.rest(bytes([50]))
    peaks = [int(np.abs(np.frombuffer(talk.inbound.take(), "<i2")).max()) for _ in range(20)]
    for k in range(24, 34):
        talk.inbound.put(k * 160, words[k])
        peaks.append(int(np.abs(np.frombuffer(talk.inbound.take(), "<i2")).max()))
    begins, ends = (next(k for k, peak in enumerate(peaks[at:], at) if peak < 1000) for at in (0, 20))
    assert 1 <= begins < 10
    assert ends == 20, "what comes waits, and is not made up for meanwhile"
    assert all(0 < peak < 1000 for peak in peaks[begins:21])
    assert peaks[-1] > 5000


def test_what_is_none_of_the_codec_is_refused() -> None:
    inbound = Inbound(FORMATS["opus"].make())
    inbound.put(0, b"\xff" * 9)
    inbound.put(0, b"")
    assert inbound.take_refused() == 2
    assert inbound.take_refused() == 0
    assert inbound.take() == bytes(640)


def test_whatever_octets_come_there_is_a_frame() -> None:
    rng = np.random.default_rng(7)
    for name, codec in FORMATS.items():
        inbound = Inbound(codec.make())
        for k in range(300):
            inbound.put(k * codec.clock // 50, rng.bytes(int(rng.integers(0, 200))))
            assert len(inbound.take()) == codec.rate // 25, name
