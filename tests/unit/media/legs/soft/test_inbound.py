"""From packets to frames, in every codec."""

import numpy as np
import pytest

from media.codecs.codec import FORMATS
from media.dsp.conceal import MADE
from media.engine.memory import make_state
from media.engine.state import Jitter
from media.legs.soft.inbound import Inbound
from media.rtp import jitter, pacing

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


def row_of_a_leg() -> Jitter:
    state = make_state(1, 1, 1)
    jitter.open_leg(state.jitter, 0, state.frames.jitter[0])
    return state.jitter


def inbound_of(codec: str) -> Inbound:
    return Inbound(FORMATS[codec].make(), row_of_a_leg(), 0)


class Talk:
    """Packets of a tone that arrive at their time."""

    def __init__(self, codec: str, packet_ms: int = 20) -> None:
        self.codec = FORMATS[codec].make()
        self.jitter = row_of_a_leg()
        self.inbound = Inbound(FORMATS[codec].make(), self.jitter, 0)
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
    assert 0 < peaks[22] < 4000
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
    begins = next(k for k, peak in enumerate(peaks) if peak < 1000)
    ends = next(k for k, peak in enumerate(peaks[begins:], begins) if peak >= 1000)
    assert begins < 10
    assert 20 <= ends < 24
    assert all(0 < peak < 1000 for peak in peaks[begins:ends])
    assert peaks[-1] > 5000


def test_what_is_none_of_the_codec_is_refused() -> None:
    inbound = inbound_of("opus")
    inbound.put(0, b"\xff" * 9)
    inbound.put(0, b"")
    assert inbound.take_refused() == 2
    assert inbound.take_refused() == 0
    assert inbound.take() == bytes(2 * 48_000 // 50)


def test_whatever_octets_come_there_is_a_frame() -> None:
    rng = np.random.default_rng(7)
    for name, codec in FORMATS.items():
        inbound = inbound_of(name)
        for k in range(300):
            inbound.put(k * codec.clock // 50, rng.bytes(int(rng.integers(0, 200))))
            assert len(inbound.take()) == codec.rate // 25, name


def test_what_another_carrier_measured_meanwhile_does_not_count() -> None:
    talk = Talk("opus")
    talk.run(10)
    pacing.begin(talk.jitter, 0, 123_456)
    talk.inbound.resume()
    frames = talk.run(60)
    assert share_db(frames[20:50], talk.codec.rate) > 12
    assert abs(int(talk.jitter.playing[0] - talk.jitter.wanted[0])) < 160
    before = int(talk.jitter.zero[0])
    talk.inbound.resume()
    talk.run(5)
    assert talk.jitter.zero[0] == before, "else it goes on"


def test_a_pause_is_told_from_a_loss_and_ends_all_delay() -> None:
    talk = Talk("PCMU")
    payload = talk.payloads[0]
    for arrivals in ([0], [1], [2], [], [], [3, 4, 5], *([[]] * 12)):
        for number in arrivals:
            talk.inbound.put(160 * number, payload)
        talk.inbound.take()
    late = int(talk.jitter.concealed[0])
    assert talk.jitter.inserted[0] == 320
    talk.inbound.put(160 * 18, payload, missing=0)
    assert talk.jitter.concealed[0] == late - MADE
    talk.inbound.take()
    assert talk.jitter.removed[0] == 320
    for _ in range(5):
        talk.inbound.take()
    talk.inbound.put(160 * 24, payload, missing=5)
    assert talk.jitter.concealed[0] == late


def test_a_delay_that_grows_in_a_pause_plays_nothing_twice() -> None:
    """Two packets were 200 ms late. In the pause there is time to wait so long, but not to go back so far."""
    talk = Talk("PCMU")
    arrivals = {number: number for number in range(16)} | {3: 13, 5: 15}
    for tick in range(20):
        for number in [number for number, at in arrivals.items() if at == tick]:
            talk.inbound.put(160 * number, talk.payloads[number])
        talk.inbound.take()
    assert talk.jitter.wanted[0] == 1600
    assert talk.jitter.inserted[0] > 160
    late = int(talk.jitter.late[0])
    for number in range(11, 16):
        talk.inbound.put(160 * number, talk.payloads[number])
    assert talk.jitter.late[0] == late + 5
    assert not any(any(talk.inbound.take()) for _ in range(10))
